// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "net/graph.hpp"
#include "net/qnet.hpp"

namespace reshift {

/// What a code stands for: real = scale * (code - zero).
struct Steps {
  double scale = 1;
  int zero = 0;
};

/// For every code of act_w bits, from the lowest on, the nearest code of `out` to what the
/// functions, one after another, make of its value.
std::vector<std::int16_t> function_table(const std::vector<Function>& functions, const Steps& steps,
                                         const QTensor& out, int act_w);

}  // namespace reshift
