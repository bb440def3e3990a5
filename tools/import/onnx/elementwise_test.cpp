// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "import/onnx/onnx_testing.hpp"

namespace reshift {
namespace {

using ::testing::HasSubstr;

TEST(Import, ClipInBothForms) {
  const Graph old_form = import(single(7, [](OnnxBuilder& b) {
    auto& n = b.node("Clip", "n", {"image"});
    set_attribute(n, "min", 0.0f);
    set_attribute(n, "max", 6.0f);
  }));
  const Graph new_form = import(single(11, [](OnnxBuilder& b) {
    b.node("Clip", "n", {"image", "", b.constant("six", {}, {6.0f})});
  }));
  EXPECT_EQ(old_form.nodes[0].lo, 0);
  EXPECT_EQ(old_form.nodes[0].hi, 6);
  EXPECT_EQ(new_form.nodes[0].lo, -std::numeric_limits<float>::infinity());
  EXPECT_EQ(new_form.nodes[0].hi, 6);
}

TEST(ImportExport, ClipBoundsFromConstantNodes) {
  const Graph tensors = import(single(11, [](OnnxBuilder& b) {
    constant_node(b, "zero", {}, {}, {0.0f});
    constant_node(b, "six", {}, {}, {6.0f});
    b.node("Clip", "n", {"image", "zero", "six"});
  }));
  const Graph numbers = import(single(13, [](OnnxBuilder& b) {
    set_attribute(b.node("Constant", "zero", {}), "value_float", 0.0f);
    set_attribute(b.node("Constant", "six", {}), "value_float", 6.0f);
    b.node("Clip", "n", {"image", "zero", "six"});
  }));
  for (const Graph* g : {&tensors, &numbers}) {
    ASSERT_EQ(g->nodes.size(), 1u);
    EXPECT_EQ(g->nodes[0].lo, 0);
    EXPECT_EQ(g->nodes[0].hi, 6);
  }
}

TEST(ImportExport, SumIsAdditions) {
  const auto sum = [](const std::vector<std::string>& inputs) {
    return single(7, [&](OnnxBuilder& b) {
      b.node("Relu", "r", {"image"});
      b.node("Sum", "n", inputs);
    });
  };
  EXPECT_EQ(import(sum({"image", "r"})).nodes.size(), 2u);
  const Graph g = import(sum({"image", "r", "r"}));
  ASSERT_EQ(g.nodes.size(), 3u);
  EXPECT_EQ(g.nodes[1].kind, NodeKind::kAdd);
  EXPECT_EQ(g.nodes[2].kind, NodeKind::kAdd);
}

TEST(Import, SoftmaxOnlyAtTheEnd) {
  EXPECT_THAT(error_of(single(13,
                              [](OnnxBuilder& b) {
                                b.node("Relu", "r", {"image"});
                                b.node("Softmax", "s", {"r"});
                                b.node("GlobalMaxPool", "n", {"s"});
                              })),
              HasSubstr("node 'n' (GlobalMaxPool): reads 's', which only the host can compute"));
}

}  // namespace
}  // namespace reshift
