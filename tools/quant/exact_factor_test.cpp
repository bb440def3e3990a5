// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/exact_factor.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace reshift {
namespace {

constexpr int kFactorActW = 8;

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

/// But for products that single precision rounds to the middle between two codes, where no factor
/// can make all.
TEST(ExactFactor, MakesTheCodesThatSinglePrecisionMakes) {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> exponent(-12, 1);
  int complete = 0;
  for (int trial = 0; trial < 40; ++trial) {
    const float ratio = std::exp2(exponent(random));
    const PostParams post = trial % 2 ? bounds(-128, -128, 127) : bounds(5, 5, 90);
    const auto points = code_changes(single_precision(ratio), double{ratio}, 1 << 20, post);
    const auto found = fit_factor(points, double{ratio}, post, kFactorActW, 32);
    ASSERT_TRUE(found) << ratio;
    complete += found->wrong == 0;
    for (std::int64_t sum = -70000; sum <= 70000; ++sum) {
      const auto code = post_process(sum, 0, found->params, post, kFactorActW);
      if (code == in_single_precision(sum, ratio, post)) continue;
      ASSERT_GT(found->wrong, 0) << ratio << " " << sum;
      const double product = static_cast<double>(sum) * double{ratio};
      ASSERT_NEAR(product - std::floor(product), 0.5, 1e-5) << ratio << " " << sum;
    }
  }
  EXPECT_GT(complete, 30);
}

/// 3/8 of a sum lies in the middle between two codes every eighth time.
TEST(ExactFactor, KeepsTiesOfAFactorThatIsExact) {
  const PostParams post = bounds(0, -128, 127);
  const auto points = code_changes(single_precision(0.375f), 0.375, 1000, post);
  const auto found = fit_factor(points, 0.375, post, kFactorActW, 32);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->wrong, 0);
  EXPECT_EQ(found->error, 0);
  EXPECT_EQ(post_process(4, 0, found->params, post, kFactorActW), 2);
  EXPECT_EQ(post_process(12, 0, found->params, post, kFactorActW), 4);
}

TEST(ExactFactor, ChangesOfCodesOutsideTheSumsDecideNothing) {
  EXPECT_TRUE(code_changes(single_precision(0.01f), 0.01, 49, bounds(0, -128, 127)).empty());
  EXPECT_EQ(code_changes(single_precision(0.01f), 0.01, 51, bounds(0, -128, 127)).size(), 4u);
}

TEST(ExactFactor, SaysWhatIsWrongWhereNoFactorMakesAllCodes) {
  const PostParams post = bounds(0, -128, 127);
  EXPECT_EQ(fit_factor({{10, 0, 10}, {20, 0, 20}}, 1, post, kFactorActW, 32)->wrong, 0);
  EXPECT_GT(fit_factor({{10, 0, 10}, {20, 0, 40}}, 1, post, kFactorActW, 32)->wrong, 0);
  // The one that is nearer to code 0 counts more.
  const auto found = fit_factor({{10, 0, 10}, {20, 0, 40}}, 2, post, kFactorActW, 32);
  EXPECT_EQ(post_process(10, 0, found->params, post, kFactorActW), 10);
}

TEST(ExactFactor, MultipliersOfFewBitsMakeFewerCodes) {
  const PostParams post = bounds(0, -128, 127);
  const float ratio = 0.00123f;
  const auto points = code_changes(single_precision(ratio), double{ratio}, 1 << 20, post);
  EXPECT_LE(fit_factor(points, double{ratio}, post, kFactorActW, 32)->wrong,
            fit_factor(points, double{ratio}, post, kFactorActW, 16)->wrong);
  EXPECT_LT(fit_factor(points, double{ratio}, post, kFactorActW, 32)->error, 1e-6);
  EXPECT_LT(fit_factor(points, double{ratio}, post, kFactorActW, 16)->error, 1e-4);
  EXPECT_FALSE(fit_factor(points, 1e30, post, kFactorActW, 32));
}

}  // namespace
}  // namespace reshift
