// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>

#include "golden/convolve.hpp"
#include "quant/weight_codes.hpp"

namespace reshift {

/// Rounds weight vectors (columns of `open`, inputs x vectors) to scales[v] * codes, input by
/// input: the error of each is made good by the inputs that follow (Frantar et al., GPTQ,
/// arXiv:2210.17323). `free` is 1 where a code may be any, 0 where it must be zero, which others
/// make good, too. `inverse_factor` is the upper Cholesky factor U of the inverse Hessian, H^-1 =
/// U^T U.
struct Compensated {
  Matrix<float> codes;       ///< inputs x vectors
  Eigen::RowVectorXf error;  ///< by vector, (w - scale * codes)^T H (w - scale * codes)
};
Compensated compensate(Matrix<float> open, const Eigen::RowVectorXf& scales,
                       const WeightCodes& codes, const Matrix<float>& free,
                       const Matrix<float>& inverse_factor);

/// A weight vector w rounded to scale * codes, and what changes with it.
struct Trial {
  double scale = 0;
  Eigen::VectorXf codes;
  Eigen::VectorXf product;  ///< H * codes
  double gain = 0;          ///< by how much the error is below that of codes 0, w^T H w
};

/// Changes single codes and the scale in turns while that lowers the squared error of an output,
/// (w - scale * codes)^T H (w - scale * codes). `target` is H w; codes that are not `free` stay,
/// and so does the scale unless `fit_scale`.
void settle(const Eigen::VectorXf& target, const Matrix<float>& hessian, const WeightCodes& codes,
            const Eigen::VectorXf& free, bool fit_scale, Trial& trial);

}  // namespace reshift
