// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "net/graph.hpp"
#include "net/qnet.hpp"
#include "quant/number_format.hpp"

namespace reshift {

/// Calibration images as the network's input, channels x height x width values each.
using CalibrationImages = std::vector<std::vector<float>>;

/// How weights become codes.
enum class Rounding {
  kCompensated,  ///< the error of a weight is made good by those that follow (see round_layer)
  kPruned,       ///< the same, and weights that are zero stay zero
  kNearest,      ///< every weight for itself (see round_nearest): faster by orders of magnitude
};

/// The rounding that a convolution gets when `wanted` is asked for: compensation is not for layers
/// of more than kMostCompensated inputs an output, whose statistics, a dozen matrices of inputs x
/// inputs, would take too much memory and time.
Rounding rounding_of(const Node& node, Rounding wanted);
constexpr int kMostCompensated = 4608;  ///< 3x3 of 512 channels; 170 MB a matrix

/// Terms for every operation of a fused network: `ends` for the first and the last convolution,
/// `inner` for the others (pooling ignores them; a layer that one term represents exactly takes
/// one).
std::vector<int> uniform_terms(const Graph& fused, int inner, int ends);

/// What the codes of the network's outputs span, over the calibration images.
enum class OutputRange {
  kAuto,    ///< scores for a network with one output of several channels and one pixel, else full
  kScores,  ///< what decides which classes are the five best: the steps are fine, the rest is cut
  kFull,    ///< every value
};

/// Whether the outputs get the range of scores.
bool has_scores(const Graph& graph, OutputRange wanted);

/// Quantises a fused network (see fuse): the layers one after another, each calibrated on what the
/// quantised layers before it make of the images. `terms` has one number an operation.
/// Throws Error when a layer cannot be represented, with its name.
QNet quantize(const Graph& fused, const Preprocess& preprocess, const CalibrationImages& images,
              const std::vector<int>& terms, const NumberFormat& format,
              Rounding rounding = Rounding::kCompensated,
              OutputRange output_range = OutputRange::kAuto);

/// The same; besides, `alternatives` becomes every convolution of the network with `other` terms in
/// its place, none where it has them already or one term represents it exactly.
QNet quantize_with_alternatives(const Graph& fused, const Preprocess& preprocess,
                                const CalibrationImages& images, const std::vector<int>& terms,
                                const NumberFormat& format, Rounding rounding,
                                OutputRange output_range, int other,
                                std::vector<std::optional<QOp>>& alternatives);

}  // namespace reshift
