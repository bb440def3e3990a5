// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "data/samples.hpp"

namespace reshift {

struct Accuracy {
  std::size_t images = 0;            ///< that were classified
  double top1 = 0, top5 = 0;         ///< percent of them
  std::size_t not_a_number = 0;      ///< of them, have such a score, and thus count as wrong
  std::vector<std::string> damaged;  ///< what is wrong with each of the others, by name
};

/// Whether `label` is among the k highest scores; equal scores rank in the order of their index. A
/// score that is not a number leaves no order: then it is not. Throws Error when the label is not
/// one of the classes.
bool in_top(const std::vector<double>& scores, int label, int k);

/// Accuracy of `score` (the classes' scores of an input, called from several threads) over the
/// first `count` inputs (0: all); class c has score c + label_offset. Damaged ones are told of, not
/// classified. Throws Error when a label is unknown, there are fewer inputs, or all are damaged.
Accuracy evaluate(const Samples& data, std::size_t count, int label_offset,
                  const std::function<std::vector<double>(const Sample&)>& score);

}  // namespace reshift
