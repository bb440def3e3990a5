// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/error.hpp"
#include "spec/spec.hpp"

/// Reading and writing the bit fields of spec.json in 32-bit words.
namespace reshift::spec {

/// Channel parameters in a word of their memory, as rs_pkg::param_records has it: the M/records
/// words of an M-block are read in P - 2 cycles; with fewer lanes than channels, those of a pass.
constexpr int param_records(int m, int p, int post_lanes) {
  if (post_lanes < m) return post_lanes;
  int records = 1;
  while (m / records > p - 2) records *= 2;
  return records;
}

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

/// Bytes of a weight tile in memory: M x C term codes, padded to a power-of-two number of bits, at
/// least 32.
constexpr int tile_bytes(const Hardware& hw, int bits_per_term) {
  int bytes = 4;
  while (bytes * 8 < hw.m * hw.c * bits_per_term) bytes *= 2;
  return bytes;
}

/// Length of a padded section of a weight block.
constexpr std::int64_t pad_section(std::int64_t bytes) { return (bytes + 31) / 32 * 32; }

/// Bytes of a channel in memory.
constexpr int code_bytes(const Hardware& hw) { return hw.act_w > 8 ? 2 : 1; }

}  // namespace reshift::spec
