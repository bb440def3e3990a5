// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <verilated.h>

#include <cstdint>
#include <type_traits>
#include <vector>

namespace reshift {

// Fields of a model's port, whatever type Verilator chose for it: an integer up to 64 bits, or
// VlWide above. `low` is the first bit, `width` is 1..64.

template <typename Port>
uint64_t get_bits(const Port& port, unsigned low, unsigned width) {
  const uint64_t mask = width == 64 ? ~0ull : (1ull << width) - 1;
  if constexpr (std::is_integral_v<Port>) {
    return (static_cast<uint64_t>(port) >> low) & mask;
  } else {
    uint64_t value = 0;
    for (unsigned done = 0; done < width;) {
      const unsigned bit = low + done;
      value |= static_cast<uint64_t>(port.m_storage[bit / 32] >> (bit % 32)) << done;
      done += 32 - bit % 32;
    }
    return value & mask;
  }
}

template <typename Port>
void set_bits(Port& port, unsigned low, unsigned width, uint64_t value) {
  const uint64_t mask = width == 64 ? ~0ull : (1ull << width) - 1;
  value &= mask;
  if constexpr (std::is_integral_v<Port>) {
    port = static_cast<Port>((static_cast<uint64_t>(port) & ~(mask << low)) | (value << low));
  } else {
    for (unsigned done = 0; done < width;) {
      const unsigned bit = low + done;
      const uint32_t word_mask = static_cast<uint32_t>(mask >> done) << (bit % 32);
      uint32_t& word = port.m_storage[bit / 32];
      word = (word & ~word_mask) | (static_cast<uint32_t>(value >> done) << (bit % 32) & word_mask);
      done += 32 - bit % 32;
    }
  }
}

/// Sign extension of a `width`-bit field.
inline int64_t sign_extend(uint64_t value, unsigned width) {
  return static_cast<int64_t>(value << (64 - width)) >> (64 - width);
}

/// Element i of a packed array of `width`-bit elements.
template <typename Port>
uint64_t get_element(const Port& port, unsigned i, unsigned width) {
  return get_bits(port, i * width, width);
}

/// A packed array from a range of integers, element 0 in the low bits.
template <typename Port, typename Range>
void pack(Port& port, const Range& values, unsigned width) {
  unsigned low = 0;
  for (const auto& value : values) {
    set_bits(port, low, width, static_cast<uint64_t>(value));
    low += width;
  }
}

/// `count` signed elements of a packed array.
template <typename Port>
std::vector<int64_t> unpack_signed(const Port& port, unsigned count, unsigned width) {
  std::vector<int64_t> values(count);
  for (unsigned i = 0; i < count; ++i) values[i] = sign_extend(get_element(port, i, width), width);
  return values;
}

}  // namespace reshift
