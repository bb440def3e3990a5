// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "data/dataset.hpp"

namespace reshift {

struct Accuracy {
  std::size_t images = 0;
  double top1 = 0, top5 = 0;  ///< percent
};

/// Whether `label` is among the k highest scores; equal scores rank in the order of their index.
/// Throws Error when the label is not one of the classes.
bool in_top(const std::vector<double>& scores, int label, int k);

/// Accuracy of `score` (the classes' scores of an image, called from several threads) over the
/// first `count` images (0: all). Throws Error when a label is unknown or there are fewer images.
Accuracy evaluate(const Dataset& data, std::size_t count,
                  const std::function<std::vector<double>(const Image&)>& score);

}  // namespace reshift
