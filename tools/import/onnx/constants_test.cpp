// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "import/onnx/onnx_testing.hpp"

namespace reshift {
namespace {

TEST(ImportExport, DropoutLeavesNoNode) {
  const Graph attribute = import(single(7, [](OnnxBuilder& b) {
    auto& d = b.node("Dropout", "d", {"image"});
    set_attribute(d, "ratio", 0.5f);
    d.add_output("mask");
    b.node("Relu", "n", {"d"});
  }));
  const Graph input = import(single(13, [](OnnxBuilder& b) {
    auto& d = b.node("Dropout", "d", {"image", b.constant("ratio", {}, std::vector<float>{0.5f})});
    d.add_output("mask");
    b.node("Relu", "n", {"d"});
  }));
  for (const Graph* g : {&attribute, &input}) {
    ASSERT_EQ(g->nodes.size(), 1u);
    EXPECT_EQ(g->nodes[0].input, 0);
  }
}

}  // namespace
}  // namespace reshift
