// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

namespace reshift {

/// The formats of a network's numbers.
struct NumberFormat {
  int act_w = 8;          ///< activation bits, 6 to 16
  int weight_format = 7;  ///< see numerics.hpp
  int acc_w = 28;         ///< accumulator bits, signed
  int factor_w = 16;      ///< significant bits of a channel's factor, 6 to 16; 1: a power of two
  /// Whether all scales are powers of two, also those of residuals: for a core without multipliers.
  bool shifts_only() const { return factor_w == 1; }
};

}  // namespace reshift
