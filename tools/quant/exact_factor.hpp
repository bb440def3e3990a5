// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "net/numerics.hpp"

namespace reshift {

/// What one output channel must make of a sum: `code`, as PostParams defines codes.
struct CodePoint {
  std::int64_t sum = 0;       ///< with the bias
  std::int32_t residual = 0;  ///< its code, where there is one
  std::int32_t code = 0;
};

/// What a format makes of a sum before the zero point is added and the code is clamped: a whole
/// number that never falls while the sum rises.
using SumRounding = std::function<double(std::int64_t)>;

/// ONNX Runtime, and TensorFlow Lite's default kernels: the product of sum and `ratio` in single
/// precision, half to even.
SumRounding single_precision(float ratio);

/// TensorFlow Lite's average of `count` codes with the zero point `zero`, half away from code 0.
SumRounding average_of_codes(int count, int zero);

/// Points that decide about all sums from -limit to limit: where the codes change that a format
/// makes of them, which it multiplies by about `ratio`; `post` has zero point and bounds.
std::vector<CodePoint> code_changes(const SumRounding& format, double ratio, std::int64_t limit,
                                    const PostParams& post);

struct FittedFactor {
  ChannelParams params;  ///< bias 0
  double wrong = 0;      ///< points that it does not make, those near code 0 count most; 0: none
  double error = 0;      ///< by which part of it the factor was changed
};

/// A multiplier and a shift near to `factor` that make as many of the points as any; none when
/// `mult_w` bits cannot hold one.
std::optional<FittedFactor> fit_factor(const std::vector<CodePoint>& points, double factor,
                                       const PostParams& post, int act_w, int mult_w);

/// The multiplier of `mult_w` bits and the shift that are nearest to a positive factor; the
/// multiplier is 0 where it is too small and has more bits where it is too large.
struct NearestFactor {
  double mult = 0;
  int shift = 0;
};
NearestFactor nearest_factor(double factor, int mult_w);

}  // namespace reshift
