// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <vector>

#include "golden/convolve.hpp"

namespace reshift {

/// The integers that are sums of at most `terms` terms 0 or +-2^e, e in 0..exponents-1.
class WeightCodes {
 public:
  WeightCodes(int terms, int exponents);

  const std::vector<int>& values() const { return values_; }  ///< ascending
  int largest() const { return values_.back(); }
  /// The code nearest to x.
  int nearest(double x) const;
  /// Exactly `terms` terms with the sum `code`, zeros last, as few others as possible.
  const std::vector<std::int16_t>& terms_of(int code) const {
    return terms_.at(static_cast<std::size_t>(code + largest()));
  }

 private:
  std::vector<int> values_;
  std::vector<std::vector<std::int16_t>> terms_;  ///< by code + largest(), empty for no code
};

/// Means of a layer: of its inputs x (the columns of im2col) and of the outputs z that it should
/// have, over calibration samples.
struct LayerMeans {
  explicit LayerMeans(Eigen::Index inputs = 0, Eigen::Index outputs = 0);

  double samples = 0;
  Eigen::VectorXd input_mean;  ///< sum, then mean
  Eigen::VectorXd output_mean;

  /// Adds samples: x inputs x samples, z outputs x samples.
  void add(const Matrix<float>& x, const Matrix<float>& z);
  LayerMeans& operator+=(const LayerMeans& other);
  /// From sums to means.
  void finish();
};

/// Second-order statistics besides, about the means.
struct LayerStatistics : LayerMeans {
  explicit LayerStatistics(Eigen::Index inputs = 0, Eigen::Index outputs = 0);

  Eigen::MatrixXd inputs;  ///< sum of x x^T, then their covariance
  Eigen::MatrixXd cross;   ///< outputs x inputs: sum of z x^T, then their covariance

  /// Adds samples: x inputs x samples, z outputs x samples.
  void add(const Matrix<float>& x, const Matrix<float>& z);
  LayerStatistics& operator+=(const LayerStatistics& other);
  /// From sums to means and covariances.
  void finish();
};

/// A layer with weights scale[o] * codes(o, i) and a bias.
struct RoundedLayer {
  Matrix<int> codes;  ///< outputs x inputs
  Eigen::VectorXd scale, bias;
};

/// Squared error of an output against the least possible: (w - v)^T H (w - v).
double weighted_error(const Eigen::MatrixXd& hessian, const Eigen::VectorXd& difference);

/// Rounds one weight vector to scale * codes, column by column: the error of each is made good by
/// the columns that follow (Frantar et al., GPTQ, arXiv:2210.17323). `inverse_factor` is the upper
/// Cholesky factor U of the inverse Hessian, H^-1 = U^T U.
Eigen::VectorXi round_compensated(const Eigen::VectorXd& weights, double scale,
                                  const WeightCodes& codes, const Eigen::MatrixXd& inverse_factor);

/// Changes single codes while that lowers weighted_error(hessian, weights - scale * codes).
void descend(const Eigen::VectorXd& weights, double scale, const WeightCodes& codes,
             const Eigen::MatrixXd& hessian, Eigen::VectorXi& rounded);

/// Rounds a layer so that its outputs come near the wanted ones in the sense of least squares.
/// Every output has the scale that suits it best, and the bias that keeps its mean.
/// `weights` (outputs x inputs) is where the statistics leave the weights open.
RoundedLayer round_layer(const LayerStatistics& statistics, const Matrix<float>& weights,
                         const WeightCodes& codes);

/// Rounds every weight to the code nearest to it, whatever the inputs are. Every output has the
/// scale that leaves its weights the least squared error, and the bias that keeps its mean.
RoundedLayer round_nearest(const LayerMeans& means, const Eigen::Ref<const Matrix<float>>& weights,
                           const WeightCodes& codes);

/// The layer as it is, when every output's weights are its scale times codes of a single term; the
/// scales are such that the largest code is in use. False, and nothing changed, otherwise.
bool round_exactly(const Eigen::Ref<const Matrix<float>>& weights, const std::vector<float>& bias,
                   int exponents, RoundedLayer& layer);

}  // namespace reshift
