// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>

#include "golden/convolve.hpp"

namespace reshift {

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

}  // namespace reshift
