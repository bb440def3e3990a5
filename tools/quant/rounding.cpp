// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/rounding.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "net/numerics.hpp"
#include "quant/compensation.hpp"

namespace reshift {
namespace {

/// Scales to try for an output in compensation.
constexpr int kPerOctave = 9;

/// Scales to try for an output: the largest weight on the largest code, then an octave more and
/// less of the range, in `per_octave` steps each, or with a `unit` above 0 its powers of two in
/// between. A code set of one term repeats itself every octave but for its ends.
std::vector<double> trial_scales(double largest_weight, const WeightCodes& codes, int per_octave,
                                 double unit) {
  std::vector<double> scales;
  if (unit > 0) {
    const double least = largest_weight / codes.largest() / 2;
    for (int octave = 0; octave < 3; ++octave) {
      scales.push_back(
          std::ldexp(unit, octave + static_cast<int>(std::ceil(std::log2(least / unit)))));
    }
    return scales;
  }
  for (int step = -per_octave; step <= per_octave; ++step) {
    scales.push_back(largest_weight / codes.largest() *
                     std::exp2(static_cast<double>(step) / per_octave));
  }
  return scales;
}

/// The scale that leaves the least squared error when every weight takes the code nearest to it.
/// The weights in the order of size are runs of the same code, so that a sum over a run is the
/// difference of two prefix sums and a trial costs as much as there are codes.
double nearest_scale(const Eigen::VectorXf& weights, const WeightCodes& codes, double unit) {
  std::vector<float> sizes(weights.begin(), weights.end());
  for (float& v : sizes) v = std::abs(v);
  std::sort(sizes.begin(), sizes.end());
  if (sizes.back() == 0) return 0;
  std::vector<double> prefix(sizes.size() + 1, 0);
  std::partial_sum(sizes.begin(), sizes.end(), prefix.begin() + 1, std::plus<double>());
  const auto& values = codes.values();
  const auto zero = std::lower_bound(values.begin(), values.end(), 0);

  double best = 0, best_gain = 0;
  constexpr int kSteps = 64, kRefits = 3;
  for (double scale : trial_scales(sizes.back(), codes, kSteps, unit)) {
    for (int round = 0; round < (unit > 0 ? 1 : kRefits); ++round) {
      double cross = 0, square = 0;  // of weights and codes, of codes
      std::size_t first = 0;
      for (auto code = zero; code != values.end(); ++code) {
        std::size_t last = sizes.size();
        if (code + 1 != values.end()) {
          const auto border = static_cast<float>(scale * 0.5 * (code[0] + code[1]));
          last = static_cast<std::size_t>(
              std::lower_bound(sizes.begin() + static_cast<std::ptrdiff_t>(first), sizes.end(),
                               border) -
              sizes.begin());
        }
        cross += *code * (prefix[last] - prefix[first]);
        square += static_cast<double>(*code) * *code * static_cast<double>(last - first);
        first = last;
      }
      if (square == 0) break;
      // With these codes and this scale, their best or the given one, the error is the weights'
      // square less the gain.
      if (unit == 0) scale = cross / square;
      const double gain = (2 * cross - scale * square) * scale;
      if (gain > best_gain) {
        best_gain = gain;
        best = scale;
      }
    }
  }
  return best;
}

/// The bias that gives output `o` the mean that it should have.
double mean_bias(const LayerMeans& means, const RoundedLayer& layer, Eigen::Index o) {
  return means.output_mean[o] -
         layer.scale[o] * layer.codes.row(o).cast<double>().dot(means.input_mean);
}

}  // namespace

LayerFit::LayerFit(LayerStatistics statistics, const Eigen::Ref<const Matrix<float>>& weights,
                   bool keep_zeros)
    : means_(statistics), order_(static_cast<std::size_t>(weights.cols())) {
  // Inputs of much energy first: their errors are made good by the many that follow.
  std::iota(order_.begin(), order_.end(), 0);
  std::stable_sort(order_.begin(), order_.end(), [&](Eigen::Index a, Eigen::Index b) {
    return statistics.inputs(a, a) > statistics.inputs(b, b);
  });
  Eigen::MatrixXd hessian = statistics.inputs(order_, order_);
  const double energy = hessian.diagonal().mean() + 1e-12;
  const auto damped = [&](double damping) {
    Eigen::LLT<Eigen::MatrixXd> factor(
        hessian + damping * energy * Eigen::MatrixXd::Identity(hessian.rows(), hessian.cols()));
    if (factor.info() != Eigen::Success)
      throw Error("calibration statistics are not positive definite");
    return factor;
  };
  // The weights that make good the errors of the layers before. The samples of one image are
  // much alike: only what many agree on is worth a change, or the layer learns these images.
  constexpr double kCaution = 10;
  const Eigen::MatrixXd original = weights.transpose().cast<double>()(order_, Eigen::all);
  const Eigen::MatrixXd open =
      statistics.cross.transpose()(order_, Eigen::all) - hessian * original;
  const Eigen::MatrixXd wanted = original + damped(kCaution).solve(open);
  // A little of the identity keeps the weights where the samples say nothing.
  constexpr double kDamping = 0.01;
  const auto factor = damped(kDamping);
  hessian.diagonal().array() += kDamping * energy;
  weights_ = wanted.cast<float>();
  target_ = (hessian * wanted).cast<float>();
  hessian_ = hessian.cast<float>();
  const Eigen::Index size = hessian.rows();
  const Eigen::MatrixXd inverse = factor.solve(Eigen::MatrixXd::Identity(size, size));
  inverse_factor_ = Eigen::MatrixXd(inverse.llt().matrixU()).cast<float>();
  free_ = Matrix<float>::Ones(size, weights.rows());
  if (keep_zeros) free_ = (original.array() != 0).cast<float>();
}

void LayerFit::round_some(Eigen::Index first, Eigen::Index count, const WeightCodes& codes,
                          double unit, RoundedLayer& layer) const {
  std::vector<Eigen::Index> outputs;  // of every trial
  std::vector<double> scales;
  std::size_t trials_each = 1;
  for (Eigen::Index o = first; o < first + count; ++o) {
    const double largest = weights_.col(o).cwiseAbs().maxCoeff();
    if (largest == 0) continue;
    const std::vector<double> tried = trial_scales(largest, codes, kPerOctave, unit);
    trials_each = tried.size();
    for (const double s : tried) {
      outputs.push_back(o);
      scales.push_back(s);
    }
  }
  const Eigen::RowVectorXf of_trials =
      Eigen::Map<const Eigen::RowVectorXd>(scales.data(), static_cast<Eigen::Index>(scales.size()))
          .cast<float>();
  const Compensated trials = compensate(weights_(Eigen::all, outputs), of_trials, codes,
                                        free_(Eigen::all, outputs), inverse_factor_);
  for (std::size_t t = 0; t < outputs.size(); t += trials_each) {
    settle_best(outputs[t], trials, static_cast<Eigen::Index>(t),
                static_cast<Eigen::Index>(trials_each), scales, codes, unit == 0, layer);
  }
}

void LayerFit::settle_best(Eigen::Index output, const Compensated& trials, Eigen::Index first,
                           Eigen::Index count, const std::vector<double>& scales,
                           const WeightCodes& codes, bool fit_scale, RoundedLayer& layer) const {
  constexpr int kSettled = 3;  // there are no fewer
  std::vector<Eigen::Index> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), first);
  std::partial_sort(
      order.begin(), order.begin() + kSettled, order.end(),
      [&](Eigen::Index a, Eigen::Index b) { return trials.error[a] < trials.error[b]; });
  double best = 0;
  for (int k = 0; k < kSettled; ++k) {
    const Eigen::Index t = order[static_cast<std::size_t>(k)];
    Trial trial{scales[static_cast<std::size_t>(t)], trials.codes.col(t), {}};
    trial.product = hessian_ * trial.codes;
    settle(target_.col(output), hessian_, codes, free_.col(output), fit_scale, trial);
    if (!(trial.gain > best)) continue;
    best = trial.gain;
    layer.scale[output] = trial.scale;
    for (Eigen::Index i = 0; i < weights_.rows(); ++i)
      layer.codes(output, order_[static_cast<std::size_t>(i)]) = static_cast<int>(trial.codes[i]);
  }
}

RoundedLayer LayerFit::round(const WeightCodes& codes, double unit) const {
  const Eigen::Index outputs = weights_.cols();
  RoundedLayer layer;
  layer.codes.setZero(outputs, weights_.rows());
  layer.scale.setZero(outputs);
  layer.bias.resize(outputs);
  // Some hundred vectors at once make a product of matrices worth its while.
  constexpr Eigen::Index kOutputs = 16;
  const auto parts = static_cast<std::size_t>((outputs + kOutputs - 1) / kOutputs);
  parallel_for(parts, [&](std::size_t part) {
    const Eigen::Index first = static_cast<Eigen::Index>(part) * kOutputs;
    round_some(first, std::min(kOutputs, outputs - first), codes, unit, layer);
  });
  for (Eigen::Index o = 0; o < outputs; ++o) layer.bias[o] = mean_bias(means_, layer, o);
  return layer;
}

RoundedLayer round_nearest(const LayerMeans& means, const Eigen::Ref<const Matrix<float>>& weights,
                           const WeightCodes& codes, double unit) {
  RoundedLayer layer;
  layer.codes.setZero(weights.rows(), weights.cols());
  layer.scale.resize(weights.rows());
  layer.bias.resize(weights.rows());
  parallel_for(static_cast<std::size_t>(weights.rows()), [&](std::size_t row) {
    const auto o = static_cast<Eigen::Index>(row);
    layer.scale[o] = nearest_scale(weights.row(o).transpose(), codes, unit);
    if (layer.scale[o] > 0) {
      for (Eigen::Index i = 0; i < weights.cols(); ++i) {
        layer.codes(o, i) = codes.nearest(weights(o, i) / layer.scale[o]);
      }
    }
    layer.bias[o] = mean_bias(means, layer, o);
  });
  return layer;
}

bool round_exactly(const Eigen::Ref<const Matrix<float>>& weights, const std::vector<float>& bias,
                   int weight_format, double unit, RoundedLayer& layer) {
  const auto power_of_unit = [unit](double scale) {
    int exponent;
    return unit == 0 || scale == 0 || std::frexp(scale / unit, &exponent) == 0.5;
  };
  RoundedLayer exact;
  exact.codes.resize(weights.rows(), weights.cols());
  exact.scale.resize(weights.rows());
  exact.bias = Eigen::Map<const Eigen::VectorXf>(bias.data(), weights.rows()).cast<double>();
  for (Eigen::Index o = 0; o < weights.rows(); ++o) {
    const double largest = weights.row(o).cwiseAbs().maxCoeff();
    exact.scale[o] = largest / largest_power(weight_format);
    if (!power_of_unit(exact.scale[o])) return false;
    for (Eigen::Index i = 0; i < weights.cols(); ++i) {
      const double ratio = weights(o, i) == 0 ? 0 : weights(o, i) / exact.scale[o];
      const int code = static_cast<int>(std::lround(ratio));
      const int magnitude = std::abs(code);
      if (code != ratio || (magnitude & (magnitude - 1)) != 0 ||
          !weight_fits(code, weight_format)) {
        return false;
      }
      exact.codes(o, i) = code;
    }
  }
  layer = std::move(exact);
  return true;
}

}  // namespace reshift
