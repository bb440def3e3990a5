// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <vector>

#include "golden/convolve.hpp"
#include "quant/compensation.hpp"
#include "quant/layer_statistics.hpp"
#include "quant/weight_codes.hpp"

namespace reshift {

/// A layer with weights scale[o] * codes(o, i) and a bias.
struct RoundedLayer {
  Matrix<int> codes;  ///< outputs x inputs
  Eigen::VectorXd scale, bias;
};

/// What the outputs of a layer are fitted to in the sense of least squares.
class LayerFit {
 public:
  /// `weights` (outputs x inputs) is where the statistics leave the weights open. With `keep_zeros`
  /// those that are zero stay zero. Throws Error when the statistics are not finite.
  LayerFit(LayerStatistics statistics, const Eigen::Ref<const Matrix<float>>& weights,
           bool keep_zeros);

  /// Rounds the layer so that its outputs come near the wanted ones. Every output has the scale
  /// that suits it best, with a `unit` above 0 a power of two of it, and the bias that keeps its
  /// mean.
  RoundedLayer round(const WeightCodes& codes, double unit = 0) const;

 private:
  /// `count` outputs from `first` on, but for their bias.
  void round_some(Eigen::Index first, Eigen::Index count, const WeightCodes& codes, double unit,
                  RoundedLayer& layer) const;
  /// Of the `count` trials of an output, which begin at `first`, those with the least error are
  /// settled, which takes far longer than all before it; the best becomes the output's.
  void settle_best(Eigen::Index output, const Compensated& trials, Eigen::Index first,
                   Eigen::Index count, const std::vector<double>& scales, const WeightCodes& codes,
                   bool fit_scale, RoundedLayer& layer) const;

  LayerMeans means_;
  std::vector<Eigen::Index> order_;  ///< inputs as they are rounded, one after another
  /// Inputs in that order; the factor is that of the inverse, see compensate().
  Matrix<float> hessian_, inverse_factor_;
  Matrix<float> free_;                ///< inputs x outputs: see compensate()
  Eigen::MatrixXf weights_, target_;  ///< inputs x outputs: w and H w
};

/// Rounds every weight to the code nearest to it, whatever the inputs are. Every output has the
/// scale that leaves its weights the least squared error, with a `unit` above 0 a power of two of
/// it, and the bias that keeps its mean.
RoundedLayer round_nearest(const LayerMeans& means, const Eigen::Ref<const Matrix<float>>& weights,
                           const WeightCodes& codes, double unit = 0);

/// The layer as it is, when every output's weights are its scale times codes of a single term; the
/// scales are such that the largest code is in use, and with a `unit` above 0 powers of two of it.
/// False, and nothing changed, otherwise.
bool round_exactly(const Eigen::Ref<const Matrix<float>>& weights, const std::vector<float>& bias,
                   int weight_format, double unit, RoundedLayer& layer);

}  // namespace reshift
