// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace reshift {

/// The integers that are sums of at most `terms` terms of a weight format (net/numerics.hpp). Those
/// of digits and multipliers are without the lowest one: -7 to 7, -127 to 127.
class WeightCodes {
 public:
  /// Throws Error when `terms` is more than most_terms(weight_format).
  WeightCodes(int terms, int weight_format);

  const std::vector<int>& values() const { return values_; }  ///< ascending
  int largest() const { return values_.back(); }
  /// The code nearest to x, the greater of two.
  int nearest(double x) const {
    if (x <= -largest()) return -largest();
    if (x >= largest()) return largest();
    return nearest_[static_cast<std::size_t>(std::floor(2 * x) + 2 * largest())];
  }
  /// Exactly `terms` terms with the sum `code`. Powers of two and half-octaves: zeros last, as few
  /// others as possible. Digits: those of the planes, the lower one first.
  const std::vector<std::int16_t>& terms_of(int code) const {
    return terms_.at(static_cast<std::size_t>(code + largest()));
  }

 private:
  void add_integers(int terms, int largest);
  void add_sums(int terms, int weight_format);

  std::vector<int> values_;
  /// Nearest to what lies from one half to the next, the first half -largest(): the middle between
  /// two codes is a multiple of a half.
  std::vector<int> nearest_;
  std::vector<std::vector<std::int16_t>> terms_;  ///< by code + largest(), empty for no code
};

/// Terms that a weight may have: tiles that an operation takes for it.
int most_terms(int weight_format);

/// The largest power of two that is a term. All below it are terms too, down to the identity.
int largest_power(int weight_format);

}  // namespace reshift
