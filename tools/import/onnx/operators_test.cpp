// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "import/onnx/onnx_testing.hpp"

namespace reshift {
namespace {

using ::testing::HasSubstr;

TEST(Import, UnsupportedIsNamedWithItsNode) {
  const auto node_error = [](const char* op,
                             const std::function<void(onnx::NodeProto&, OnnxBuilder&)>& fill) {
    return error_of(single(13, [&](OnnxBuilder& b) { fill(b.node(op, "n", {"image"}), b); }));
  };
  const auto nothing = [](onnx::NodeProto&, OnnxBuilder&) {};
  EXPECT_THAT(node_error("LSTM", nothing),
              HasSubstr("node 'n' (LSTM): operator LSTM is not supported"));
  EXPECT_THAT(node_error("Relu", [](auto& n, auto&) { n.set_domain("com.example"); }),
              HasSubstr("com.example"));
  EXPECT_THAT(node_error("Relu", [](auto& n, auto&) { n.set_input(0, "nowhere"); }),
              HasSubstr("nowhere"));
  EXPECT_THAT(
      node_error("Pad",
                 [](auto& n, auto& b) { n.add_input(b.constant("p", OnnxBuilder::Ints(8, 1))); }),
      HasSubstr("'n' (Pad)"));
  EXPECT_THAT(node_error("Reshape",
                         [](auto& n, auto& b) {
                           n.add_input(b.constant("s", {1, 4, 24}));
                         }),
              HasSubstr("'n' (Reshape)"));
  EXPECT_THAT(node_error("Conv",
                         [](auto& n, auto& b) {
                           n.add_input(b.constant("w", {1, 3, 1, 1}, ramp(3)));
                         }),
              HasSubstr("do not fit 2 input channels"));
  EXPECT_THAT(node_error("Conv",
                         [](auto& n, auto& b) {
                           n.add_input(b.constant("w", {1, 2, 9, 9}, ramp(162)));
                         }),
              HasSubstr("the kernel covers 9"));
  EXPECT_THAT(node_error("AveragePool",
                         [](auto& n, auto&) {
                           set_attribute(n, "kernel_shape", {3, 3});
                           set_attribute(n, "pads", {1, 1, 1, 1});
                         }),
              HasSubstr("count_include_pad"));
}

TEST(Import, VersionsOfTheOperatorSet) {
  const auto relu = [](int opset) {
    return error_of(single(opset, [](OnnxBuilder& b) { b.node("Relu", "n", {"image"}); }));
  };
  EXPECT_EQ(relu(7), "no error");
  EXPECT_EQ(relu(17), "no error");
  for (const int version : {6, 18}) {
    EXPECT_THAT(relu(version), HasSubstr(fmt::format("node 'n' (Relu): operator set version {} is "
                                                     "not supported, only 7 to 17",
                                                     version)));
  }
}

}  // namespace
}  // namespace reshift
