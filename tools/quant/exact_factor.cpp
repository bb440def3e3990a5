// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/exact_factor.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace reshift {
namespace {

constexpr double kMargin = 1e-5;  // of a multiplier's step: what rounding in double can be wrong

/// Whether a factor and zero as bias make all the codes.
bool makes_all(const std::vector<CodePoint>& points, const ChannelParams& params,
               const PostParams& post, int act_w) {
  return std::all_of(points.begin(), points.end(), [&](const CodePoint& p) {
    return post_process(p.sum, p.residual, params, post, act_w) == p.code;
  });
}

/// The factors between which all points are made.
class Range {
 public:
  Range(const std::vector<CodePoint>& points, const PostParams& post, int act_w) {
    for (const CodePoint& p : points) {
      const double added = post.res_factor == 0
                               ? 0
                               : std::ldexp(static_cast<double>(p.residual - post.res_zero) *
                                                static_cast<double>(post.res_factor),
                                            -fraction_bits(act_w));
      const double code = p.code - post.out_zero - added, sum = static_cast<double>(p.sum);
      if (p.code > post.lo) require(sum, code - 0.5);
      if (p.code < post.hi) require(-sum, -code - 0.5);
    }
  }

  /// The multiplier nearest to `mult`; none when there is none.
  std::optional<std::uint32_t> nearest(double mult, int shift) const {
    const double least = std::floor(std::ldexp(least_, shift) + kMargin) + 1;
    const double most = std::ceil(std::ldexp(most_, shift) - kMargin) - 1;
    if (least > most) return std::nullopt;
    return static_cast<std::uint32_t>(std::clamp(mult, least, most));
  }

 private:
  /// sum * factor > bound.
  void require(double sum, double bound) {
    if (sum > 0) least_ = std::max(least_, bound / sum);
    if (sum < 0) most_ = std::min(most_, bound / sum);
  }

  double least_ = 0, most_ = std::numeric_limits<double>::infinity();
};

}  // namespace

SumRounding single_precision(float ratio) {
  return [=](std::int64_t sum) {
    return static_cast<double>(std::nearbyint(static_cast<float>(sum) * ratio));
  };
}

SumRounding average_of_codes(int count, int zero) {
  return [=](std::int64_t sum) {
    const auto codes = static_cast<double>(sum + std::int64_t{zero} * count);
    return std::round(codes / count) - zero;
  };
}

std::vector<CodePoint> code_changes(const SumRounding& format, double ratio, std::int64_t limit,
                                    const PostParams& post) {
  std::vector<CodePoint> points;
  const auto add = [&](std::int64_t sum) {
    const double code = std::clamp<double>(format(sum) + post.out_zero, post.lo, post.hi);
    points.push_back({sum, 0, static_cast<std::int32_t>(code)});
  };
  for (std::int32_t code = post.lo; code < post.hi; ++code) {
    const double below = code - post.out_zero, between = (below + 0.5) / ratio;
    if (std::abs(between) > static_cast<double>(limit)) continue;
    auto sum = static_cast<std::int64_t>(std::ceil(between));
    while (format(sum) > below) --sum;
    while (format(sum) <= below) ++sum;
    add(sum - 1);
    add(sum);
  }
  return points;
}

NearestFactor nearest_factor(double factor, int mult_w) {
  int exponent = 0;
  const double fraction = std::frexp(factor, &exponent);
  const int bits = fraction == 0.5 ? 1 : mult_w == 32 ? 31 : 16;
  int shift = bits - exponent;
  if (bits > 1 && std::round(std::ldexp(fraction, bits)) >= std::ldexp(1.0, bits)) --shift;
  shift = std::clamp(shift, 0, max_shift(mult_w));
  return {std::round(std::ldexp(factor, shift)), shift};
}

std::optional<ChannelParams> factor_for(const std::vector<CodePoint>& points, double factor,
                                        const PostParams& post, int act_w, int mult_w) {
  const auto [mult, shift] = nearest_factor(factor, mult_w);
  const double most = std::ldexp(1.0, mult_w) - 1;
  ChannelParams params{0, 0, static_cast<std::uint8_t>(shift)};
  if (mult >= 1 && mult <= most) {
    params.mult = static_cast<std::uint32_t>(mult);
    if (makes_all(points, params, post, act_w)) return params;
  }
  const auto found = Range(points, post, act_w).nearest(std::min(mult, most), shift);
  if (!found || *found < 1 || *found > most) return std::nullopt;
  params.mult = *found;
  if (!makes_all(points, params, post, act_w)) return std::nullopt;
  return params;
}

}  // namespace reshift
