// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/exact_factor.hpp"

#include <algorithm>
#include <cmath>

namespace reshift {
namespace {

constexpr double kMargin = 1e-5;  // of a multiplier's step: what rounding in double can be wrong
constexpr double kCommon = 16;    // so many codes further from 0 codes are half as common

/// How much is wrong with a factor.
double wrong_codes(const std::vector<CodePoint>& points, const ChannelParams& params,
                   const PostParams& post, int act_w) {
  double wrong = 0;
  for (const CodePoint& p : points) {
    if (post_process(p.sum, p.residual, params, post, act_w) != p.code)
      wrong += std::exp2(-std::abs(p.code - post.out_zero) / kCommon);
  }
  return wrong;
}

/// The multipliers next to `mult` that make a point each which `mult` does not.
std::vector<double> alternatives(const std::vector<CodePoint>& points, double mult, int shift,
                                 const PostParams& post, int act_w) {
  std::vector<double> found;
  for (const CodePoint& p : points) {
    if (p.sum == 0) continue;
    const double added = post.res_factor == 0
                             ? 0
                             : std::ldexp(static_cast<double>(p.residual - post.res_zero) *
                                              static_cast<double>(post.res_factor),
                                          -fraction_bits(act_w));
    const double code = p.code - post.out_zero - added, sum = static_cast<double>(p.sum);
    const double below = std::ldexp((code - 0.5) / sum, shift);
    const double above = std::ldexp((code + 0.5) / sum, shift);
    const double least = std::floor((sum > 0 ? below : above) + kMargin) + 1;
    const double most = std::ceil((sum > 0 ? above : below) - kMargin) - 1;
    const bool not_lowest = p.code > post.lo, not_highest = p.code < post.hi;
    if (mult < least && (sum > 0 ? not_lowest : not_highest)) found.push_back(least);
    if (mult > most && (sum > 0 ? not_highest : not_lowest)) found.push_back(most);
  }
  return found;
}

/// Those of a multiplier; one bit is left for a factor that grows.
int most_bits(int mult_w) { return mult_w == 32 ? 31 : 16; }

NearestFactor with_bits(double factor, int bits, int mult_w) {
  int exponent = 0;
  const double fraction = std::frexp(factor, &exponent);
  int shift = bits - exponent;
  if (bits > 1 && std::round(std::ldexp(fraction, bits)) >= std::ldexp(1.0, bits)) --shift;
  shift = std::clamp(shift, 0, max_shift(mult_w));
  return {std::round(std::ldexp(factor, shift)), shift};
}

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
  return with_bits(factor, std::frexp(factor, &exponent) == 0.5 ? 1 : most_bits(mult_w), mult_w);
}

std::optional<FittedFactor> fit_factor(const std::vector<CodePoint>& points, double factor,
                                       const PostParams& post, int act_w, int mult_w) {
  const double most = std::ldexp(1.0, mult_w) - 1;
  std::optional<FittedFactor> best;
  const auto attempt = [&](double mult, int shift) {
    if (mult < 1 || mult > most) return;
    const ChannelParams params{0, static_cast<std::uint32_t>(mult),
                               static_cast<std::uint8_t>(shift)};
    const double wrong = wrong_codes(points, params, post, act_w);
    if (!best || wrong < best->wrong)
      best = FittedFactor{params, wrong, std::abs(std::ldexp(mult, -shift) / factor - 1)};
  };
  const NearestFactor nearest = nearest_factor(factor, mult_w);
  attempt(nearest.mult, nearest.shift);
  if (!best || best->wrong == 0) return best;
  const NearestFactor fine = with_bits(factor, most_bits(mult_w), mult_w);
  for (const double mult : alternatives(points, fine.mult, fine.shift, post, act_w))
    attempt(mult, fine.shift);
  return best;
}

}  // namespace reshift
