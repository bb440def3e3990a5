// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/exact_addition.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace reshift {
namespace {

constexpr int kActW = 8;

/// The scales and zero points of a sum's operands and result.
struct Scales {
  float a, b, out;
  int a_zero, b_zero, out_zero;
};

constexpr Scales kScales[] = {{0.0491f, 0.03684f, 0.04582f, 34, -128, -128},
                              {0.0737f, 0.0551f, 0.0551f, -20, 0, 7},
                              {0.011f, 0.0773f, 0.06131f, 11, 3, -20}};

class ExactAddition : public ::testing::Test {
 protected:
  explicit ExactAddition() { net_.act_w = kActW, net_.weight_format = 7, net_.mult_w = 32; }

  std::optional<FittedAddition> encode(const Scales& s, RoundMode round, int unsigned_by,
                                       bool fused = false) {
    net_.tensors = {{"a", 1, 1, 1, s.a, s.a_zero}, {"b", 1, 1, 1, s.b, s.b_zero}};
    ExactSum sum;
    sum.op.input = 0;
    sum.op.residual = 1;
    sum.is_copy = true;
    sum.weights = {1};
    sum.unit = {double{s.a}};
    sum.bias = {0};
    sum.residual_scale = s.b;
    QOp op = sum.op;
    op.post.out_zero = s.out_zero;
    op.post.lo = code_min(kActW);
    op.post.hi = code_max(kActW);
    op.post.round = round;
    return exact_addition(sum, {s.out, s.out_zero, -128, 127, round, unsigned_by, fused}, op, net_);
  }

  /// What an operation makes of the two codes.
  static int result(const QOp& op, int a, int b) {
    const auto terms = op.term_values.begin();
    const auto weight = [&](int i) {
      return std::accumulate(terms + i * op.terms, terms + (i + 1) * op.terms, 0);
    };
    const int first = op.input == 0 ? a : b, second = op.input == 0 ? b : a;
    const int sum = weight(0) * first + (op.shortcut < 0 ? 0 : weight(1) * second);
    ChannelParams params = op.params[0];
    return post_process(sum, second, params, op.post, kActW);
  }

  template <typename F>
  static void expect_all(const QOp& op, F expected) {
    for (int a = -128; a < 128; ++a)
      for (int b = -128; b < 128; ++b)
        ASSERT_EQ(result(op, a, b), std::clamp(expected(a, b), -128, 127)) << a << " " << b;
  }

  QNet net_;
};

TEST_F(ExactAddition, EveryPairAsInSinglePrecision) {
  for (const Scales& s : kScales) {
    const auto op = encode(s, RoundMode::kHalfEven, 0);
    ASSERT_TRUE(op);
    EXPECT_EQ(op->wrong, 0);
    expect_all(op->op, [&](int a, int b) {
      const volatile float x = static_cast<float>(a - s.a_zero) * s.a;  // rounded before the sum
      const volatile float y = static_cast<float>(b - s.b_zero) * s.b;
      return static_cast<int>(std::nearbyint((x + y) / s.out)) + s.out_zero;
    });
  }
}

/// ONNX Runtime's QLinearAdd, for codes without a sign as the file has them.
TEST_F(ExactAddition, EveryPairAsByFusedMultiplyAdds) {
  for (const Scales& s : kScales) {
    const auto op = encode(s, RoundMode::kHalfEven, 128, true);
    ASSERT_TRUE(op);
    EXPECT_EQ(op->wrong, 0);
    const float ra = s.a / s.out, rb = s.b / s.out;
    const auto file = [](int code) { return static_cast<float>(code + 128); };
    const volatile float za = ra * file(s.a_zero), zb = rb * file(s.b_zero);
    const float fixed = file(s.out_zero) - (za + zb);
    expect_all(op->op, [&](int a, int b) {
      const float sum = std::fma(file(b), rb, std::fma(file(a), ra, fixed));
      return static_cast<int>(std::nearbyint(sum)) - 128;
    });
  }
}

/// The default kernel of TensorFlow Lite.
TEST_F(ExactAddition, EveryPairAsInFixedPoint) {
  for (const Scales& s : {Scales{0.0491f, 0.03684f, 0.04582f, 34, -128, -128},
                          Scales{0.0123f, 0.0551f, 0.0601f, -20, 0, 7}}) {
    const auto op = encode(s, RoundMode::kHalfUp, 0);
    ASSERT_TRUE(op);
    const float ra = s.a / s.out, rb = s.b / s.out;
    const int shift = 20 - std::ilogb(std::max(ra, rb));
    const auto fa = std::llrint(std::ldexp(ra, shift)), fb = std::llrint(std::ldexp(rb, shift));
    EXPECT_EQ(op->wrong, 0);
    expect_all(op->op, [&](int a, int b) {
      const auto sum = (a - s.a_zero) * fa + (b - s.b_zero) * fb + (1ll << (shift - 1));
      return static_cast<int>(sum >> shift) + s.out_zero;
    });
  }
}

TEST_F(ExactAddition, NeedsAFormatWhoseKernelIsKnown) {
  EXPECT_FALSE(encode({0.0491f, 0.03684f, 0.04582f, 0, 0, 0}, RoundMode::kHalfAway, 0));
}

}  // namespace
}  // namespace reshift
