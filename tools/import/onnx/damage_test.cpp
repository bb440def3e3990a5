// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

// Small ONNX files, cut at every byte and with each byte changed.

#include <gmock/gmock.h>

#include "base/mutations.hpp"
#include "import/onnx/onnx_testing.hpp"

namespace reshift {
namespace {

void check_damage(OnnxBuilder& b, const std::string& output) {
  b.output(output);
  const std::string file = b.serialized();
  ASSERT_EQ(error_of(file), "no error");
  const std::size_t accepted =
      read_damaged(as_bytes(file), [](const auto& bytes) { import(std::string(as_text(bytes))); });
  EXPECT_GT(accepted, 0u);  // with another weight
}

std::string code(OnnxBuilder& b, const std::string& name, int value) {
  auto& t = *b.model().mutable_graph()->add_initializer();
  t.set_name(name);
  t.set_data_type(onnx::TensorProto::INT8);
  t.add_int32_data(value);
  return name;
}

TEST(OnnxFile, EveryDamage) {
  OnnxBuilder b("f", 1, 4, 4, 13);
  auto& conv = b.node("Conv", "c", {"image", b.constant("w", {1, 1, 2, 2}, ramp(4))});
  set_attribute(conv, "auto_pad", "SAME_UPPER");
  set_attribute(conv, "strides", OnnxBuilder::Ints{2, 1});
  set_attribute(b.node("MaxPool", "m", {"c"}), "kernel_shape", OnnxBuilder::Ints{2, 2});
  b.node("Reshape", "r", {"m", b.constant("s", {1, -1})});
  b.node("Gemm", "g", {"r", b.constant("v", {3, 2}, ramp(6)), b.constant("b", {2}, ramp(2))});
  b.node("Softmax", "n", {"g"});
  check_damage(b, "n");
}

TEST(OnnxFile, EveryDamageOfQdq) {
  OnnxBuilder b("q", 1, 1, 1, 13);
  const auto s = b.constant("s", {}, std::vector{0.5f});
  const auto z = code(b, "z", 3);
  b.node("QuantizeLinear", "p", {"image", s, z});
  b.node("DequantizeLinear", "x", {"p", s, z});
  b.node("Mul", "y", {"x", b.constant("w", {1, 1, 1, 1}, {2})});
  b.node("QuantizeLinear", "q", {"y", s, z});
  b.node("DequantizeLinear", "n", {"q", s, z});
  check_damage(b, "n");
}

TEST(OnnxFile, EveryDamageOfQonnx) {
  OnnxBuilder b("q", 1, 1, 1, 13);
  const auto s = b.constant("s", {}, std::vector{0.5f}), z = b.constant("z", {}, std::vector{0.0f}),
             bits = b.constant("b", {}, std::vector{8.0f});
  for (const auto& [name, from] :
       {std::pair("x", std::string("image")), std::pair("v", b.constant("w", {1, 1, 1, 1}, {3}))}) {
    auto& n = b.node("Quant", name, {from, s, z, bits});
    n.set_domain("onnx.brevitas");
    set_attribute(n, "signed", std::int64_t{1});
    set_attribute(n, "narrow", std::int64_t{0});
    set_attribute(n, "rounding_mode", "ROUND");
  }
  b.node("Conv", "y", {"x", "v"});
  check_damage(b, "y");
}

}  // namespace
}  // namespace reshift
