// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "import/onnx/onnx_testing.hpp"

namespace reshift {
namespace {

using ::testing::HasSubstr;

TEST(ImportExport, ComputedShapesThatDoNotFitAreNamed) {
  const auto gather = [](std::int64_t index, std::int64_t axis) {
    return single(9, [=](OnnxBuilder& b) {
      b.node("Shape", "shape", {"image"});
      auto& n = b.node("Gather", "g", {"shape", scalar_node(b, "index", index)});
      set_attribute(n, "axis", axis);
      b.node("Relu", "n", {"image"});
    });
  };
  EXPECT_EQ(error_of(gather(-4, 0)), "no error");
  EXPECT_THAT(error_of(gather(4, 0)), HasSubstr("node 'g' (Gather): index 4 in 4 elements"));
  EXPECT_THAT(error_of(gather(0, 1)), HasSubstr("node 'g' (Gather)"));
  EXPECT_THAT(error_of(single(
                  13,
                  [](OnnxBuilder& b) {
                    b.node("Squeeze", "q", {b.constant("two", {1, 2}), b.constant("axis", {0})});
                    b.node("Relu", "n", {"image"});
                  })),
              HasSubstr("'q' (Squeeze): axis 0 of shape [2] is not 1"));
  EXPECT_THAT(error_of(single(13,
                              [](OnnxBuilder& b) {
                                b.node("Concat", "c", {scalar_node(b, "s", 1)});
                                b.node("Relu", "n", {"image"});
                              })),
              HasSubstr("'c' (Concat)"));
}

}  // namespace
}  // namespace reshift
