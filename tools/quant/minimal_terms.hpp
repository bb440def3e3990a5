// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace reshift {

/// Integers as sums of as few terms as possible, each 0 or +-2^e with e from 0 to exponents - 1 (a
/// term may occur twice).
class MinimalTerms {
 public:
  /// For integers from -largest to largest.
  MinimalTerms(int exponents, int largest);
  int count(int value) const;
  /// Appends `terms` terms, zeros at the end. `terms` is at least count(value).
  void append(int value, int terms, std::vector<std::int16_t>& to) const;

 private:
  int exponents_, largest_;
  std::vector<int> first_;  ///< by magnitude: a term that leaves a sum of one term less
  std::vector<int> count_;  ///< by magnitude
};

}  // namespace reshift
