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
              HasSubstr("node 'n' (LSTM): recurrent networks are not supported"));
  EXPECT_THAT(node_error("Relu", [](auto& n, auto&) { n.set_domain("com.example"); }),
              HasSubstr("com.example"));
  EXPECT_THAT(node_error("Relu", [](auto& n, auto&) { n.set_input(0, "nowhere"); }),
              HasSubstr("no input: nothing that the network reads is left open"));
  EXPECT_THAT(node_error("Reshape",
                         [](auto& n, auto& b) {
                           n.add_input(b.constant("s", {1, 5, -1}));
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
}

TEST(Import, AllRefusalsAtOnce) {
  const std::string error = error_of(single(13, [](OnnxBuilder& b) {
    b.node("LRN", "first", {"image"});
    b.node("Conv", "c", {"image", b.constant("w", {1, 3, 1, 1}, ramp(3))});
    b.node("LRN", "second", {"image"});
    b.node("Relu", "n", {"first"});
  }));
  EXPECT_THAT(error, HasSubstr("2 things stand in its way"));
  EXPECT_THAT(error, HasSubstr("nodes 'first', 'second' (LRN): local response normalisation"));
  EXPECT_THAT(error, HasSubstr("node 'c' (Conv): weights [1, 3, 1, 1] in 1 groups do not fit"));
}

TEST(Import, VersionsOfTheOperatorSet) {
  const auto relu = [](int opset) {
    return error_of(single(opset, [](OnnxBuilder& b) { b.node("Relu", "n", {"image"}); }));
  };
  EXPECT_EQ(relu(7), "no error");
  EXPECT_EQ(relu(17), "no error");
  EXPECT_EQ(relu(24), "no error");
  for (const int version : {6, 25}) {
    EXPECT_THAT(relu(version), HasSubstr(fmt::format("node 'n' (Relu): operator set version {} is "
                                                     "not supported, only 7 to 24",
                                                     version)));
  }
}

}  // namespace
}  // namespace reshift
