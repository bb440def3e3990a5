// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "import/onnx/onnx_testing.hpp"

namespace reshift {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Import, ConvolutionWithEveryAttribute) {
  const Graph g = import(single(13, [](OnnxBuilder& b) {
    auto& n =
        b.node("Conv", "n",
               {"image", b.constant("w", {4, 1, 3, 2}, ramp(24)), b.constant("b", {4}, ramp(4))});
    set_attribute(n, "group", std::int64_t{2});
    set_attribute(n, "strides", {2, 3});
    set_attribute(n, "dilations", {1, 2});
    set_attribute(n, "pads", {0, 1, 2, 3});
  }));
  ASSERT_EQ(g.nodes.size(), 1u);
  const Node& n = g.nodes[0];
  EXPECT_EQ(n.groups, 2);
  EXPECT_EQ(n.weights, ramp(24));
  EXPECT_EQ(n.bias, ramp(4));
  EXPECT_THAT((std::vector{n.pad_top, n.pad_left, n.pad_bottom, n.pad_right}),
              ElementsAre(0, 1, 2, 3));
  EXPECT_THAT((std::vector{n.stride_h, n.stride_w, n.dilation_h, n.dilation_w}),
              ElementsAre(2, 3, 1, 2));
  const Tensor& out =
      g.tensor(g.outputs.front().tensor);  // (6 + 2 - 3) / 2 + 1 and (8 + 4 - 3) / 3 + 1
  EXPECT_THAT((std::vector{out.channels, out.height, out.width}), ElementsAre(4, 3, 4));
}

TEST(Import, FullyConnectedInEveryForm) {
  // The same layer as Gemm with and without transposition and as MatMul and Add, after what leaves
  // no node.
  std::vector<float> weights = ramp(3 * 96), transposed(weights.size());
  for (std::size_t o = 0; o < 3; ++o) {
    for (std::size_t i = 0; i < 96; ++i) transposed[i * 3 + o] = weights[o * 96 + i];
  }
  const Graph transposed_gemm = import(single(13, [&](OnnxBuilder& b) {
    b.node("Flatten", "f", {"image"});
    auto& n = b.node("Gemm", "n",
                     {"f", b.constant("w", {3, 96}, weights), b.constant("b", {3}, ramp(3))});
    set_attribute(n, "transB", std::int64_t{1});
  }));
  const Graph plain_gemm = import(single(13, [&](OnnxBuilder& b) {
    b.node("Dropout", "d", {"image"});
    b.node("Reshape", "f", {"d", b.constant("s", {0, -1})});
    b.node("Gemm", "g",
           {"f", b.constant("w", {96, 3}, transposed), b.constant("b", {1, 3}, ramp(3))});
    b.node("Softmax", "n", {"g"});
  }));
  const Graph matmul = import(single(13, [&](OnnxBuilder& b) {
    b.node("Identity", "d", {"image"});
    b.node("Reshape", "f", {"d", b.constant("s", {1, 96})});
    b.node("MatMul", "g", {"f", b.constant("w", {96, 3}, transposed)});
    b.node("Add", "n", {"g", b.constant("b", {3}, ramp(3))});
  }));
  const Graph ones = import(single(13, [&](OnnxBuilder& b) {
    b.node("Reshape", "f", {"image", b.constant("s", {1, 1, 96})});
    b.node("MatMul", "g", {"f", b.constant("w", {1, 96, 3}, transposed)});
    b.node("Add", "n", {"g", b.constant("b", {3}, ramp(3))});
  }));
  for (const Graph* g : {&transposed_gemm, &plain_gemm, &matmul, &ones}) {
    EXPECT_EQ(g->nodes[0].weights, weights);
    EXPECT_EQ(g->nodes[0].kernel_h, 6);
    EXPECT_EQ(g->nodes[0].kernel_w, 8);
    EXPECT_EQ(g->nodes.back().bias, ramp(3));
    EXPECT_EQ(g->tensor(g->outputs.front().tensor).size(), 3u);
  }
  EXPECT_EQ(transposed_gemm.nodes.size() + plain_gemm.nodes.size(), 2u);
}

TEST(Import, RefusesSeveralMatricesOfWeights) {
  const auto error = [](std::vector<std::int64_t> weights) {
    return error_of(single(13, [&](OnnxBuilder& b) {
      b.node("Reshape", "f", {"image", b.constant("s", {1, 96})});
      const auto count = static_cast<int>(weights[0] * weights[1] * weights[2]);
      b.node("MatMul", "n", {"f", b.constant("w", weights, ramp(count))});
    }));
  };
  EXPECT_THAT(error({1, 96, 3}), HasSubstr("more dimensions than its input"));
  EXPECT_THAT(error({2, 96, 3}), HasSubstr("weights"));
}

}  // namespace
}  // namespace reshift
