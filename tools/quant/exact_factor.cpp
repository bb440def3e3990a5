// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/exact_factor.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace reshift {
namespace {

constexpr double kMargin = 1e-5;  // of a multiplier's step: what rounding in double can be wrong
constexpr double kSameWeight = 1e-9, kUnbounded = std::numeric_limits<double>::infinity();
constexpr double kCommon = 16;  // so many codes further from 0 codes are half as common

/// How much a point counts.
double weight(const CodePoint& p, const PostParams& post) {
  return std::exp2(-std::abs(p.code - post.out_zero) / kCommon);
}

/// How much is wrong with a factor.
double wrong_codes(const std::vector<CodePoint>& points, const ChannelParams& params,
                   const PostParams& post, int act_w) {
  double wrong = 0;
  for (const CodePoint& p : points) {
    if (post_process(p.sum, p.residual, params, post, act_w) != p.code) wrong += weight(p, post);
  }
  return wrong;
}

/// The multipliers that make a point, from `least` to `most`, beside a shift.
struct Interval {
  double least, most;
};
Interval multipliers(const CodePoint& p, int shift, const PostParams& post, int act_w) {
  const double residual = static_cast<double>(p.residual - post.res_zero) * post.res_factor;
  const double code = p.code - post.out_zero - std::ldexp(residual, -fraction_bits(act_w));
  const auto sum = static_cast<double>(p.sum);
  double below = p.code > post.lo ? std::ldexp((code - 0.5) / sum, shift) : -kUnbounded;
  double above = p.code < post.hi ? std::ldexp((code + 0.5) / sum, shift) : kUnbounded;
  if (sum < 0) {
    below = p.code > post.lo ? below : kUnbounded;
    above = p.code < post.hi ? above : -kUnbounded;
    std::swap(below, above);
  }
  return {std::floor(below + kMargin) + 1, std::ceil(above - kMargin) - 1};
}

/// The multiplier that makes the most points, the nearest to `mult` of those.
double best_multiplier(const std::vector<CodePoint>& points, double mult, int shift,
                       const PostParams& post, int act_w) {
  std::vector<std::pair<double, double>> changes;  // from this multiplier on, so much more is right
  for (const CodePoint& p : points) {
    if (p.sum == 0) continue;
    const auto [least, most] = multipliers(p, shift, post, act_w);
    if (least > most) continue;
    changes.emplace_back(least, weight(p, post));
    changes.emplace_back(most + 1, -weight(p, post));
  }
  std::sort(changes.begin(), changes.end());
  double best = mult, right = 0, most_right = 0;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    right += changes[i].second;
    const double next = i + 1 < changes.size() ? changes[i + 1].first : kUnbounded;
    if (next == changes[i].first) continue;
    const double candidate = std::clamp(mult, changes[i].first, next - 1);
    const bool nearer = std::abs(candidate - mult) < std::abs(best - mult);
    const bool as_good = std::abs(right - most_right) < kSameWeight;
    if (as_good ? nearer : right > most_right) {
      best = candidate;
      most_right = right;
    }
  }
  return best;
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
  attempt(best_multiplier(points, fine.mult, fine.shift, post, act_w), fine.shift);
  return best;
}

}  // namespace reshift
