// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/function_table.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "base/error.hpp"
#include "base/random.hpp"
#include "golden/graph_interpreter.hpp"
#include "quant/float_graph.hpp"
#include "quant/product.hpp"
#include "quant/quantize.hpp"
#include "quant/skeleton.hpp"

namespace reshift {
namespace {

TEST(FunctionTable, IsTheFunctionOfEveryCode) {
  const QTensor out{"y", 1, 1, 1, 1.0 / 255, -128};
  const auto table = function_table({{Function::Kind::kSigmoid}}, {0.05, 3}, out, 8);
  ASSERT_EQ(table.size(), 256u);
  for (int code = -128; code < 128; ++code) {
    const double wanted = 255 / (1 + std::exp(-0.05 * (code - 3))) - 128;
    EXPECT_NEAR(table[static_cast<std::size_t>(code + 128)], wanted, 0.51) << code;
  }
  const auto two =
      function_table({{Function::Kind::kLeakyRelu, 0.5f}, {Function::Kind::kClip, -1, 2}},
                     {0.25, 0}, {"y", 1, 1, 1, 0.25, 0}, 8);
  EXPECT_EQ(two[128 - 128], -4);  // -32 becomes -16, then -1
  EXPECT_EQ(two[128 - 6], -3);
  EXPECT_EQ(two[128 + 6], 6);
  EXPECT_EQ(two[255], 8);
}

TEST(ProductFactor, IsNearestFromBelow) {
  for (const double factor : {1.0, 0.7, 0.013, 1e-4}) {
    const ProductFactor f = product_factor(factor, 7, "p");
    const double got = std::ldexp(f.weight, -f.shift);
    EXPECT_LE(got, factor);
    EXPECT_GT(got, 0.75 * factor);
  }
  EXPECT_THROW(product_factor(1e-30, 7, "p"), Error);
  EXPECT_THROW(product_factor(1e9, 7, "p"), Error);
}

/// x -> convolution with a function -> y; mean of y -> sigmoid -> gate; y * gate.
struct Gated {
  Graph graph;
  std::vector<std::vector<float>> images;

  explicit Gated(Function::Kind kind) {
    PortableRandom random(11);
    const auto values = [&](std::size_t count, double scale) {
      std::vector<float> v(count);
      for (float& f : v) f = static_cast<float>(scale * random.normal());
      return v;
    };
    graph.tensors = {
        {"x", 3, 6, 6}, {"y", 4, 6, 6}, {"mean", 4, 1, 1}, {"gate", 4, 1, 1}, {"z", 4, 6, 6}};
    Node conv;
    conv.name = "conv";
    conv.input = 0;
    conv.output = 1;
    conv.kernel_h = conv.kernel_w = 3;
    conv.pad_top = conv.pad_left = conv.pad_bottom = conv.pad_right = 1;
    conv.weights = values(4 * 3 * 9, 0.6);
    conv.bias = values(4, 0.5);
    conv.functions = {{kind, 0.1f, 0.5f}};
    Node mean;
    mean.name = "mean";
    mean.kind = NodeKind::kAvgPool;
    mean.input = 1;
    mean.output = 2;
    mean.kernel_h = mean.kernel_w = 6;
    Node gate;
    gate.name = "gate";
    gate.input = 2;
    gate.output = 3;
    gate.weights = values(16, 1);
    gate.bias = values(4, 0.5);
    gate.functions = {{Function::Kind::kSigmoid}};
    Node product;
    product.name = "product";
    product.kind = NodeKind::kMul;
    product.input = 1;
    product.residual = 3;
    product.output = 4;
    graph.nodes = {conv, mean, gate, product};
    graph.outputs = {{"z", 4}};
    for (int i = 0; i < 20; ++i) {
      auto image = values(3 * 36, 1);
      for (float& v : image) v = std::clamp(v, -2.0f, 2.0f);
      images.push_back(std::move(image));
    }
  }
};

TEST(Quantize, FunctionsAndGates) {
  for (const auto kind : {Function::Kind::kHardSwish, Function::Kind::kSilu,
                          Function::Kind::kLeakyRelu, Function::Kind::kSigmoid}) {
    const Gated sample(kind);
    Preprocess pixels;
    pixels.mean = {0.5, 0.5, 0.5};
    pixels.std = {0.25, 0.25, 0.25};
    const Graph fused = fuse(sample.graph);
    const QNet net = quantize(fused, pixels, sample.images, uniform_terms(fused, 3, 3), {},
                              Rounding::kCompensated, OutputRange::kFull);
    const FastGraph fast(net);
    double signal = 0, noise = 0;
    for (const auto& image : sample.images) {
      const auto wanted = run_float(sample.graph, image).front();
      const auto codes = fast.run(quantize_values(net, image)).front();
      EXPECT_EQ(
          codes,
          run_graph(net, quantize_values(
                             net, image))[static_cast<std::size_t>(net.outputs.front().tensor)]);
      for (std::size_t i = 0; i < wanted.size(); ++i) {
        const double got = net.scores().scale * (codes[i] - net.scores().zero);
        signal += wanted[i] * wanted[i];
        noise += (got - wanted[i]) * (got - wanted[i]);
      }
    }
    EXPECT_GT(10 * std::log10(signal / noise), 30) << static_cast<int>(kind);
  }
}

TEST(Skeleton, IsAValidNetworkOfTheSameShape) {
  const Gated sample(Function::Kind::kSilu);
  const QNet net = skeleton(fuse(sample.graph));
  net.validate();
  EXPECT_EQ(net.ops.size(), 4u);
  EXPECT_EQ(net.ops[0].table.size(), 256u);
  EXPECT_TRUE(net.ops[3].post.product);
  EXPECT_EQ(net.macs(net.ops[0]), 4 * 36 * 27);
}

}  // namespace
}  // namespace reshift
