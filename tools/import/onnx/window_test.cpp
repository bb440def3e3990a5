// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "import/onnx/onnx_testing.hpp"

namespace reshift {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Import, AutomaticPadding) {
  const auto pads = [](const char* mode) {
    const Graph g = import(single(13, [&](OnnxBuilder& b) {
      auto& n = b.node("MaxPool", "n", {"image"});
      set_attribute(n, "kernel_shape", {3, 2});
      set_attribute(n, "strides", {2, 1});
      set_attribute(n, "auto_pad", mode);
    }));
    const Node& n = g.nodes[0];
    return std::vector{n.pad_top, n.pad_left, n.pad_bottom, n.pad_right};
  };
  EXPECT_THAT(pads("SAME_UPPER"), ElementsAre(0, 0, 1, 1));
  EXPECT_THAT(pads("SAME_LOWER"), ElementsAre(1, 1, 0, 0));
  EXPECT_THAT(pads("VALID"), ElementsAre(0, 0, 0, 0));
}

TEST(Import, PaddingIsTakenOverByTheNextNode) {
  const Graph g = import(single(13, [](OnnxBuilder& b) {
    b.node("Pad", "pad", {"image", b.constant("pads", {0, 0, 1, 2, 0, 0, 3, 4})});
    auto& n = b.node("Conv", "n", {"pad", b.constant("w", {1, 2, 1, 1}, ramp(2))});
    set_attribute(n, "pads", {1, 1, 1, 1});
  }));
  ASSERT_EQ(g.nodes.size(), 1u);
  const Node& n = g.nodes[0];
  EXPECT_THAT((std::vector{n.pad_top, n.pad_left, n.pad_bottom, n.pad_right}),
              ElementsAre(2, 3, 4, 5));
}

TEST(Import, ZerosBeforeAMaximumAreACopyUnlessTheyNeverWin) {
  const auto padded_maximum = [](const char* other) {
    return single(13, [&](OnnxBuilder& b) {
      b.node("Relu", "r", {"image"});
      concat(b, "c", {"r", other});
      b.node("Pad", "p", {"c", b.constant("pads", {0, 0, 1, 1, 0, 0, 1, 1})});
      set_attribute(b.node("MaxPool", "n", {"p"}), "kernel_shape", {3, 3});
    });
  };
  EXPECT_EQ(import(padded_maximum("r")).nodes.size(), 4u);
  EXPECT_EQ(import(padded_maximum("image")).nodes.size(), 5u);
}

}  // namespace
}  // namespace reshift
