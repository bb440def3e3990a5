// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "net/qnet.hpp"

namespace reshift {

/// What the integers of an operation stand for, as the formats of quantised networks define it:
/// channel c is unit[c] * (sum of weights * (codes - zero point)) + bias[c] + residual, clamped to
/// lo..hi, all real numbers, and nothing is rounded yet.
struct ExactSum {
  QOp op;                          ///< kind, tensors and window
  std::vector<int> weights;        ///< kConv: rows as QOp's, those of a shortcut included
  std::vector<double> unit;        ///< one an output channel, > 0
  std::vector<double> bias;        ///< one an output channel
  bool is_copy = false;            ///< of the input: every weight 1, unit its scale, bias 0
  double residual_scale = 0;       ///< of the tensor op.residual, > 0 with one
  bool residual_is_first = false;  ///< of the two operands, in the format's order
  double lo = -std::numeric_limits<double>::infinity();
  double hi = std::numeric_limits<double>::infinity();

  bool unbounded() const { return std::isinf(lo) && std::isinf(hi); }
  /// Channel c becomes weight[c] * c + offset[c].
  void scale_by(const std::vector<float>& weight, const std::vector<float>& offset);
};

/// Two convolutions that are added, one of them 1x1, as one operation where the steps of their sums
/// are equal; else none.
std::optional<ExactSum> one_sum(const ExactSum& first, const ExactSum& second);

/// How results become codes of an output tensor: code = round(result / scale), then the zero point
/// of the tensor is added, then it is clamped to `lowest`..`highest`.
struct OutputCodes {
  double scale = 1;
  int zero = 0, lowest = 0, highest = 0;
  RoundMode round = RoundMode::kHalfEven;
  int unsigned_by = 0;  ///< 128 where the format's codes have no sign: they are more by so much
  bool fused = false;   ///< products are not rounded before they are added to another
};

/// The operation whose output codes these are, and how far it is from that.
struct EncodedSum {
  QOp op;
  double error = 0;  ///< largest difference before the rounding, in codes; 0: it is exact
  std::string why;   ///< where the difference comes from; empty when there is none
};

/// `net` has the tensors that the operation reads. Weights become sums of as few terms as they can,
/// multipliers have up to net.mult_w bits. Where it can be, a result is that of the format's own
/// kernels, which compute with single precision (exact_factor.hpp, exact_addition.hpp); every sum,
/// every code or every pair of codes was tried then. Throws Error naming the operation and the
/// channel when its sums, or a factor, do not fit.
EncodedSum encode_sum(const ExactSum& sum, const OutputCodes& out, const QNet& net, int acc_w);

}  // namespace reshift
