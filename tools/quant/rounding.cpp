// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/rounding.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.hpp"
#include "base/parallel.hpp"

namespace reshift {

WeightCodes::WeightCodes(int terms, int exponents) {
  // Layer by layer: what one more term reaches that fewer could not.
  const int largest = terms << (exponents - 1);
  std::vector<int> fewest(static_cast<std::size_t>(2 * largest + 1), -1);
  terms_.resize(fewest.size());
  terms_[static_cast<std::size_t>(largest)].assign(static_cast<std::size_t>(terms), 0);
  fewest[static_cast<std::size_t>(largest)] = 0;
  for (int used = 1; used <= terms; ++used) {
    for (int from = -largest; from <= largest; ++from) {
      if (fewest[static_cast<std::size_t>(from + largest)] != used - 1) continue;
      for (int e = 0; e < exponents; ++e) {
        for (const int term : {1 << e, -(1 << e)}) {
          const int to = from + term;
          if (std::abs(to) > largest || fewest[static_cast<std::size_t>(to + largest)] >= 0)
            continue;
          fewest[static_cast<std::size_t>(to + largest)] = used;
          // The newest term first, then those of the shorter sum.
          const auto& shorter = terms_[static_cast<std::size_t>(from + largest)];
          auto& sum = terms_[static_cast<std::size_t>(to + largest)];
          sum.push_back(static_cast<std::int16_t>(term));
          sum.insert(sum.end(), shorter.begin(), shorter.end() - 1);
        }
      }
    }
  }
  for (int code = -largest; code <= largest; ++code) {
    if (fewest[static_cast<std::size_t>(code + largest)] >= 0) values_.push_back(code);
  }
}

int WeightCodes::nearest(double x) const {
  const auto above = std::lower_bound(values_.begin(), values_.end(), x);
  if (above == values_.begin()) return *above;
  if (above == values_.end()) return largest();
  return x - above[-1] < *above - x ? above[-1] : *above;
}

LayerMeans::LayerMeans(Eigen::Index in, Eigen::Index out)
    : input_mean(Eigen::VectorXd::Zero(in)), output_mean(Eigen::VectorXd::Zero(out)) {}

void LayerMeans::add(const Matrix<float>& x, const Matrix<float>& z) {
  input_mean += x.rowwise().sum().cast<double>();
  output_mean += z.rowwise().sum().cast<double>();
  samples += static_cast<double>(x.cols());
}

LayerMeans& LayerMeans::operator+=(const LayerMeans& other) {
  input_mean += other.input_mean;
  output_mean += other.output_mean;
  samples += other.samples;
  return *this;
}

void LayerMeans::finish() {
  input_mean /= samples;
  output_mean /= samples;
}

LayerStatistics::LayerStatistics(Eigen::Index in, Eigen::Index out)
    : LayerMeans(in, out),
      inputs(Eigen::MatrixXd::Zero(in, in)),
      cross(Eigen::MatrixXd::Zero(out, in)) {}

void LayerStatistics::add(const Matrix<float>& x, const Matrix<float>& z) {
  Matrix<float> square = Matrix<float>::Zero(x.rows(), x.rows());
  square.selfadjointView<Eigen::Lower>().rankUpdate(x);
  inputs.triangularView<Eigen::Lower>() += square.cast<double>();
  const Matrix<float> product = z * x.transpose();
  cross += product.cast<double>();
  LayerMeans::add(x, z);
}

LayerStatistics& LayerStatistics::operator+=(const LayerStatistics& other) {
  inputs += other.inputs;
  cross += other.cross;
  LayerMeans::operator+=(other);
  return *this;
}

void LayerStatistics::finish() {
  LayerMeans::finish();
  inputs = Eigen::MatrixXd(inputs.selfadjointView<Eigen::Lower>());
  inputs = inputs / samples - input_mean * input_mean.transpose();
  cross = cross / samples - output_mean * input_mean.transpose();
}

double weighted_error(const Eigen::MatrixXd& hessian, const Eigen::VectorXd& difference) {
  return difference.dot(hessian * difference);
}

Eigen::VectorXi round_compensated(const Eigen::VectorXd& weights, double scale,
                                  const WeightCodes& codes, const Eigen::MatrixXd& inverse_factor) {
  const Eigen::Index size = weights.size();
  Eigen::VectorXd open = weights;
  Eigen::VectorXi rounded(size);
  for (Eigen::Index i = 0; i < size; ++i) {
    rounded[i] = codes.nearest(open[i] / scale);
    const double error = (open[i] - scale * rounded[i]) / inverse_factor(i, i);
    open.tail(size - i) -= error * inverse_factor.row(i).tail(size - i).transpose();
  }
  return rounded;
}

void descend(const Eigen::VectorXd& weights, double scale, const WeightCodes& codes,
             const Eigen::MatrixXd& hessian, Eigen::VectorXi& rounded) {
  Eigen::VectorXd slope = hessian * (weights - scale * rounded.cast<double>());
  constexpr int kSweeps = 50;  // it settles within ten or so
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    bool changed = false;
    for (Eigen::Index i = 0; i < weights.size(); ++i) {
      // With the other codes as they are the error is a parabola of this one, and its minimum here:
      const double best = rounded[i] + slope[i] / (hessian(i, i) * scale);
      const int code = codes.nearest(best);
      if (code == rounded[i]) continue;
      // Ties within rounding noise would go on for ever.
      if (std::abs(code - best) > std::abs(rounded[i] - best) - 1e-9) continue;
      slope -= hessian.col(i) * (scale * (code - rounded[i]));
      rounded[i] = code;
      changed = true;
    }
    if (!changed) return;
  }
}

namespace {

/// Scales to try for an output: the largest weight on the largest code, then an octave more and
/// less of the range, in `per_octave` steps each. A code set of one term repeats itself every
/// octave but for its ends.
std::vector<double> trial_scales(double largest_weight, const WeightCodes& codes, int per_octave) {
  std::vector<double> scales;
  for (int step = -per_octave; step <= per_octave; ++step) {
    scales.push_back(largest_weight / codes.largest() *
                     std::exp2(static_cast<double>(step) / per_octave));
  }
  return scales;
}

/// Rounds of new codes for the scale and a new scale for the codes, from each of those.
constexpr int kRefits = 3;

/// The scale that brings scale * codes nearest to the weights, and its error.
double best_scale(const Eigen::MatrixXd& hessian, const Eigen::VectorXd& target,
                  const Eigen::VectorXi& codes) {
  const Eigen::VectorXd c = codes.cast<double>();
  const double size = c.dot(hessian * c);
  return size > 0 ? c.dot(target) / size : 0;
}

/// One output: its codes and scale for the weights w under the Hessian; inputs in the order of
/// `hessian`.
void round_row(const Eigen::MatrixXd& hessian, const Eigen::MatrixXd& inverse_factor,
               const Eigen::VectorXd& weights, const WeightCodes& codes,
               Eigen::VectorXi& best_codes, double& scale) {
  best_codes = Eigen::VectorXi::Zero(weights.size());
  scale = 0;
  const double largest = weights.cwiseAbs().maxCoeff();
  if (largest == 0) return;
  const Eigen::VectorXd target = hessian * weights;
  double best_error = std::numeric_limits<double>::infinity();
  constexpr int kPerOctave = 9;
  for (double s : trial_scales(largest, codes, kPerOctave)) {
    Eigen::VectorXi rounded = round_compensated(weights, s, codes, inverse_factor);
    for (int round = 0; round < kRefits; ++round) {
      descend(weights, s, codes, hessian, rounded);
      const double refit = best_scale(hessian, target, rounded);
      if (!(refit > 0)) break;
      s = refit;
    }
    const double error = weighted_error(hessian, weights - s * rounded.cast<double>());
    if (error < best_error) {
      best_error = error;
      best_codes = rounded;
      scale = s;
    }
  }
  if (best_codes.isZero()) scale = 0;
}

/// The scale that leaves the least squared error when every weight takes the code nearest to it.
/// The weights in the order of size are runs of the same code, so that a sum over a run is the
/// difference of two prefix sums and a trial costs as much as there are codes.
double nearest_scale(const Eigen::VectorXf& weights, const WeightCodes& codes) {
  std::vector<float> sizes(weights.begin(), weights.end());
  for (float& v : sizes) v = std::abs(v);
  std::sort(sizes.begin(), sizes.end());
  if (sizes.back() == 0) return 0;
  std::vector<double> prefix(sizes.size() + 1, 0);
  std::partial_sum(sizes.begin(), sizes.end(), prefix.begin() + 1, std::plus<double>());
  const auto& values = codes.values();
  const auto zero = std::lower_bound(values.begin(), values.end(), 0);

  double best = 0, best_gain = 0;
  constexpr int kPerOctave = 64;
  for (double scale : trial_scales(sizes.back(), codes, kPerOctave)) {
    for (int round = 0; round < kRefits; ++round) {
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
      // With these codes and their best scale the error is the weights' square less this.
      scale = cross / square;
      const double gain = cross * scale;
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

RoundedLayer round_layer(const LayerStatistics& statistics, const Matrix<float>& weights,
                         const WeightCodes& codes) {
  const Eigen::Index size = weights.cols();
  // Inputs of much energy first: their errors are made good by the many that follow.
  std::vector<Eigen::Index> order(static_cast<std::size_t>(size));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](Eigen::Index a, Eigen::Index b) {
    return statistics.inputs(a, a) > statistics.inputs(b, b);
  });
  // A little of the identity keeps the original weights where the samples say nothing.
  const double damping = 0.01 * statistics.inputs.diagonal().mean() + 1e-12;
  Eigen::MatrixXd hessian = statistics.inputs(order, order);
  hessian.diagonal().array() += damping;
  const Eigen::LLT<Eigen::MatrixXd> factor(hessian);
  if (factor.info() != Eigen::Success)
    throw Error("calibration statistics are not positive definite");
  const Eigen::MatrixXd inverse = factor.solve(Eigen::MatrixXd::Identity(size, size));
  const Eigen::MatrixXd inverse_factor = inverse.llt().matrixU();

  RoundedLayer layer;
  layer.codes.resize(weights.rows(), size);
  layer.scale.resize(weights.rows());
  layer.bias.resize(weights.rows());
  parallel_for(static_cast<std::size_t>(weights.rows()), [&](std::size_t row) {
    const auto o = static_cast<Eigen::Index>(row);
    const Eigen::VectorXd original = weights.row(o).transpose().cast<double>();
    const Eigen::VectorXd wanted =
        (statistics.cross.row(o).transpose() + damping * original)(order);
    Eigen::VectorXi rounded;
    round_row(hessian, inverse_factor, factor.solve(wanted), codes, rounded, layer.scale[o]);
    for (Eigen::Index i = 0; i < size; ++i) {
      layer.codes(o, order[static_cast<std::size_t>(i)]) = rounded[i];
    }
    layer.bias[o] = mean_bias(statistics, layer, o);
  });
  return layer;
}

RoundedLayer round_nearest(const LayerMeans& means, const Eigen::Ref<const Matrix<float>>& weights,
                           const WeightCodes& codes) {
  RoundedLayer layer;
  layer.codes.setZero(weights.rows(), weights.cols());
  layer.scale.resize(weights.rows());
  layer.bias.resize(weights.rows());
  parallel_for(static_cast<std::size_t>(weights.rows()), [&](std::size_t row) {
    const auto o = static_cast<Eigen::Index>(row);
    layer.scale[o] = nearest_scale(weights.row(o).transpose(), codes);
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
                   int exponents, RoundedLayer& layer) {
  RoundedLayer exact;
  exact.codes.resize(weights.rows(), weights.cols());
  exact.scale.resize(weights.rows());
  exact.bias = Eigen::Map<const Eigen::VectorXf>(bias.data(), weights.rows()).cast<double>();
  for (Eigen::Index o = 0; o < weights.rows(); ++o) {
    const double largest = weights.row(o).cwiseAbs().maxCoeff();
    exact.scale[o] = std::ldexp(largest, 1 - exponents);
    for (Eigen::Index i = 0; i < weights.cols(); ++i) {
      const double ratio = weights(o, i) == 0 ? 0 : weights(o, i) / exact.scale[o];
      const int code = static_cast<int>(std::lround(ratio));
      const int magnitude = std::abs(code);
      if (code != ratio || (magnitude & (magnitude - 1)) != 0) return false;
      exact.codes(o, i) = code;
    }
  }
  layer = std::move(exact);
  return true;
}

}  // namespace reshift
