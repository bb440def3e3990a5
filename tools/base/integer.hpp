// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace reshift {

/// A number that is not negative, as the standard library counts.
constexpr std::size_t index(std::int64_t i) { return static_cast<std::size_t>(i); }

/// a / b rounded up; a is at least 0, b above 0.
template <typename T>
constexpr T ceil_div(T a, T b) {
  return (a + b - 1) / b;
}

/// The least multiple of b that is not below a; a is at least 0, b above 0.
template <typename T>
constexpr T round_up(T a, T b) {
  return ceil_div(a, b) * b;
}

/// a / b rounded down; b is above 0.
constexpr int floor_div(int a, int b) { return a >= 0 ? a / b : -ceil_div(-a, b); }

}  // namespace reshift
