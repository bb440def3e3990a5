// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "import/onnx/onnx_testing.hpp"

namespace reshift {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// An initializer of integers.
std::string integers(OnnxBuilder& b, const std::string& name, onnx::TensorProto::DataType type,
                     const OnnxBuilder::Ints& dims, const std::vector<int>& values) {
  auto& t = *b.model().mutable_graph()->add_initializer();
  t.set_name(name);
  t.set_data_type(type);
  for (const auto d : dims) t.add_dims(d);
  for (const int v : values) t.add_int32_data(v);
  return name;
}

constexpr auto kInt8 = onnx::TensorProto::INT8, kUint8 = onnx::TensorProto::UINT8,
               kInt32 = onnx::TensorProto::INT32;

/// Quant of QONNX.
onnx::NodeProto& quant(OnnxBuilder& b, const std::string& name, const std::string& input,
                       float scale, float bits, bool is_signed = true, bool narrow = false) {
  auto& n = b.node("Quant", name,
                   {input, b.constant(name + "_s", {}, std::vector{scale}),
                    b.constant(name + "_z", {}, std::vector{0.0f}),
                    b.constant(name + "_b", {}, std::vector{bits})});
  n.set_domain("qonnx.custom_op.general");
  set_attribute(n, "signed", std::int64_t{is_signed});
  set_attribute(n, "narrow", std::int64_t{narrow});
  set_attribute(n, "rounding_mode", "ROUND");
  return n;
}

TEST(Qonnx, QuantOfWeightsAndActivations) {
  OnnxBuilder b("qonnx", 2, 1, 1, 13);
  quant(b, "x", "image", 0.25f, 8);
  // 2.5 and -5.5 steps go to the even neighbour; -9 is narrower than 4 bits.
  quant(b, "w", b.constant("raw", {2, 2, 1, 1}, {0.3125f, -0.6875f, -1.125f, 0.75f}), 0.125f, 4,
        true, true);
  b.node("Conv", "y", {"x", "w"});
  quant(b, "q", "y", 0.5f, 4, false);
  b.output("q");
  const Graph g = import(b.serialized());
  ASSERT_EQ(g.nodes.size(), 3u);
  EXPECT_EQ(g.nodes[0].kind, NodeKind::kQuantize);
  EXPECT_EQ(g.nodes[0].output_rounding, OutputRounding::kHalfToEven);
  ASSERT_TRUE(g.nodes[1].integer_weights);
  EXPECT_THAT(g.nodes[1].integer_weights->codes, ElementsAre(2, -6, -7, 6));
  EXPECT_THAT(g.nodes[1].integer_weights->quantization.scales, ElementsAre(0.125f));
  EXPECT_THAT(g.nodes[1].weights, ElementsAre(0.25f, -0.75f, -0.875f, 0.75f));
  const auto& out = g.tensor(g.outputs[0].tensor).quantization;
  ASSERT_TRUE(out);
  EXPECT_EQ(out->lowest(), 0);
  EXPECT_EQ(out->highest(), 15);
  EXPECT_THAT(out->scales, ElementsAre(0.5f));
}

TEST(Qonnx, OtherRoundingAndOtherOperatorsAreRefusedByNameAllAtOnce) {
  OnnxBuilder b("qonnx", 2, 1, 1, 13);
  set_attribute(quant(b, "x", "image", 0.25f, 8), "rounding_mode", "FLOOR");
  b.node("BipolarQuant", "y", {"x"}).set_domain("onnx.brevitas");
  b.node("Trunc", "z", {"y"}).set_domain("qonnx.custom_op.general");
  b.output("z");
  // The builder has said ROUND before.
  auto& attributes = *b.model().mutable_graph()->mutable_node(0)->mutable_attribute();
  attributes.DeleteSubrange(2, 1);
  const std::string error = error_of(b.serialized());
  EXPECT_THAT(error, HasSubstr("rounding_mode FLOOR is not supported"));
  EXPECT_THAT(error, HasSubstr("operator BipolarQuant of quantised networks is not supported"));
  EXPECT_THAT(error, HasSubstr("operator Trunc of quantised networks is not supported"));
}

TEST(Qonnx, ActivationsWithScalesPerChannelAreRefused) {
  OnnxBuilder b("qonnx", 2, 1, 1, 13);
  quant(b, "x", "image", 0.25f, 8).set_input(1, b.constant("s", {1, 2, 1, 1}, {0.5f, 0.25f}));
  b.output("x");
  EXPECT_THAT(error_of(b.serialized()), HasSubstr("scales per channel of an activation"));
}

TEST(Qdq, QuantizeLinearAndDequantizeLinear) {
  OnnxBuilder b("qdq", 2, 1, 1, 13);
  const auto s = b.constant("s", {}, std::vector{0.5f});
  const auto z = integers(b, "z", kUint8, {}, {128});
  b.node("QuantizeLinear", "xq", {"image", s, z});
  b.node("DequantizeLinear", "x", {"xq", s, z});
  const auto ws = b.constant("ws", {2}, {0.25f, 0.125f});
  set_attribute(b.node("DequantizeLinear", "w",
                       {integers(b, "wq", kInt8, {2, 2, 1, 1}, {1, -2, 3, 127}), ws,
                        integers(b, "wz", kInt8, {2}, {0, 1})}),
                "axis", std::int64_t{0});
  b.node("DequantizeLinear", "bias",
         {integers(b, "bq", kInt32, {2}, {7, -9}), b.constant("bs", {2}, {0.125f, 0.0625f})});
  set_attribute(b.model().mutable_graph()->mutable_node()->rbegin()[0], "axis", std::int64_t{0});
  b.node("Conv", "y", {"x", "w", "bias"});
  b.node("QuantizeLinear", "yq", {"y", s, z});
  b.node("DequantizeLinear", "out", {"yq", s, z});
  b.output("out");
  const Graph g = import(b.serialized());
  ASSERT_EQ(g.nodes.size(), 3u);
  ASSERT_TRUE(g.nodes[1].integer_weights);
  EXPECT_THAT(g.nodes[1].integer_weights->codes, ElementsAre(1, -2, 2, 126));
  EXPECT_THAT(g.nodes[1].integer_weights->quantization.scales, ElementsAre(0.25f, 0.125f));
  EXPECT_THAT(g.nodes[1].bias, ElementsAre(0.875f, -0.5625f));
  const auto& out = g.tensor(g.outputs[0].tensor).quantization;
  ASSERT_TRUE(out);
  EXPECT_FALSE(out->is_signed);
  EXPECT_THAT(out->zero_points, ElementsAre(128));
}

TEST(Qdq, ClippedCodesOfWeights) {
  OnnxBuilder b("qdq", 1, 1, 1, 13);
  const auto s = b.constant("s", {}, std::vector{0.5f});
  const auto z = integers(b, "z", kInt8, {}, {0});
  b.node("QuantizeLinear", "xq", {"image", s, z});
  b.node("DequantizeLinear", "x", {"xq", s, z});
  b.node("QuantizeLinear", "wq", {b.constant("raw", {1, 1, 1, 1}, std::vector{-64.0f}), s, z});
  b.node("Clip", "wc",
         {"wq", integers(b, "lo", kInt8, {}, {-127}), integers(b, "hi", kInt8, {}, {127})});
  b.node("DequantizeLinear", "w", {"wc", s, z});
  b.node("Conv", "y", {"x", "w"});
  b.node("QuantizeLinear", "yq", {"y", s, z});
  b.output("yq");
  const Graph g = import(b.serialized());
  ASSERT_EQ(g.nodes.size(), 3u);
  EXPECT_THAT(g.nodes[1].integer_weights->codes, ElementsAre(-127));
}

TEST(Qdq, ReadByAnotherScaleThanWrittenIsRefused) {
  OnnxBuilder b("qdq", 1, 1, 1, 13);
  const auto z = integers(b, "z", kInt8, {}, {0});
  b.node("QuantizeLinear", "xq", {"image", b.constant("s", {}, std::vector{0.5f}), z});
  b.node("DequantizeLinear", "x", {"xq", b.constant("t", {}, std::vector{0.25f}), z});
  b.output("x");
  EXPECT_THAT(error_of(b.serialized()), HasSubstr("another scale or zero point"));
}

TEST(QOperator, ConvolutionPoolingAndMatrixProduct) {
  OnnxBuilder b("qop", 2, 2, 2, 13);
  const auto s = b.constant("s", {}, std::vector{0.5f}),
             t = b.constant("t", {}, std::vector{0.25f});
  const auto z = integers(b, "z", kUint8, {}, {10}), zw = integers(b, "zw", kInt8, {}, {0});
  b.node("QuantizeLinear", "x", {"image", s, z});
  b.node("QLinearConv", "y",
         {"x", s, z, integers(b, "w", kInt8, {2, 2, 1, 1}, {1, 2, 3, 4}), t, zw, s, z,
          integers(b, "b", kInt32, {2}, {8, -4})});
  b.node("QLinearGlobalAveragePool", "p", {"y", s, z, t, z}).set_domain("com.microsoft");
  b.node("Flatten", "f", {"p"});
  set_attribute(b.node("QGemm", "g",
                       {"f", t, z, integers(b, "m", kInt8, {3, 2}, {1, 2, 3, 4, 5, 6}), s, zw,
                        integers(b, "c", kInt32, {3}, {1, 2, 3}), s, z}),
                "transB", std::int64_t{1});
  b.node("DequantizeLinear", "out", {"g", s, z});
  b.output("out");
  const Graph g = import(b.serialized());
  ASSERT_EQ(g.nodes.size(), 7u);
  EXPECT_EQ(g.nodes[1].kind, NodeKind::kConv);
  EXPECT_THAT(g.nodes[1].integer_weights->codes, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(g.nodes[1].bias, ElementsAre(1.0f, -0.5f));  // steps of 0.5 * 0.25
  EXPECT_EQ(g.nodes[3].kind, NodeKind::kAvgPool);
  EXPECT_THAT(g.nodes[5].integer_weights->codes, ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(g.nodes[5].bias, ElementsAre(0.125f, 0.25f, 0.375f));
}

TEST(QOperator, AdditionAndConcatenation) {
  OnnxBuilder b("qop", 2, 2, 2, 13);
  const auto s = b.constant("s", {}, std::vector{0.5f}),
             t = b.constant("t", {}, std::vector{0.25f});
  const auto z = integers(b, "z", kInt8, {}, {-3});
  b.node("QuantizeLinear", "x", {"image", s, z});
  b.node("QLinearAdd", "a", {"x", s, z, "x", s, z, t, z}).set_domain("com.microsoft");
  auto& concat = b.node("QLinearConcat", "c", {s, z, "a", t, z, "x", s, z});
  concat.set_domain("com.microsoft");
  set_attribute(concat, "axis", std::int64_t{1});
  b.node("DequantizeLinear", "out", {"c", s, z});
  b.output("out");
  const Graph g = import(b.serialized());
  EXPECT_EQ(g.tensor(g.outputs[0].tensor).channels, 4);
  EXPECT_EQ(g.nodes[1].kind, NodeKind::kAdd);
  EXPECT_EQ(g.nodes[2].output_rounding, OutputRounding::kHalfToEvenFused);
  EXPECT_EQ(g.nodes.back().kind, NodeKind::kQuantize);
  EXPECT_EQ(g.nodes.back().output_rounding, OutputRounding::kHalfToEven);
}

TEST(QOperator, IntegerOperatorsAreRefusedByName) {
  for (const char* type : {"ConvInteger", "MatMulInteger", "DynamicQuantizeLinear"}) {
    OnnxBuilder b("qop", 1, 1, 1, 13);
    b.node(type, "n", {"image"});
    b.output("n");
    EXPECT_THAT(error_of(b.serialized()), HasSubstr(std::string("operator ") + type));
  }
}

TEST(QOperator, CodesThatTheFileDoesNotMakeAreRefused) {
  OnnxBuilder b("qop", 1, 1, 1, 13);
  b.node("DequantizeLinear", "n",
         {"image", b.constant("s", {}, std::vector{0.5f}), integers(b, "z", kInt8, {}, {1})});
  b.output("n");
  EXPECT_THAT(error_of(b.serialized()), HasSubstr("put a QuantizeLinear before it"));
}

TEST(QOperator, OtherOperatorsOfCodesAreRefused) {
  OnnxBuilder b("qop", 1, 1, 1, 13);
  b.node("QuantizeLinear", "x",
         {"image", b.constant("s", {}, std::vector{0.5f}), integers(b, "z", kInt8, {}, {1})});
  b.node("Relu", "n", {"x"});
  b.output("n");
  EXPECT_THAT(error_of(b.serialized()), HasSubstr("works on codes of a quantised tensor"));
}

}  // namespace
}  // namespace reshift
