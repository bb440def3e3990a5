// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/exact.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <random>

#include "base/error.hpp"
#include "golden/graph_interpreter.hpp"

namespace reshift {
namespace {

/// Networks of one image of 2 x 4 x 4, quantised with scale 1/4 and zero point 3.
class Exact : public ::testing::Test {
 protected:
  static constexpr int kChannels = 2, kSize = 4, kPixels = kSize * kSize;

  Exact() {
    graph_.name = "exact";
    graph_.tensors = {{"image", kChannels, kSize, kSize}};
    codes_ = quantise(0, "codes", 0.25f, 3);
  }

  int append(Node node, const std::string& name, int channels = kChannels, int size = kSize) {
    node.name = name;
    node.output = static_cast<int>(graph_.tensors.size());
    graph_.tensors.push_back({name, channels, size, size});
    graph_.nodes.push_back(node);
    return node.output;
  }

  int quantise(int input, const std::string& name, float scale, int zero, bool is_signed = true,
               OutputRounding rounding = OutputRounding::kHalfToEven, int bits = 8) {
    Node node;
    node.kind = NodeKind::kQuantize;
    node.input = input;
    node.output_rounding = rounding;
    const Tensor from = graph_.tensor(input);
    const int output = append(node, name, from.channels, from.height);
    graph_.tensors.back().quantization = Quantization{{scale}, {zero}, bits, is_signed};
    return output;
  }

  /// 3x3, padded, `channels` outputs with random codes, scale 1/8.
  int convolve(int input, const std::string& name, int channels, std::vector<int>& weights) {
    Node node;
    node.kind = NodeKind::kConv;
    node.input = input;
    node.kernel_h = node.kernel_w = 3;
    node.pad_top = node.pad_left = node.pad_bottom = node.pad_right = 1;
    IntegerWeights w;
    w.quantization = {{0.125f}, {0}, 8, true};
    for (int i = 0; i < channels * graph_.tensor(input).channels * 9; ++i) {
      weights.push_back(static_cast<int>(random_() % 255) - 127);
      w.codes.push_back(weights.back());
      node.weights.push_back(static_cast<float>(weights.back()) * 0.125f);
    }
    for (int c = 0; c < channels; ++c) {
      w.bias.push_back(40 * c - 20);
      node.bias.push_back(static_cast<float>(w.bias.back()) / 32);
    }
    node.integer_weights = w;
    return append(node, name, channels);
  }

  ExactNet lower(int output) {
    graph_.outputs = {{"out", output}};
    return exact_network(graph_, {}, {});
  }

  std::vector<std::int32_t> image() {
    std::vector<std::int32_t> codes(kChannels * kPixels);
    for (auto& c : codes) c = static_cast<int>(random_() % 256) - 128;
    return codes;
  }

  static std::vector<std::int32_t> run(const ExactNet& exact,
                                       const std::vector<std::int32_t>& image) {
    return run_graph(exact.net, image)[static_cast<std::size_t>(exact.net.outputs[0].tensor)];
  }

  /// The sum of a convolution as convolve() has it, at output channel o and pixel (y, x).
  static std::int64_t sum(const std::vector<int>& weights, const std::vector<std::int32_t>& image,
                          int o, int y, int x) {
    std::int64_t sum = 40 * o - 20;
    for (int c = 0; c < kChannels; ++c) {
      for (int k = 0; k < 9; ++k) {
        const int iy = y + k / 3 - 1, ix = x + k % 3 - 1;
        if (iy < 0 || iy >= kSize || ix < 0 || ix >= kSize) continue;
        const auto at = static_cast<std::size_t>((c * kSize + iy) * kSize + ix);
        sum += weights[static_cast<std::size_t>((o * kChannels + c) * 9 + k)] * (image[at] - 3);
      }
    }
    return sum;
  }

  Graph graph_;
  int codes_ = -1;
  std::mt19937 random_{1};
};

TEST_F(Exact, ConvolutionRoundsHalfToEvenAndClamps) {
  std::vector<int> weights;
  const int out = quantise(convolve(codes_, "conv", 3, weights), "out", 2, -5);
  const ExactNet exact = lower(out);
  EXPECT_TRUE(exact.inexact.empty());
  EXPECT_EQ(exact.net.mult_w, 1);  // all scales are powers of two
  for (int trial = 0; trial < 20; ++trial) {
    const auto in = image();
    const auto result = run(exact, in);
    for (int o = 0; o < 3; ++o) {
      for (int p = 0; p < kPixels; ++p) {
        const double steps = static_cast<double>(sum(weights, in, o, p / kSize, p % kSize)) / 64;
        const double code = std::clamp(std::nearbyint(steps) - 5, -128.0, 127.0);
        ASSERT_EQ(result[static_cast<std::size_t>(o * kPixels + p)], code);
      }
    }
  }
}

TEST_F(Exact, CodesWithoutSignAreShiftedAndBoundsBecomeCodes) {
  std::vector<int> weights;
  const int conv = convolve(codes_, "conv", 2, weights);
  graph_.nodes.back().lo = 0;
  graph_.nodes.back().hi = 6;
  const int out = quantise(conv, "out", 0.0625f, 10, false, OutputRounding::kHalfAwayFromZero);
  const ExactNet exact = lower(out);
  const auto in = image();
  const auto result = run(exact, in);
  EXPECT_EQ(exact.net.scores().zero, 10 - 128);
  for (int p = 0; p < kPixels; ++p) {
    const double value =
        std::clamp(static_cast<double>(sum(weights, in, 0, p / kSize, p % kSize)) / 32, 0.0, 6.0);
    ASSERT_EQ(result[static_cast<std::size_t>(p)], std::round(value * 16) + 10 - 128);
  }
}

TEST_F(Exact, ScalesThatAreNoPowersOfTwoAreThoseOfSinglePrecision) {
  std::vector<int> weights;
  const int out = quantise(convolve(codes_, "conv", 2, weights), "out", 1.7f, 0);
  const ExactNet exact = lower(out);
  EXPECT_TRUE(exact.inexact.empty());
  EXPECT_EQ(exact.net.mult_w, 32);
  const auto in = image();
  const auto result = run(exact, in);
  for (int p = 0; p < kPixels; ++p) {
    const float steps =
        static_cast<float>(sum(weights, in, 0, p / kSize, p % kSize)) * (0.03125f / 1.7f);
    ASSERT_EQ(result[static_cast<std::size_t>(p)],
              std::clamp(std::nearbyint(steps), -128.0f, 127.0f));
  }
}

TEST_F(Exact, MultipliersOfSixteenBitsAreNamed) {
  graph_.tensors[0] = {"image", 2, 1, 1};
  graph_.tensors[1] = {"codes", 2, 1, 1, Quantization{{0.25f}, {3}, 8, true}};
  Node dense;
  dense.kind = NodeKind::kConv;
  dense.input = codes_;
  dense.weights = {0.25f, 0.25f};
  dense.bias = {0};
  dense.integer_weights = IntegerWeights{{127, 127}, {0}, {{0.0123f}, {0}, 8, true}};
  graph_.outputs = {{"out", quantise(append(dense, "dense", 1, 1), "out", 0.7f, 0)}};
  const ExactNet exact = exact_network(graph_, {}, {7, 16, 28});
  EXPECT_EQ(exact.net.mult_w, 16);
  ASSERT_EQ(exact.inexact.size(), 1u);
  EXPECT_EQ(exact.inexact[0].tensor, "out");
  EXPECT_GT(exact.inexact[0].error, 0);
  EXPECT_LT(exact.inexact[0].error, 1e-2);
}

/// Of scales whose ratio is a multiplier and a shift: what single precision rounds to the middle
/// between two codes is not there.
TEST_F(Exact, RatiosThatAMultiplierHoldsAreExact) {
  const std::vector<int> weights{127, -113};
  Node dense;
  dense.kind = NodeKind::kConv;
  dense.input = codes_;
  dense.bias = {0};
  const float scale = 39769.0f / (1 << 23);
  for (const int w : weights) dense.weights.push_back(static_cast<float>(w) * scale);
  dense.integer_weights = IntegerWeights{weights, {0}, {{scale}, {0}, 8, true}};
  graph_.outputs = {{"out", quantise(append(dense, "dense", 1), "out", 0.25f, 0)}};
  const ExactNet exact = exact_network(graph_, {}, {7, 16, 28});
  EXPECT_TRUE(exact.inexact.empty());
  EXPECT_EQ(exact.net.ops[0].params[0].mult, 39769u);
  int apart = 0;
  for (int first = -128; first < 128; ++first) {
    for (int second = -128; second < 128; second += kPixels) {
      std::vector<std::int32_t> in(kChannels * kPixels, first);
      for (int p = 0; p < kPixels; ++p) in[static_cast<std::size_t>(kPixels + p)] = second + p;
      const auto result = run(exact, in);
      for (int p = 0; p < kPixels; ++p) {
        const int sum = 127 * (first - 3) - 113 * (second + p - 3);
        const double code = std::clamp(std::nearbyint(sum * double{scale}), -128.0, 127.0);
        const float single = std::nearbyint(static_cast<float>(sum) * scale);
        ASSERT_EQ(result[static_cast<std::size_t>(p)], code) << sum;
        apart += double{single} != code && std::abs(single) < 120 ? 1 : 0;
      }
    }
  }
  EXPECT_GT(apart, 0);
}

/// Weights beyond those of eight bits: powers of two of five bits.
TEST_F(Exact, LargePowersOfTwoTakeOneTerm) {
  Node dense;
  dense.kind = NodeKind::kConv;
  dense.input = codes_;
  dense.bias = {0};
  dense.weights = {4, 0.0009765625f};
  dense.integer_weights = IntegerWeights{{4096, 1}, {0}, {{0.0009765625f}, {0}, 16, true}};
  graph_.outputs = {{"out", quantise(append(dense, "dense", 1), "out", 2, 0)}};
  const ExactNet exact = exact_network(graph_, {}, {15, 16, 30});
  EXPECT_EQ(exact.net.ops[0].terms, 1);
  EXPECT_EQ(exact.net.ops[0].weight(0), 4096);
  EXPECT_THROW(exact_network(graph_, {}, {7, 16, 30}), Error);
}

/// A convolution and a 1x1 convolution of another tensor, summed before anything is rounded.
TEST_F(Exact, ConvolutionsOfEqualStepsAreOneOperation) {
  const int other = quantise(codes_, "other", 0.5f, -7);
  std::vector<int> weights;
  const int main = convolve(codes_, "conv", 2, weights);
  Node pointwise;
  pointwise.kind = NodeKind::kConv;
  pointwise.input = other;
  pointwise.bias = {0.25f, -1};
  const float step = 0.0625f;  // of weights: half as much, for codes of twice the scale
  pointwise.weights = {3 * step, -5 * step, 64 * step, 0};
  pointwise.integer_weights = IntegerWeights{{3, -5, 64, 0}, {0, 0}, {{step}, {0}, 8, true}};
  Node add;
  add.kind = NodeKind::kAdd;
  add.input = append(pointwise, "shortcut");
  add.residual = main;
  const ExactNet exact = lower(quantise(append(add, "sum"), "out", 4, -5));
  EXPECT_TRUE(exact.inexact.empty());
  ASSERT_EQ(exact.net.ops.size(), 2u);
  EXPECT_GE(exact.net.ops[1].shortcut, 0);
  const auto in = image();
  const auto result = run(exact, in);
  for (int o = 0; o < 2; ++o) {
    for (int p = 0; p < kPixels; ++p) {
      double steps = static_cast<double>(sum(weights, in, o, p / kSize, p % kSize)) +
                     32 * double{pointwise.bias[static_cast<std::size_t>(o)]};
      for (int c = 0; c < kChannels; ++c) {
        const double value = (in[static_cast<std::size_t>(c * kPixels + p)] - 3) * 0.25;
        const double code = std::clamp(std::nearbyint(value / 0.5) - 7, -128.0, 127.0);
        steps += pointwise.integer_weights->codes[static_cast<std::size_t>(2 * o + c)] * (code + 7);
      }
      ASSERT_EQ(result[static_cast<std::size_t>(o * kPixels + p)],
                std::clamp(std::nearbyint(steps / 128) - 5, -128.0, 127.0));
    }
  }
}

TEST_F(Exact, TensorsQuantisedTwiceGoThroughATable) {
  std::vector<int> weights;
  const int first = quantise(convolve(codes_, "conv", 2, weights), "first", 2, 4);
  Node relu;
  relu.kind = NodeKind::kClamp;
  relu.input = first;
  relu.lo = 0;
  const int out = quantise(append(relu, "relu"), "out", 3, -7);
  const ExactNet exact = lower(out);
  ASSERT_EQ(exact.net.ops.size(), 1u);
  EXPECT_EQ(exact.net.ops[0].table.size(), 256u);
  EXPECT_TRUE(exact.inexact.empty());
  const auto in = image();
  const auto result = run(exact, in);
  for (int p = 0; p < kPixels; ++p) {
    const double steps =
        std::nearbyint(static_cast<double>(sum(weights, in, 1, p / kSize, p % kSize)) / 64);
    const double value = std::max(0.0, 2 * (std::clamp(steps + 4, -128.0, 127.0) - 4));
    ASSERT_EQ(result[static_cast<std::size_t>(kPixels + p)],
              std::clamp(std::nearbyint(value / 3) - 7, -128.0, 127.0));
  }
}

TEST_F(Exact, QuantisingToWhatItIsLeavesNothing) {
  std::vector<int> weights;
  const int first = quantise(convolve(codes_, "conv", 2, weights), "first", 2, 0);
  Node relu;
  relu.kind = NodeKind::kClamp;
  relu.input = first;
  relu.lo = 0;
  const ExactNet exact = lower(quantise(append(relu, "relu"), "out", 2, 0, false));
  ASSERT_EQ(exact.net.ops.size(), 1u);
  EXPECT_TRUE(exact.net.ops[0].table.empty());
  EXPECT_EQ(exact.net.ops[0].post.lo, 0);
}

/// Sums of scales that have nothing to do with each other.
TEST_F(Exact, SumsOfTwoTensorsAreThoseOfSinglePrecision) {
  graph_.tensors[0] = {"image", 1, 256, 256};
  graph_.tensors[1] = {"codes", 1, 256, 256, Quantization{{0.25f}, {3}, 8, true}};
  const int other = quantise(codes_, "other", 0.0773f, 11);
  Node add;
  add.kind = NodeKind::kAdd;
  add.input = codes_;
  add.residual = other;
  const int out = quantise(append(add, "add", 1, 256), "out", 0.3131f, -20);
  const ExactNet exact = lower(out);
  EXPECT_TRUE(exact.inexact.empty());
  std::vector<std::int32_t> in(256 * 256);
  for (std::size_t i = 0; i < in.size(); ++i) in[i] = static_cast<int>(i % 256) - 128;
  const auto result = run(exact, in);
  for (std::size_t i = 0; i < 256; ++i) {
    const float a = static_cast<float>(in[i] - 3) * 0.25f;
    const double b = std::clamp<double>(std::nearbyint(a / 0.0773f) + 11, -128, 127) - 11;
    const double code = std::nearbyint((double{a} + b * double{0.0773f}) / double{0.3131f}) - 20;
    ASSERT_EQ(result[i], std::clamp(code, -128.0, 127.0)) << in[i];
  }
}

TEST_F(Exact, BatchNormalisationOfCodesIsThatOfSinglePrecision) {
  Node scale;
  scale.kind = NodeKind::kScale;
  scale.input = codes_;
  scale.weights = {1.37f, -0.61f};
  scale.bias = {0.1234f, -3.21f};
  const ExactNet exact = lower(quantise(append(scale, "norm"), "out", 0.29f, 2));
  EXPECT_TRUE(exact.inexact.empty());
  auto in = image();
  for (std::size_t i = 0; i < in.size(); ++i) {
    for (int code = -128; code < 128; ++code) {
      in[i] = code;
      if (i % kPixels != 0) break;  // all codes of a pixel of each channel
      const auto result = run(exact, in);
      const std::size_t c = i / kPixels;
      // Rounded once, whatever the compiler makes of a product and a sum.
      const float real = static_cast<float>(code - 3) * 0.25f;
      const float value = std::fma(real, scale.weights[c], scale.bias[c]);
      ASSERT_EQ(result[i], std::clamp(std::nearbyint(value / 0.29f) + 2, -128.0f, 127.0f));
    }
  }
}

TEST_F(Exact, PoolingKeepsCodesOrRoundsOnce) {
  Node pool;
  pool.kind = NodeKind::kMaxPool;
  pool.input = codes_;
  pool.kernel_h = pool.kernel_w = pool.stride_h = pool.stride_w = 2;
  const int maximum = append(pool, "maximum", kChannels, 2);
  pool.kind = NodeKind::kAvgPool;
  pool.input = maximum;
  const int out = quantise(append(pool, "mean", kChannels, 1), "out", 0.5f, -1);
  const ExactNet exact = lower(out);
  EXPECT_TRUE(exact.inexact.empty());
  const auto in = image();
  const auto result = run(exact, in);
  for (int c = 0; c < kChannels; ++c) {
    double total = 0;
    for (int w = 0; w < 4; ++w) {
      int most = -128;
      for (int k = 0; k < 4; ++k) {
        const int y = w / 2 * 2 + k / 2, x = w % 2 * 2 + k % 2;
        most = std::max(most, in[static_cast<std::size_t>((c * kSize + y) * kSize + x)]);
      }
      total += most - 3;
    }
    EXPECT_EQ(result[static_cast<std::size_t>(c)], std::nearbyint(total / 4 / 2) - 1);
  }
}

/// Means of TensorFlow Lite lie in the middle between two codes often, and go away from code 0.
TEST_F(Exact, MeansOfCodesGoAwayFromCodeZero) {
  graph_.tensors[0] = {"image", 1, 8, 8};
  graph_.nodes.clear();
  graph_.tensors.resize(1);
  codes_ = quantise(0, "codes", 0.25f, -128);
  Node pool;
  pool.kind = NodeKind::kAvgPool;
  pool.input = codes_;
  pool.kernel_h = pool.kernel_w = 8;
  const ExactNet exact = lower(quantise(append(pool, "mean", 1, 1), "out", 0.25f, -128, true,
                                        OutputRounding::kHalfAwayFromZero));
  EXPECT_TRUE(exact.inexact.empty());
  for (int total = -64 * 128; total <= 64 * 127; ++total) {
    const int least = static_cast<int>(std::floor(total / 64.0));
    std::vector<std::int32_t> in(64, least);
    for (int i = 0; i < total - 64 * least; ++i) ++in[static_cast<std::size_t>(i)];
    ASSERT_EQ(run(exact, in)[0], std::round(total / 64.0)) << total;
  }
}

TEST_F(Exact, ConcatenationBringsSlicesToOneScale) {
  std::vector<int> weights;
  const int other = quantise(convolve(codes_, "conv", 2, weights), "other", 2, 4);
  const int whole = static_cast<int>(graph_.tensors.size());
  graph_.tensors.push_back({"whole", 4, kSize, kSize});
  for (const int part : {codes_, other}) {
    Node copy;
    copy.kind = NodeKind::kClamp;
    copy.name = "copy";
    copy.input = part;
    copy.output = whole;
    copy.first_channel = part == codes_ ? 0 : 2;
    graph_.nodes.push_back(copy);
  }
  const ExactNet exact = lower(quantise(whole, "out", 1, 0));
  EXPECT_TRUE(exact.inexact.empty());
  const auto in = image();
  const auto result = run(exact, in);
  for (int p = 0; p < kPixels; ++p) {
    EXPECT_EQ(result[static_cast<std::size_t>(p)],
              std::nearbyint((in[static_cast<std::size_t>(p)] - 3) * 0.25));
    const double steps =
        std::nearbyint(static_cast<double>(sum(weights, in, 0, p / kSize, p % kSize)) / 64);
    const double value = 2 * (std::clamp(steps + 4, -128.0, 127.0) - 4);
    EXPECT_EQ(result[static_cast<std::size_t>(2 * kPixels + p)], std::clamp(value, -128.0, 127.0));
  }
}

TEST_F(Exact, WhatIsNeverQuantisedIsNamed) {
  std::vector<int> weights;
  const int conv = convolve(codes_, "conv", 2, weights);
  try {
    lower(conv);
    FAIL();
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "tensor conv is never quantised, but what reads it needs its codes");
  }
}

TEST_F(Exact, CodesOfMoreThanEightBitsAreRefused) {
  std::vector<int> weights;
  const int out = quantise(convolve(codes_, "conv", 2, weights), "wide", 2, 0, true,
                           OutputRounding::kHalfToEven, 16);
  EXPECT_THROW(lower(out), Error);
}

}  // namespace
}  // namespace reshift
