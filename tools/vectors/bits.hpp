// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace reshift {

/// A bit vector of any width as a line of a $readmemh file.
class Bits {
 public:
  Bits() = default;
  Bits(int width, std::int64_t value) { push(width, value); }
  /// Elements of a packed array, element 0 lowest.
  template <typename Range>
  static Bits packed(int width, const Range& values) {
    Bits bits;
    for (const auto& value : values) bits.push(width, static_cast<std::int64_t>(value));
    return bits;
  }
  static Bits filled(int width, bool value) {
    Bits bits;
    bits.bits_.assign(static_cast<std::size_t>(width), value);
    return bits;
  }

  int width() const { return static_cast<int>(bits_.size()); }
  /// Appends the low `width` bits (at most 64) of a value above those there are.
  void push(int width, std::int64_t value) {
    for (int i = 0; i < width; ++i) bits_.push_back((value >> i & 1) != 0);
  }
  void push(const Bits& other) {
    bits_.insert(bits_.end(), other.bits_.begin(), other.bits_.end());
  }
  /// Replaces the bits from `low` on.
  void set(int low, const Bits& other) {
    std::copy(other.bits_.begin(), other.bits_.end(), bits_.begin() + low);
  }

  /// Hexadecimal, most significant digit first, without a prefix.
  std::string hex() const {
    std::string text((bits_.size() + 3) / 4, '0');
    for (std::size_t digit = 0; digit < text.size(); ++digit) {
      unsigned value = 0;
      for (std::size_t i = 4 * digit; i < bits_.size() && i < 4 * digit + 4; ++i) {
        value |= static_cast<unsigned>(bits_[i]) << (i % 4);
      }
      text[text.size() - 1 - digit] = "0123456789abcdef"[value];
    }
    return text;
  }

 private:
  std::vector<bool> bits_;
};

/// Lines of a $readmemh file; every line ends with a newline, as some simulators insist.
inline std::string hex_lines(const std::vector<Bits>& lines) {
  std::string text;
  for (const Bits& line : lines) text += line.hex() + '\n';
  return text;
}

}  // namespace reshift
