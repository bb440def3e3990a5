// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "import/onnx/onnx_testing.hpp"

namespace reshift {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Import, MeanOverTheMapInEveryForm) {
  const auto mean = [](const OnnxBuilder::Ints& axes, std::int64_t keep) {
    return single(13, [&](OnnxBuilder& b) {
      auto& n = b.node("ReduceMean", keep ? "n" : "m", {"image"});
      set_attribute(n, "axes", axes);
      set_attribute(n, "keepdims", keep);
      // Without the two axes the result is a vector: a matrix takes it as it is.
      if (!keep) b.node("MatMul", "n", {"m", b.constant("w", {2, 3}, ramp(6))});
    });
  };
  for (const OnnxBuilder::Ints& axes : {OnnxBuilder::Ints{2, 3}, {-1, -2}, {3, -2}}) {
    const Graph kept = import(mean(axes, 1)), dropped = import(mean(axes, 0));
    for (const Graph* g : {&kept, &dropped}) {
      EXPECT_EQ(g->nodes[0].kind, NodeKind::kAvgPool);
      EXPECT_EQ(g->nodes[0].kernel_h, 6);
      EXPECT_EQ(g->nodes[0].kernel_w, 8);
    }
    const Tensor& out = kept.tensor(kept.outputs.front().tensor);
    EXPECT_THAT((std::vector{out.channels, out.height, out.width}), ElementsAre(2, 1, 1));
    EXPECT_EQ(dropped.tensor(dropped.outputs.front().tensor).channels, 3);
  }
  for (const OnnxBuilder::Ints& axes : {OnnxBuilder::Ints{4}, {-5}, {2, 3, 3}}) {
    EXPECT_THAT(error_of(mean(axes, 1)), HasSubstr("node 'n' (ReduceMean): ax"));
  }
}

TEST(ImportExport, AveragePoolAsGlobalAndAsAdaptivePooling) {
  const Graph g = import(single(9, [](OnnxBuilder& b) {
    auto& same = b.node("AveragePool", "same", {"image"});  // adaptive, to 6 x 8
    set_attribute(same, "kernel_shape", {1, 1});
    set_attribute(same, "strides", {1, 1});
    auto& n = b.node("AveragePool", "n", {"same"});  // adaptive, to 1 x 1
    set_attribute(n, "kernel_shape", {6, 8});
    set_attribute(n, "strides", {6, 8});
    set_attribute(n, "pads", {0, 0, 0, 0});
  }));
  ASSERT_EQ(g.nodes.size(), 1u);
  EXPECT_EQ(g.nodes[0].kind, NodeKind::kAvgPool);
  const Tensor& out = g.tensor(g.outputs.front().tensor);
  EXPECT_THAT((std::vector{out.channels, out.height, out.width}), ElementsAre(2, 1, 1));
  const Graph thinned = import(single(9, [](OnnxBuilder& b) {
    auto& n = b.node("AveragePool", "n", {"image"});  // not the identity
    set_attribute(n, "kernel_shape", {1, 1});
    set_attribute(n, "strides", {2, 2});
  }));
  EXPECT_EQ(thinned.tensor(thinned.outputs.front().tensor).height, 3);
}

}  // namespace
}  // namespace reshift
