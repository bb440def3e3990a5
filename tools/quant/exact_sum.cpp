// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/exact_sum.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "base/error.hpp"
#include "quant/exact_addition.hpp"
#include "quant/exact_factor.hpp"
#include "quant/minimal_terms.hpp"

namespace reshift {
namespace {

constexpr int kFewTerms = 3, kManyTerms = 5, kMostTerms = 8;
constexpr int kLargestWeight = 320;  // a format of larger powers of two has them
constexpr int kFactorBits = 16;
constexpr double kSmallError = 1.0 / (1 << 16);  // of a code, before the rounding
constexpr double kSumError = 1.0 / (1 << 15);    // of a code: two products and a sum
constexpr double kSingleError = 1.0 / (1 << 24) / 2;
constexpr double kTolerance = 1.0 / (1 << 20);  // of an integer that was computed in floats

/// Whether the multiplier of every core and a shift hold it: single precision, which may round the
/// product, is not followed then.
bool is_factor(double x) {
  int exponent = 0;
  const double mantissa = std::ldexp(std::frexp(x, &exponent), kFactorBits);
  return mantissa == std::floor(mantissa);
}

/// A 1x1 convolution that can be a shortcut.
bool is_pointwise(const QOp& op) {
  return op.kind == QKind::kConv && op.kernel_h == 1 && op.kernel_w == 1 && op.groups == 1 &&
         op.pad_top + op.pad_left + op.pad_bottom + op.pad_right == 0 &&
         op.stride_h == op.stride_w && op.shortcut < 0;
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
        minimal_(net.weight_format, kLargestWeight) {
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
    if (const auto params = exact_channel(c, weights)) return result_.op.params.push_back(*params);
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
    const auto [mult, shift] = nearest_factor(factor, net_.mult_w);
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

  /// What makes the codes of a channel as the format's kernels do, where they are known. Of a sum
  /// whose bias is no whole step that needs weights of more than 1.
  std::optional<ChannelParams> exact_channel(std::size_t c, std::vector<int>& weights) {
    const double unit = sum_.unit[c], steps = sum_.bias[c] / unit;
    const std::int64_t magnitude = sum_of(weights, [](int w) { return std::abs(w); });
    if (sum_.op.residual >= 0 || sum_.op.shortcut >= 0) return std::nullopt;
    if (magnitude == 0) return ChannelParams{function(c, 0) - out_.zero, 1, 0};
    if (distance_to_integer(steps) > 0)
      return weights.size() == 1 ? exact_function(c, weights[0]) : std::nullopt;
    const auto format = rounding(unit, magnitude);
    if (!format) return std::nullopt;
    const double ratio = double{static_cast<float>(unit) / static_cast<float>(out_.scale)};
    const auto limit = (magnitude << net_.act_w) + std::llround(std::abs(steps));
    const auto points = code_changes(format, ratio, limit, result_.op.post);
    auto best = fit(points, ratio, 0);
    int added = 0;
    // A step more or less makes ties above and below code 0 differ.
    for (const int more : {-1, 1}) {
      if (!best || best->wrong == 0 || out_.round != RoundMode::kHalfAway) break;
      const auto found = fit(points, ratio, more);
      if (found && found->wrong < best->wrong) best = found, added = more;
    }
    if (!best) return std::nullopt;
    if (best->wrong > 0)
      inexact((best->error + kSingleError) * (1 << net_.act_w),
              out_.round == RoundMode::kHalfAway ? "means in the middle between two codes"
                                                 : "products in single precision");
    return with_bias(c, best->params, weights, std::round(steps) + added);
  }

  /// How the format rounds a channel's sums; null where that is exact or is not known.
  SumRounding rounding(double unit, std::int64_t magnitude) const {
    if (out_.round == RoundMode::kHalfAway) {
      const QTensor& in = tensor(sum_.op.input);
      if (sum_.op.kind != QKind::kAvgPool || in.scale != out_.scale || in.zero != out_.zero)
        return nullptr;
      return average_of_codes(static_cast<int>(magnitude), out_.zero + out_.unsigned_by);
    }
    if (is_factor(unit / out_.scale)) return nullptr;
    return single_precision(static_cast<float>(unit) / static_cast<float>(out_.scale));
  }

  std::optional<FittedFactor> fit(std::vector<CodePoint> points, double factor, int more) const {
    for (CodePoint& p : points) p.sum += more;
    return fit_factor(points, factor, result_.op.post, net_.act_w, net_.mult_w);
  }

  ChannelParams with_bias(std::size_t c, ChannelParams params, const std::vector<int>& weights,
                          double steps) const {
    const double constant = steps - static_cast<double>(zero_sum(weights));
    check_range(c, sum_of(weights, [](int w) { return std::abs(w); }), constant);
    params.bias = static_cast<std::int32_t>(constant);
    return params;
  }

  /// A factor and an offset of one code: what makes the codes of all 256.
  std::optional<ChannelParams> exact_function(std::size_t c, int& weight) {
    std::optional<FittedFactor> best;
    int factor = 1;
    double bias = 0;
    for (int terms = 1; terms <= kManyTerms && !(best && best->wrong == 0); ++terms) {
      for (int n = 1; n <= kLargestWeight; ++n) {
        if (minimal_.count(n) != terms || std::abs(n * weight) > kLargestWeight) continue;
        const double steps = std::floor(sum_.bias[c] / sum_.unit[c] * n);
        for (const double whole : {steps, steps + 1}) {
          const auto found =
              fit(function_points(c, n, weight, whole), sum_.unit[c] / n / out_.scale, 0);
          if (!found || (best && found->wrong >= best->wrong)) continue;
          best = found, factor = n, bias = whole;
        }
      }
    }
    if (!best) return std::nullopt;
    const double apart = std::abs(bias - sum_.bias[c] / sum_.unit[c] * factor);
    if (best->wrong > 0)
      inexact(apart * sum_.unit[c] / factor / out_.scale + best->error * (1 << net_.act_w),
              "a bias between two steps of the sum");
    weight *= factor;
    return with_bias(c, best->params, {weight}, bias);
  }

  /// What all codes become, beside a weight of n * weight and so many steps.
  std::vector<CodePoint> function_points(std::size_t c, int n, int weight, double steps) const {
    const int zero = tensor(sum_.op.input).zero;
    std::vector<CodePoint> points;
    for (int code = code_min(net_.act_w); code <= code_max(net_.act_w); ++code) {
      const int weighted = weight * (code - zero);
      points.push_back(
          {std::int64_t{n} * weighted + std::llround(steps), 0, function(c, weighted)});
    }
    return points;
  }

  /// In single precision, as the formats compute between two roundings.
  int function(std::size_t c, int code) const {
    const auto scale = static_cast<float>(tensor(sum_.op.input).scale);
    const auto factor = static_cast<float>(sum_.unit[c] / double{scale});
    // Products are exact in double: nothing is fused that must not be.
    const auto value = static_cast<float>(code * double{scale});
    const auto product = static_cast<float>(double{value} * double{factor});
    const float offset = product + static_cast<float>(sum_.bias[c]);
    const PostParams& post = result_.op.post;
    return static_cast<int>(std::clamp<double>(
        round_as(out_.round, double{offset / static_cast<float>(out_.scale)}) + post.out_zero,
        post.lo, post.hi));
  }

  void set_terms() {
    int& terms = result_.op.terms;
    terms = 1;
    const int largest = std::max(kLargestWeight, 1 << (net_.weight_format - 1));
    for (const int w : weights_) {
      if (std::abs(w) > largest || minimal_.count(w) > kMostTerms)
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

std::optional<ExactSum> one_sum(const ExactSum& first, const ExactSum& second) {
  const bool second_is_shortcut = is_pointwise(second.op);
  const ExactSum& main = second_is_shortcut ? first : second;
  const ExactSum& shortcut = second_is_shortcut ? second : first;
  if (!is_pointwise(shortcut.op) || main.op.kind != QKind::kConv || main.op.groups != 1 ||
      main.op.shortcut >= 0 || main.unit != shortcut.unit)
    return std::nullopt;
  ExactSum sum = main;
  sum.op.shortcut = shortcut.op.input;
  sum.op.shortcut_stride = shortcut.op.stride_h;
  sum.weights.clear();
  const std::size_t rows = sum.unit.size();
  for (std::size_t c = 0; c < rows; ++c) {
    for (const ExactSum* part : {&main, &shortcut}) {
      const auto row = static_cast<std::ptrdiff_t>(part->weights.size() / rows);
      const auto begin = part->weights.begin() + static_cast<std::ptrdiff_t>(c) * row;
      sum.weights.insert(sum.weights.end(), begin, begin + row);
    }
    sum.bias[c] += shortcut.bias[c];
  }
  return sum;
}

EncodedSum encode_sum(const ExactSum& sum, const OutputCodes& out, const QNet& net, int acc_w) {
  EncodedSum encoded = Encoder(sum, out, net, acc_w).run();
  if (!sum.is_copy || sum.op.residual < 0 || encoded.error == 0) return encoded;
  const auto found = exact_addition(sum, out, encoded.op, net);
  if (!found) return encoded;
  if (found->wrong == 0) return {found->op, 0, ""};
  return {found->op, kSumError, "sums of two tensors in single precision"};
}

}  // namespace reshift
