// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

namespace reshift {

/// What the lowest and the highest activation code stand for; contains 0.
struct Range {
  double low = 0, high = 1;
};

/// The range whose `steps` equal steps represent the values of a tensor with the least squared
/// error, values outside clamped.
Range best_range(const std::vector<std::vector<float>>& tensors, int steps);

/// From the lowest to the highest value, 0 included.
Range full_range(const std::vector<std::vector<float>>& tensors);

/// Of the network's output: classes compete at the top, so the steps are spent there. From
/// the values that matter for the five highest classes up to the largest.
Range score_range(const std::vector<std::vector<float>>& tensors);

}  // namespace reshift
