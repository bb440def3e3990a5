// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "net/graph.hpp"
#include "net/qnet.hpp"

namespace reshift {

/// Calibration images as the network's input, channels x height x width values each.
using CalibrationImages = std::vector<std::vector<float>>;

struct NumberFormat {
  int act_w = 8;      ///< activation bits
  int exponents = 7;  ///< exponents of a term
  int acc_w = 28;     ///< accumulator bits, signed
};

/// Terms for every operation of a fused network: `ends` for the first and the last convolution,
/// `inner` for the others (pooling ignores them; a layer that one term represents exactly takes
/// one).
std::vector<int> uniform_terms(const Graph& fused, int inner, int ends);

/// Quantises a fused network (see fuse): the layers one after another, each calibrated on what the
/// quantised layers before it make of the images. `terms` has one number an operation.
/// Throws Error when a layer cannot be represented, with its name.
QNet quantize(const Graph& fused, const Preprocess& preprocess, const CalibrationImages& images,
              const std::vector<int>& terms, const NumberFormat& format);

}  // namespace reshift
