// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <type_traits>

#include "base/error.hpp"
#include "isa/isa.hpp"

/// Reading and writing the bit fields of the contract in 32-bit words.
namespace reshift::isa {

using Descriptor = std::array<std::uint32_t, kDescriptorWords>;

constexpr std::uint32_t field_mask(const Field& f) {
  return f.width == 32 ? ~std::uint32_t{0} : (std::uint32_t{1} << f.width) - 1;
}

constexpr std::uint32_t get(std::span<const std::uint32_t> words, const Field& f) {
  return (words[static_cast<std::size_t>(f.word)] >> f.lsb) & field_mask(f);
}

/// The field as a two's complement number.
constexpr std::int32_t get_signed(std::span<const std::uint32_t> words, const Field& f) {
  const std::uint32_t sign = std::uint32_t{1} << (f.width - 1);
  return static_cast<std::int32_t>((get(words, f) ^ sign) - sign);
}

inline void put(std::span<std::uint32_t> words, const Field& f, std::uint32_t bits) {
  std::uint32_t& word = words[static_cast<std::size_t>(f.word)];
  word = (word & ~(field_mask(f) << f.lsb)) | (bits << f.lsb);
}

/// Throws Error with the field's name when `value` does not fit.
inline void set(std::span<std::uint32_t> words, const Field& f, std::int64_t value) {
  if (value < 0 || value > std::int64_t{field_mask(f)}) {
    throw reshift::Error("field {} is {}, its {} bits hold 0 to {}", f.name, value, f.width,
                         field_mask(f));
  }
  put(words, f, static_cast<std::uint32_t>(value));
}

/// The same for a two's complement field.
inline void set_signed(std::span<std::uint32_t> words, const Field& f, std::int64_t value) {
  const std::int64_t limit = std::int64_t{1} << (f.width - 1);
  if (value < -limit || value >= limit) {
    throw reshift::Error("field {} is {}, its {} bits hold {} to {}", f.name, value, f.width,
                         -limit, limit - 1);
  }
  put(words, f, static_cast<std::uint32_t>(value) & field_mask(f));
}

/// Sum of all words; a whole descriptor has kDescriptorSum.
constexpr std::uint32_t word_sum(const Descriptor& d) {
  std::uint32_t sum = 0;
  for (const std::uint32_t w : d) sum += w;
  return sum;
}

/// Sets the last word so that the checksum is right.
constexpr void seal(Descriptor& d) {
  d.back() = 0;
  d.back() = kDescriptorSum - word_sum(d);
}

/// Length of a padded section of a weight block.
constexpr std::int64_t pad_section(std::int64_t bytes) {
  return (bytes + kSectionAlign - 1) / kSectionAlign * kSectionAlign;
}

/// A typed descriptor (descriptors.hpp) as words, checksum included. Throws Error naming the field
/// whose value has no room in its bits.
template <typename D>
Descriptor encode(const D& d) {
  Descriptor words{};
  set(words, common::kOpcode, static_cast<std::int64_t>(D::kOpcode));
  D::each(d, [&](const Field& field, std::int64_t value, bool is_signed = false) {
    is_signed ? set_signed(words, field, value) : set(words, field, value);
  });
  seal(words);
  return words;
}

/// The opcode of a descriptor, as it stands there.
constexpr Opcode opcode(std::span<const std::uint32_t> words) {
  return static_cast<Opcode>(get(words, common::kOpcode));
}

/// The typed descriptor of words whose opcode is D's; nothing is checked, see validate().
template <typename D>
constexpr D decode(std::span<const std::uint32_t> words) {
  D d;
  D::each(d, [&](const Field& field, auto& member, bool is_signed = false) {
    using Member = std::remove_reference_t<decltype(member)>;
    member = is_signed ? static_cast<Member>(get_signed(words, field))
                       : static_cast<Member>(get(words, field));
  });
  return d;
}

namespace detail {

constexpr std::int64_t largest(const Field& field) { return field_mask(field); }

inline void in_range(const char* descriptor, const Field& field, std::int64_t value,
                     std::int64_t least, std::int64_t most) {
  if (value < least || value > most) {
    throw reshift::Error("{}.{} is {}, must be {} to {}", descriptor, field.name, value, least,
                         most);
  }
}

inline void equal(const char* descriptor, const Field& field, std::int64_t value,
                  std::int64_t wanted) {
  if (value != wanted) {
    throw reshift::Error("{}.{} is {}, the core has {}", descriptor, field.name, value, wanted);
  }
}

inline void at_most(const char* descriptor, const Field& field, std::int64_t value,
                    const char* limit, std::int64_t most) {
  if (value > most) {
    throw reshift::Error("{}.{} is {}, more than {} ({})", descriptor, field.name, value, limit,
                         most);
  }
}

}  // namespace detail
}  // namespace reshift::isa
