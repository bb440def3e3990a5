// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/compensation.hpp"

#include <algorithm>
#include <cmath>

namespace reshift {

Compensated compensate(Matrix<float> open, const Eigen::RowVectorXf& scales,
                       const WeightCodes& codes, const Matrix<float>& free,
                       const Matrix<float>& inverse_factor) {
  // Inside a block one input after the other, for those after it a product of matrices.
  constexpr Eigen::Index kBlock = 32;
  const Eigen::Index size = open.rows(), vectors = open.cols();
  Compensated result{Matrix<float>(size, vectors), Eigen::RowVectorXf::Zero(vectors)};
  Matrix<float>& rounded = result.codes;
  Matrix<float> errors(std::min(kBlock, size), vectors);
  for (Eigen::Index first = 0; first < size; first += kBlock) {
    const Eigen::Index last = std::min(first + kBlock, size), after = size - last;
    for (Eigen::Index i = first; i < last; ++i) {
      for (Eigen::Index v = 0; v < vectors; ++v)
        rounded(i, v) = free(i, v) * static_cast<float>(codes.nearest(open(i, v) / scales[v]));
      errors.row(i - first) =
          (open.row(i).array() - scales.array() * rounded.row(i).array()) / inverse_factor(i, i);
      for (Eigen::Index j = i + 1; j < last; ++j)
        open.row(j) -= inverse_factor(i, j) * errors.row(i - first);
    }
    open.bottomRows(after).noalias() -=
        inverse_factor.block(first, last, last - first, after).transpose() *
        errors.topRows(last - first);
    result.error += errors.topRows(last - first).colwise().squaredNorm();
  }
  return result;
}

namespace {

/// One round over all codes; whether any changed.
bool settle_codes(const Eigen::VectorXf& target, const Matrix<float>& hessian,
                  const WeightCodes& codes, const Eigen::VectorXf& free, Trial& trial) {
  const auto scale = static_cast<float>(trial.scale);
  bool changed = false;
  for (Eigen::Index i = 0; i < target.size(); ++i) {
    if (free[i] == 0) continue;
    // With the other codes as they are the error is a parabola of this one, and its minimum here:
    const float own = trial.codes[i];
    const float best = own + (target[i] / scale - trial.product[i]) / hessian(i, i);
    const auto code = static_cast<float>(codes.nearest(best));
    // Ties within rounding noise would go on for ever.
    if (code == own || std::abs(code - best) > std::abs(own - best) - 1e-3f) continue;
    trial.product += hessian.row(i).transpose() * (code - own);
    trial.codes[i] = code;
    changed = true;
  }
  return changed;
}

}  // namespace

void settle(const Eigen::VectorXf& target, const Matrix<float>& hessian, const WeightCodes& codes,
            const Eigen::VectorXf& free, bool fit_scale, Trial& trial) {
  constexpr int kRefits = 3, kSweeps = 50;  // it settles within ten sweeps or so
  const auto dot = [](const Eigen::VectorXf& a, const Eigen::VectorXf& b) {
    return a.cast<double>().dot(b.cast<double>());
  };
  for (int round = 0; round < kRefits; ++round) {
    int sweep = 0;
    while (sweep < kSweeps && settle_codes(target, hessian, codes, free, trial)) ++sweep;
    const double cross = dot(trial.codes, target), square = dot(trial.codes, trial.product);
    if (!(cross > 0 && square > 0)) break;  // as good as nothing
    if (fit_scale) trial.scale = cross / square;
    trial.gain = (2 * cross - trial.scale * square) * trial.scale;
    if (sweep == 0 || !fit_scale) break;
  }
}

}  // namespace reshift
