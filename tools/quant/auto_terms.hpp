// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "quant/held_out.hpp"
#include "quant/quantize.hpp"

namespace reshift {

/// What a frame costs, all of it and operation by operation. The unit is that of the model.
struct FrameCost {
  double total = 0;
  std::vector<double> of_op;
};
using CostModel = std::function<FrameCost(const QNet&)>;

/// Terms x multiplications, in millions.
FrameCost work_of(const QNet& net);

/// A choice of terms and what it costs.
struct TermPoint {
  std::string name;
  std::vector<int> terms;  ///< by operation
  double cost = 0;         ///< of a frame
  Loss loss;
  double points = 0;  ///< that are lost, see lost_points()
};

struct ChosenTerms {
  QNet net;
  TermPoint chosen;
  std::vector<TermPoint> measured;  ///< all that were, the cheapest first; the chosen one too
  double two_terms = 0;             ///< the cost of two terms everywhere
  std::vector<double> sensitivity;  ///< by operation, nats; empty where it was not needed
  bool reached = true;              ///< the limit
};

/// Points of accuracy that a network loses: by what the float network's probabilities let expect,
/// or by the labels of the held-out images, less the standard error of their count, whichever is
/// more; without labels the former.
double lost_points(const HeldOut& held_out, const Loss& loss);

/// Of points in the order of their costs: whether no other both costs and loses as little or less.
std::vector<bool> pareto_front(const std::vector<TermPoint>& cheapest_first);

struct TermSearch {
  double target_drop = 0.5;  ///< points that may be lost
  /// If finite, what a frame may cost; then target_drop does not count.
  double most_cost = std::numeric_limits<double>::infinity();
  int points = 0;     ///< to be measured between the dearest and the cheapest, evenly by cost
  int end_terms = 0;  ///< of the first and the last convolution; 0: chosen like the others
  NumberFormat format = {};
  Rounding rounding = Rounding::kCompensated;
  OutputRange output_range = OutputRange::kAuto;
  CostModel cost = work_of;
};

/// The least cost that loses at most the target, or the least loss that costs at most the limit. It
/// starts from two terms everywhere (three or four, where two lose too much) and takes a term from
/// the layers that lose least for what they save. How many lose one is found by bisection; each
/// network on the way is quantised as a whole. Where not even four terms reach the target, the
/// cheapest uniform choice that is about as good as the best. Where nothing costs as little as the
/// limit, the cheapest.
ChosenTerms choose_terms(const Graph& fused, const Preprocess& preprocess,
                         const CalibrationImages& calibration, const HeldOut& held_out,
                         const TermSearch& search);

}  // namespace reshift
