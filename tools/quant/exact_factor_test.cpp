// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/exact_factor.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace reshift {
namespace {

constexpr int kActW = 8;

PostParams bounds(int zero, int lo, int hi) {
  PostParams post;
  post.out_zero = zero;
  post.lo = lo;
  post.hi = hi;
  post.round = RoundMode::kHalfEven;
  return post;
}

std::int32_t in_single_precision(std::int64_t sum, float ratio, const PostParams& post) {
  const float product = static_cast<float>(sum) * ratio;
  return std::clamp(static_cast<std::int32_t>(std::nearbyint(product)) + post.out_zero, post.lo,
                    post.hi);
}

TEST(ExactFactor, MakesEveryCodeThatSinglePrecisionMakes) {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> exponent(-12, 1);
  for (int trial = 0; trial < 40; ++trial) {
    const float ratio = std::exp2(exponent(random));
    const PostParams post = trial % 2 ? bounds(-128, -128, 127) : bounds(5, 5, 90);
    const auto points = code_changes(single_precision(ratio), double{ratio}, 1 << 20, post);
    const auto params = factor_for(points, double{ratio}, post, kActW, 32);
    ASSERT_TRUE(params) << ratio;
    for (std::int64_t sum = -70000; sum <= 70000; ++sum) {
      ASSERT_EQ(post_process(sum, 0, *params, post, kActW), in_single_precision(sum, ratio, post))
          << ratio << " " << sum;
    }
  }
}

/// 3/8 of a sum lies in the middle between two codes every eighth time.
TEST(ExactFactor, KeepsTiesOfAFactorThatIsExact) {
  const PostParams post = bounds(0, -128, 127);
  const auto params =
      factor_for(code_changes(single_precision(0.375f), 0.375, 1000, post), 0.375, post, kActW, 32);
  ASSERT_TRUE(params);
  EXPECT_EQ(std::ldexp(static_cast<double>(params->mult), -params->shift), 0.375);
  EXPECT_EQ(post_process(4, 0, *params, post, kActW), 2);
  EXPECT_EQ(post_process(12, 0, *params, post, kActW), 4);
}

TEST(ExactFactor, ChangesOfCodesOutsideTheSumsDecideNothing) {
  EXPECT_TRUE(code_changes(single_precision(0.01f), 0.01, 49, bounds(0, -128, 127)).empty());
  EXPECT_EQ(code_changes(single_precision(0.01f), 0.01, 51, bounds(0, -128, 127)).size(), 4u);
}

TEST(ExactFactor, NoneWhereNoFactorMakesAllCodes) {
  const PostParams post = bounds(0, -128, 127);
  EXPECT_FALSE(factor_for({{10, 0, 10}, {20, 0, 21}}, 1, post, kActW, 32));
  EXPECT_TRUE(factor_for({{10, 0, 10}, {20, 0, 20}}, 1, post, kActW, 32));
}

/// A product that only 31 bits tell from the middle between two codes.
TEST(ExactFactor, NoneOfTooFewBits) {
  const PostParams post = bounds(0, -128, 127);
  const std::int64_t sum = (1 << 24) + 1;
  const std::vector<CodePoint> points{{sum, 0, 1}, {sum - 2, 0, 0}};
  const double factor = 0.5 / static_cast<double>(sum - 1);
  EXPECT_TRUE(factor_for(points, factor, post, kActW, 32));
  EXPECT_FALSE(factor_for(points, factor * (1 + 1e-6), post, kActW, 16));
}

}  // namespace
}  // namespace reshift
