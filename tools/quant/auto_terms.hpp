// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "quant/quantize.hpp"

namespace reshift {

struct AutoTerms {
  std::vector<int> terms;                   ///< by operation
  std::vector<double> sensitivity;          ///< by operation, 0 where there was no choice
  double float_accuracy = 0, accuracy = 0;  ///< percent, on the held-out images
};

/// Chooses terms per layer: as few layers as possible get more than one, the most sensitive first,
/// until the accuracy on held-out images is at most `target_drop` points below that of the float
/// network. The sensitivity of a layer is the cross-entropy of the labels that the network of two
/// terms loses when this layer alone has one. Every fourth image is held out for the measurements,
/// the others calibrate. The first and the last layer have `end_terms` (0: chosen like the others).
/// Throws Error when a label is unknown or even four terms are not enough.
AutoTerms choose_terms(const Graph& fused, const Preprocess& preprocess,
                       const CalibrationImages& images, const std::vector<int>& labels,
                       int end_terms, double target_drop, const NumberFormat& format,
                       Rounding rounding = Rounding::kCompensated);

}  // namespace reshift
