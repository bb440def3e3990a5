// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "import/tflite/reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.hpp"
#include "tflite_schema_generated.h"

namespace reshift {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using tflite::BuiltinOperator;
using tflite::TensorType;

/// A file under construction. Tensor and buffer 0 is the input.
class Builder {
 public:
  explicit Builder(std::vector<int> shape, TensorType type = TensorType::UINT8,
                   std::vector<float> scale = {0.5f}, std::vector<std::int64_t> zero = {128}) {
    buffers_.push_back(tflite::CreateBuffer(b_));
    tensor("image", std::move(shape), type, std::move(scale), std::move(zero));
  }

  int tensor(const char* name, std::vector<int> shape, TensorType type, std::vector<float> scale,
             std::vector<std::int64_t> zero, const std::vector<std::uint8_t>& data = {},
             int axis = 0) {
    std::uint32_t buffer = 0;
    if (!data.empty()) {
      buffer = static_cast<std::uint32_t>(buffers_.size());
      buffers_.push_back(tflite::CreateBufferDirect(b_, &data));
    }
    flatbuffers::Offset<tflite::QuantizationParameters> q;
    if (!scale.empty()) {
      q = tflite::CreateQuantizationParametersDirect(b_, nullptr, nullptr, &scale, &zero,
                                                     tflite::QuantizationDetails::NONE, 0, axis);
    }
    tensors_.push_back(tflite::CreateTensorDirect(b_, &shape, type, buffer, name, q));
    return static_cast<int>(tensors_.size()) - 1;
  }

  template <typename T = tflite::SoftmaxOptions>
  void node(BuiltinOperator op, std::vector<int> inputs, int output,
            tflite::BuiltinOptions type = tflite::BuiltinOptions::NONE,
            flatbuffers::Offset<T> options = {}) {
    codes_.push_back(tflite::CreateOperatorCode(b_, static_cast<std::int8_t>(op), 0, 1, op));
    std::vector<int> outputs{output};
    operators_.push_back(tflite::CreateOperatorDirect(b_,
                                                      static_cast<std::uint32_t>(codes_.size()) - 1,
                                                      &inputs, &outputs, type, options.Union()));
    last_ = output;
  }

  flatbuffers::FlatBufferBuilder& fbb() { return b_; }

  Bytes bytes() {
    const std::vector<int> inputs{0}, outputs{last_};
    const std::vector graphs{
        tflite::CreateSubGraphDirect(b_, &tensors_, &inputs, &outputs, &operators_, "net")};
    tflite::FinishModelBuffer(b_,
                              tflite::CreateModelDirect(b_, 3, &codes_, &graphs, "", &buffers_));
    return {b_.GetBufferPointer(), b_.GetBufferPointer() + b_.GetSize()};
  }

 private:
  flatbuffers::FlatBufferBuilder b_;
  std::vector<flatbuffers::Offset<tflite::Tensor>> tensors_;
  std::vector<flatbuffers::Offset<tflite::Buffer>> buffers_;
  std::vector<flatbuffers::Offset<tflite::OperatorCode>> codes_;
  std::vector<flatbuffers::Offset<tflite::Operator>> operators_;
  int last_ = 0;
};

Graph read(Bytes bytes) {
  NetworkCheck check;
  Graph graph = read_tflite(std::move(bytes), "", {}, check);
  if (!check.accepted()) throw Error("{}", check.message());
  return graph;
}

std::string error_of(Bytes bytes) {
  try {
    read(std::move(bytes));
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

std::vector<std::uint8_t> little_endian(const std::vector<std::int32_t>& values) {
  std::vector<std::uint8_t> bytes;
  for (const auto v : values) {
    for (int i = 0; i < 4; ++i)
      bytes.push_back(static_cast<std::uint8_t>(static_cast<std::uint32_t>(v) >> 8 * i));
  }
  return bytes;
}

/// A convolution of uint8: image 1x3x3x2, kernel 2x2, 1 output, stride 2, SAME.
Bytes convolution() {
  Builder b({1, 3, 3, 2});
  const int w = b.tensor("w", {1, 2, 2, 2}, TensorType::UINT8, {0.25f}, {100},
                         {101, 102, 103, 104, 105, 106, 107, 108});
  const int bias = b.tensor("b", {1}, TensorType::INT32, {0.125f}, {0}, little_endian({-17}));
  const int out = b.tensor("out", {1, 2, 2, 1}, TensorType::UINT8, {2}, {7});
  b.node(
      BuiltinOperator::CONV_2D, {0, w, bias}, out, tflite::BuiltinOptions::Conv2DOptions,
      tflite::CreateConv2DOptions(b.fbb(), tflite::Padding::SAME, 2, 2, tflite::Activation::RELU6));
  return b.bytes();
}

TEST(Tflite, ConvolutionOfUint8) {
  const Graph g = read(convolution());
  ASSERT_EQ(g.nodes.size(), 3u);
  EXPECT_EQ(g.name, "net");
  EXPECT_EQ(g.tensor(0).channels, 2);
  EXPECT_EQ(g.tensor(0).height, 3);
  EXPECT_FALSE(g.tensor(1).quantization->is_signed);
  EXPECT_EQ(g.nodes[0].output_rounding, OutputRounding::kHalfToEven);
  const Node& conv = g.nodes[1];
  // Channels last become channels first: the codes of channel 0, then of channel 1.
  EXPECT_THAT(conv.integer_weights->codes, ElementsAre(101, 103, 105, 107, 102, 104, 106, 108));
  EXPECT_THAT(conv.integer_weights->quantization.zero_points, ElementsAre(100));
  EXPECT_THAT(conv.integer_weights->bias, ElementsAre(-17));
  EXPECT_THAT(conv.bias, ElementsAre(-2.125f));
  EXPECT_EQ(conv.weights[0], 0.25f);
  // SAME: 2 outputs of 3 pixels need one of padding, which comes after them.
  EXPECT_EQ(conv.pad_top, 0);
  EXPECT_EQ(conv.pad_bottom, 1);
  EXPECT_EQ(conv.lo, 0);
  EXPECT_EQ(conv.hi, 6);
  const Tensor& out = g.tensor(g.outputs[0].tensor);
  EXPECT_EQ(out.height, 2);
  EXPECT_THAT(out.quantization->scales, ElementsAre(2.0f));
}

TEST(Tflite, DepthwiseConvolutionWithScalesPerChannel) {
  Builder b({1, 2, 2, 2}, TensorType::INT8, {0.5f}, {-3});
  const int w =
      b.tensor("w", {1, 1, 1, 4}, TensorType::INT8, {1, 2, 3, 4}, {0, 0, 0, 0}, {1, 2, 3, 255}, 3);
  const int out = b.tensor("out", {1, 2, 2, 4}, TensorType::INT8, {1}, {0});
  b.node(BuiltinOperator::DEPTHWISE_CONV_2D, {0, w}, out,
         tflite::BuiltinOptions::DepthwiseConv2DOptions,
         tflite::CreateDepthwiseConv2DOptions(b.fbb(), tflite::Padding::VALID, 1, 1, 2));
  const Graph g = read(b.bytes());
  EXPECT_EQ(g.nodes[1].groups, 2);
  EXPECT_THAT(g.nodes[1].integer_weights->codes, ElementsAre(1, 2, 3, -1));
  EXPECT_THAT(g.nodes[1].weights, ElementsAre(1, 4, 9, -4));
}

TEST(Tflite, FullyConnectedAfterFlatteningAMap) {
  Builder b({1, 1, 2, 3}, TensorType::INT8, {1}, {0});
  const int flat = b.tensor("flat", {1, 6}, TensorType::INT8, {1}, {0});
  const int w = b.tensor("w", {1, 6}, TensorType::INT8, {1}, {0}, {1, 2, 3, 4, 5, 6});
  const int out = b.tensor("out", {1, 1}, TensorType::INT8, {1}, {0});
  b.node(BuiltinOperator::RESHAPE, {0}, flat);
  b.node(BuiltinOperator::FULLY_CONNECTED, {flat, w}, out,
         tflite::BuiltinOptions::FullyConnectedOptions,
         tflite::CreateFullyConnectedOptions(b.fbb()));
  const Graph g = read(b.bytes());
  EXPECT_EQ(g.nodes[1].kernel_w, 2);
  EXPECT_THAT(g.nodes[1].integer_weights->codes, ElementsAre(1, 4, 2, 5, 3, 6));
}

TEST(Tflite, SumsAndAveragesRoundInTheirOwnWay) {
  Builder b({1, 2, 2, 2}, TensorType::INT8, {0.5f}, {-3});
  const int sum = b.tensor("sum", {1, 2, 2, 2}, TensorType::INT8, {1}, {0});
  const int mean = b.tensor("mean", {1, 1, 1, 2}, TensorType::INT8, {1}, {0});
  b.node(BuiltinOperator::ADD, {0, 0}, sum, tflite::BuiltinOptions::AddOptions,
         tflite::CreateAddOptions(b.fbb()));
  b.node(BuiltinOperator::AVERAGE_POOL_2D, {sum}, mean, tflite::BuiltinOptions::Pool2DOptions,
         tflite::CreatePool2DOptions(b.fbb(), tflite::Padding::VALID, 1, 1, 2, 2));
  const Graph g = read(b.bytes());
  ASSERT_EQ(g.nodes.size(), 5u);
  EXPECT_EQ(g.nodes[2].output_rounding, OutputRounding::kHalfUp);
  EXPECT_EQ(g.nodes[4].output_rounding, OutputRounding::kHalfAwayFromZero);
}

TEST(Tflite, FloatNetworkWithASoftmaxForTheHost) {
  Builder b({1, 2}, TensorType::FLOAT32, {}, {});
  const int probabilities = b.tensor("p", {1, 2}, TensorType::FLOAT32, {}, {});
  const int doubled = b.tensor("d", {1, 2}, TensorType::FLOAT32, {}, {});
  b.node(BuiltinOperator::ADD, {0, 0}, doubled, tflite::BuiltinOptions::AddOptions,
         tflite::CreateAddOptions(b.fbb(), tflite::Activation::RELU));
  b.node(BuiltinOperator::SOFTMAX, {doubled}, probabilities, tflite::BuiltinOptions::SoftmaxOptions,
         tflite::CreateSoftmaxOptions(b.fbb(), 1));
  const Graph g = read(b.bytes());
  ASSERT_EQ(g.nodes.size(), 1u);
  EXPECT_EQ(g.nodes[0].lo, 0);
  const auto outputs = g.tail.run({{1.0f, 1.0f}});
  EXPECT_THAT(outputs[0], ElementsAre(0.5f, 0.5f));
}

TEST(Tflite, UnknownOperatorsAreRefusedByNameAllAtOnce) {
  Builder b({1, 2}, TensorType::FLOAT32, {}, {});
  const int a = b.tensor("a", {1, 2}, TensorType::FLOAT32, {}, {});
  const int c = b.tensor("c", {1, 2}, TensorType::FLOAT32, {}, {});
  b.node(BuiltinOperator::FLOOR, {0}, a);
  b.node(BuiltinOperator::COS, {0}, c);
  const std::string error = error_of(b.bytes());
  EXPECT_THAT(error, HasSubstr("FLOOR"));
  EXPECT_THAT(error, HasSubstr("COS"));
}

/// Each byte changed, and the file cut at every byte: an error or a graph, never a crash.
TEST(Tflite, DamagedFilesAreErrorsOrNetworks) {
  const Bytes good = convolution();
  ASSERT_NO_THROW(read(good));
  int accepted = 0;
  const auto attempt = [&](Bytes bytes) {
    try {
      accepted += static_cast<int>(!read(std::move(bytes)).nodes.empty());
    } catch (const Error&) {
    }
  };
  for (std::size_t i = 0; i < good.size(); ++i) {
    attempt(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(i)));
    for (const int change : {1, 0x80, 0xff}) {
      Bytes bytes = good;
      bytes[i] = static_cast<std::uint8_t>(bytes[i] ^ change);
      attempt(std::move(bytes));
    }
  }
  EXPECT_GT(accepted, 0);  // of changed weights
}

}  // namespace
}  // namespace reshift
