// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/exact_sum.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/error.hpp"
#include "quant/minimal_terms.hpp"

namespace reshift {
namespace {

constexpr int kFewTerms = 3, kManyTerms = 5, kMostTerms = 8;
constexpr int kLargestWeight = 320;
constexpr double kSmallError = 1.0 / (1 << 16);  // of a code, before the rounding
constexpr double kTolerance = 1.0 / (1 << 20);   // of an integer that was computed in floats

bool is_power_of_two(double x) {
  int exponent = 0;
  return std::frexp(x, &exponent) == 0.5;
}

double round_as(RoundMode mode, double x) {
  return mode == RoundMode::kHalfEven ? std::nearbyint(x)
         : mode == RoundMode::kHalfUp ? std::floor(x + 0.5)
                                      : std::round(x);
}

/// A number of steps as an integer when that is what it is meant to be.
double distance_to_integer(double x) {
  const double distance = std::abs(x - std::round(x));
  return distance <= kTolerance * std::max(1.0, std::abs(x)) ? 0 : distance;
}

class Encoder {
 public:
  Encoder(const ExactSum& sum, const OutputCodes& out, const QNet& net, int acc_w)
      : sum_(sum),
        out_(out),
        net_(net),
        acc_w_(acc_w),
        rows_(sum.unit.size()),
        shortcut_(sum.op.shortcut < 0 ? 0
                                      : static_cast<std::size_t>(tensor(sum.op.shortcut).channels)),
        minimal_(net.exponents, kLargestWeight) {
    result_.op = sum.op;
    PostParams& post = result_.op.post;
    post.out_zero = out.zero;
    post.lo = bound(sum.lo, out.lowest);
    post.hi = bound(sum.hi, out.highest);
    post.round = out.round;
    if (sum.op.residual >= 0) set_residual(tensor(sum.op.residual).zero);
  }

  EncodedSum run() {
    const std::size_t row = sum_.weights.size() / std::max<std::size_t>(rows_, 1);
    for (std::size_t c = 0; c < rows_; ++c) {
      std::vector<int> weights(sum_.weights.begin() + static_cast<std::ptrdiff_t>(c * row),
                               sum_.weights.begin() + static_cast<std::ptrdiff_t>((c + 1) * row));
      add_channel(c, weights);
      weights_.insert(weights_.end(), weights.begin(), weights.end());
    }
    if (sum_.op.kind == QKind::kConv) set_terms();
    return std::move(result_);
  }

 private:
  int bound(double value, int unbounded) const {
    if (std::isinf(value)) return unbounded;
    return static_cast<int>(std::clamp<double>(round_as(out_.round, value / out_.scale) + out_.zero,
                                               out_.lowest, out_.highest));
  }

  void inexact(double error, std::string why) {
    if (error <= result_.error) return;
    result_.error = error;
    result_.why = std::move(why);
  }

  void set_residual(int zero) {
    PostParams& post = result_.op.post;
    const double factor = std::ldexp(sum_.residual_scale / out_.scale, fraction_bits(net_.act_w));
    const double rounded = std::max(1.0, std::round(factor));
    if (rounded > max_res_factor(net_.act_w)) {
      throw Error("operation {}: its residual is scaled by {}, more than 8", sum_.op.name,
                  sum_.residual_scale / out_.scale);
    }
    post.res_zero = zero;
    post.res_factor = static_cast<std::uint32_t>(rounded);
    inexact(std::ldexp(std::abs(factor - rounded), -fraction_bits(net_.act_w)) * (1 << net_.act_w),
            "the factor of the residual");
  }

  void add_channel(std::size_t c, std::vector<int>& weights) {
    double unit = sum_.unit[c];
    const bool no_input = sum_.op.kind == QKind::kConv &&
                          std::all_of(weights.begin(), weights.end(), [](int w) { return w == 0; });
    if (no_input) unit = out_.scale / (1 << 16);
    const int best = no_input ? 1 : common_factor(weights, sum_.bias[c] / unit, unit / out_.scale);
    const double least = distance_to_integer(sum_.bias[c] / unit * best) / best;
    unit /= best;
    for (int& w : weights) w *= best;
    inexact(least * unit * best / out_.scale, "a bias between two steps of the sum");
    const double steps = std::round(sum_.bias[c] / unit);
    const std::int64_t magnitude = sum_of(weights, [](int w) { return std::abs(w); });
    const double constant = steps - static_cast<double>(zero_sum(weights));
    check_range(c, magnitude, constant);
    ChannelParams params = factor(c, unit / out_.scale, magnitude);
    params.bias = static_cast<std::int32_t>(constant);
    result_.op.params.push_back(params);
  }

  /// By what weights and sums are multiplied so that a bias of `steps` is near to a whole number;
  /// `codes`: that a step is of the output.
  int common_factor(const std::vector<int>& weights, double steps, double codes) const {
    const auto fits = [&](int n, int terms) {
      return std::all_of(weights.begin(), weights.end(), [&](int w) {
        return std::abs(n * w) <= kLargestWeight && minimal_.count(n * w) <= terms;
      });
    };
    int best = 1;
    double least = distance_to_integer(steps);
    for (const int terms : {kFewTerms, kManyTerms}) {
      for (int n = 2; n <= kLargestWeight; ++n) {
        if (least * codes <= kSmallError) return best;
        const double distance = distance_to_integer(steps * n) / n;
        if (distance >= least || !fits(n, terms)) continue;
        least = distance;
        best = n;
      }
    }
    return best;
  }

  /// Those of pooling are 1.
  template <typename F>
  std::int64_t sum_of(const std::vector<int>& weights, F f) const {
    if (sum_.op.kind != QKind::kConv) return std::int64_t{sum_.op.kernel_h} * sum_.op.kernel_w;
    std::int64_t sum = 0;
    for (const int w : weights) sum += f(w);
    return sum;
  }

  /// What the zero points of the inputs make of the weights.
  std::int64_t zero_sum(const std::vector<int>& weights) const {
    std::int64_t sum = tensor(sum_.op.input).zero * sum_of(weights, [](int w) { return w; });
    for (std::size_t i = weights.size() - shortcut_; i < weights.size(); ++i)
      sum += std::int64_t{tensor(sum_.op.shortcut).zero - tensor(sum_.op.input).zero} * weights[i];
    return sum;
  }

  const QTensor& tensor(int i) const { return net_.tensors[static_cast<std::size_t>(i)]; }

  void check_range(std::size_t c, std::int64_t magnitude, double constant) const {
    if (magnitude << (net_.act_w - 1) >= std::int64_t{1} << (acc_w_ - 1)) {
      throw Error("operation {}: the sums of output channel {} may pass the accumulators' {} bits",
                  sum_.op.name, c, acc_w_);
    }
    if (std::abs(constant) >= std::ldexp(1.0, 31) - std::ldexp(1.0, acc_w_ - 1)) {
      throw Error(
          "operation {}: the bias of output channel {} is {} steps of its sums, which does "
          "not fit in 32 bits",
          sum_.op.name, c, constant);
    }
  }

  /// The multiplier and shift nearest to a factor; `magnitude`: of the weights.
  ChannelParams factor(std::size_t c, double factor, std::int64_t magnitude) {
    int exponent = 0;
    const double fraction = std::frexp(factor, &exponent);
    const int bits = is_power_of_two(factor) ? 1 : net_.mult_w == 32 ? 31 : 16;
    int shift = bits - exponent;
    if (bits > 1 && std::round(std::ldexp(fraction, bits)) >= std::ldexp(1.0, bits)) --shift;
    shift = std::clamp(shift, 0, max_shift(net_.mult_w));
    const double mult = std::round(std::ldexp(factor, shift));
    if (mult >= std::ldexp(1.0, net_.mult_w) || (mult < 1 && magnitude > 0)) {
      throw Error(
          "operation {}: output channel {} is scaled by {}, which a multiplier of {} bits "
          "and a shift cannot do",
          sum_.op.name, c, factor, net_.mult_w);
    }
    inexact(
        std::abs(std::ldexp(mult, -shift) - factor) * static_cast<double>(magnitude << net_.act_w),
        "scales whose ratio is no power of two");
    return {0, static_cast<std::uint32_t>(mult), static_cast<std::uint8_t>(shift)};
  }

  void set_terms() {
    int& terms = result_.op.terms;
    terms = 1;
    for (const int w : weights_) {
      if (std::abs(w) > kLargestWeight || minimal_.count(w) > kMostTerms)
        throw Error("operation {}: a weight of {} steps needs too many terms", sum_.op.name, w);
      terms = std::max(terms, minimal_.count(w));
    }
    result_.op.term_values.reserve(weights_.size() * static_cast<std::size_t>(terms));
    for (const int w : weights_) minimal_.append(w, terms, result_.op.term_values);
  }

  const ExactSum& sum_;
  const OutputCodes& out_;
  const QNet& net_;
  const int acc_w_;
  const std::size_t rows_, shortcut_;
  const MinimalTerms minimal_;
  std::vector<int> weights_;
  EncodedSum result_;
};

/// a + b as n * a + m * b + r * b, with n and m of few terms, in units of a / n: the r that is left
/// over is near to what a residual's factor can be.
ExactSum with_shortcut(const ExactSum& sum, const OutputCodes& out, const QNet& net) {
  const MinimalTerms minimal(net.exponents, kLargestWeight);
  const double a = sum.unit[0] / out.scale, b = sum.residual_scale / out.scale;
  int best_n = 1, best_m = 0;
  double least = 1;
  for (int n = 1; n <= kLargestWeight; ++n) {
    for (int m = 1; m * a < n * b && m <= kLargestWeight && minimal.count(n) < kFewTerms; ++m) {
      const double rest = std::ldexp(b - m * a / n, fraction_bits(net.act_w));
      const double distance = std::abs(rest - std::round(rest));
      if (minimal.count(m) >= kFewTerms || rest < 1 || distance >= least) continue;
      least = distance;
      best_n = n;
      best_m = m;
    }
  }
  if (best_m == 0) return sum;
  ExactSum result = sum;
  result.is_copy = false;
  result.op.shortcut = sum.op.residual;
  const std::size_t channels = sum.unit.size();
  result.weights.assign(channels * (channels + 1), 0);
  for (std::size_t c = 0; c < channels; ++c) {
    result.weights[c * (channels + 1)] = best_n;
    result.weights[c * (channels + 1) + 1 + c] = best_m;
    result.unit[c] = sum.unit[c] / best_n;
  }
  result.residual_scale = (b - best_m * a / best_n) * out.scale;
  return result;
}

}  // namespace

void ExactSum::scale_by(const std::vector<float>& weight, const std::vector<float>& offset) {
  const std::size_t row = weights.size() / unit.size();
  for (std::size_t c = 0; c < unit.size(); ++c) {
    unit[c] *= std::abs(weight[c]);
    bias[c] = bias[c] * weight[c] + offset[c];
    for (std::size_t i = c * row; i < (c + 1) * row; ++i) {
      if (weight[c] <= 0) weights[i] = weight[c] == 0 ? 0 : -weights[i];
    }
  }
}

EncodedSum encode_sum(const ExactSum& sum, const OutputCodes& out, const QNet& net, int acc_w) {
  EncodedSum best = Encoder(sum, out, net, acc_w).run();
  if (!sum.is_copy || sum.op.residual < 0 || best.error <= kSmallError) return best;
  // Either operand can be the residual; in a shortcut as well, it leaves a residual with a factor
  // that has few bits.
  const double first = net.tensors[static_cast<std::size_t>(sum.op.input)].scale;
  ExactSum swapped = sum;
  std::swap(swapped.op.input, swapped.op.residual);
  std::fill(swapped.unit.begin(), swapped.unit.end(), sum.residual_scale);
  swapped.residual_scale = first;
  for (const ExactSum& candidate : {sum, swapped}) {
    for (const ExactSum& s : {candidate, with_shortcut(candidate, out, net)}) {
      if (s.residual_scale > 8 * out.scale) continue;
      EncodedSum encoded = Encoder(s, out, net, acc_w).run();
      if (encoded.error < best.error) best = std::move(encoded);
    }
  }
  return best;
}

}  // namespace reshift
