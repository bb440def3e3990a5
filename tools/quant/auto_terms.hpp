// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "quant/held_out.hpp"
#include "quant/quantize.hpp"

namespace reshift {

/// A choice of terms and what it costs.
struct TermPoint {
  std::string name;
  std::vector<int> terms;  ///< by operation
  double work = 0;         ///< terms x multiplications of a frame, against two terms everywhere
  Loss loss;
  double points = 0;  ///< that are lost, see lost_points()
};

struct ChosenTerms {
  QNet net;
  TermPoint chosen;
  std::vector<TermPoint> others;    ///< uniform ones, the cheapest first
  std::vector<double> sensitivity;  ///< by operation, nats; empty where it was not needed
  bool reached = true;              ///< the target
};

/// Points of accuracy that a network loses: by the labels of the held-out images or by what the
/// float network's probabilities let expect, whichever is more; without labels the latter.
double lost_points(const HeldOut& held_out, const Loss& loss);

struct TermSearch {
  double target_drop = 0.5;  ///< points that may be lost
  int end_terms = 0;         ///< of the first and the last convolution; 0: chosen like the others
  NumberFormat format = {};
  Rounding rounding = Rounding::kCompensated;
  OutputRange output_range = OutputRange::kAuto;
};

/// The least work (terms x multiplications) that loses at most the target. One term everywhere and
/// one inside with two at the ends are tried first. Otherwise it starts from two terms everywhere
/// (three or four, where two lose too much) and takes a term from the layers that lose least per
/// multiplication saved, as many as the target allows. Where not even four terms reach it, the
/// cheapest uniform choice that is about as good as the best.
ChosenTerms choose_terms(const Graph& fused, const Preprocess& preprocess,
                         const CalibrationImages& calibration, const HeldOut& held_out,
                         const TermSearch& search);

}  // namespace reshift
