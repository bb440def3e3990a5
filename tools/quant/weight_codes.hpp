// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace reshift {

/// The integers that are sums of at most `terms` terms 0 or +-2^e, e in 0..exponents-1.
class WeightCodes {
 public:
  WeightCodes(int terms, int exponents);

  const std::vector<int>& values() const { return values_; }  ///< ascending
  int largest() const { return values_.back(); }
  /// The code nearest to x, the greater of two.
  int nearest(double x) const {
    if (x <= -largest()) return -largest();
    if (x >= largest()) return largest();
    return nearest_[static_cast<std::size_t>(std::floor(2 * x) + 2 * largest())];
  }
  /// Exactly `terms` terms with the sum `code`, zeros last, as few others as possible.
  const std::vector<std::int16_t>& terms_of(int code) const {
    return terms_.at(static_cast<std::size_t>(code + largest()));
  }

 private:
  std::vector<int> values_;
  /// Nearest to what lies from one half to the next, the first half -largest(): the middle between
  /// two codes is a multiple of a half.
  std::vector<int> nearest_;
  std::vector<std::vector<std::int16_t>> terms_;  ///< by code + largest(), empty for no code
};

}  // namespace reshift
