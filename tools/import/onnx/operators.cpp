// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "import/onnx/operators.hpp"

#include <algorithm>
#include <map>

#include "import/onnx/read_node.hpp"

namespace reshift::onnx_import {
namespace {

constexpr auto kMay = Operator::Tail::kMay;
constexpr auto kPrefers = Operator::Tail::kPrefers;

/// Versions of the operator set are those in which an operator is defined from kFirstVersion to
/// kLastVersion; each function reads every version by its own definition.
const std::map<std::string, Operator> kOperators{
    {"Abs", {nullptr, elementwise, kMay}},
    {"Acos", {nullptr, elementwise, kMay}},
    {"Add", {add_add, elementwise, kMay}},
    {"And", {nullptr, elementwise, kMay}},
    {"ArgMax", {nullptr, reduction, kMay}},
    {"ArgMin", {nullptr, reduction, kMay}},
    {"Asin", {nullptr, elementwise, kMay}},
    {"Atan", {nullptr, elementwise, kMay}},
    {"AveragePool", {add_average_pool}},
    {"BatchNormalization", {add_batch_norm}},
    {"Cast", {nullptr, cast, kMay}},
    {"Ceil", {nullptr, elementwise, kMay}},
    {"Celu", {nullptr, elementwise, kMay}},
    {"Clip", {add_clip, clip}},
    {"Concat", {add_concat, concat, kPrefers}},
    {"Constant", {add_constant}},
    {"ConstantOfShape", {add_constant_of_shape}},
    {"Conv", {add_conv}},
    {"ConvTranspose", {add_conv_transpose}},
    {"Cos", {nullptr, elementwise, kMay}},
    {"Cosh", {nullptr, elementwise, kMay}},
    {"DepthToSpace", {nullptr, depth_to_space, kMay}},
    {"Div", {add_div, elementwise, kMay}},
    {"Dropout", {nullptr, dropout, kMay}},
    {"Elu", {nullptr, elementwise, kMay}},
    {"Equal", {nullptr, elementwise, kMay}},
    {"Erf", {nullptr, elementwise, kMay}},
    {"Exp", {nullptr, elementwise, kMay}},
    {"Expand", {nullptr, expand, kMay}},
    {"Flatten", {nullptr, flatten, kMay}},
    {"Floor", {nullptr, elementwise, kMay}},
    {"Gather", {nullptr, gather, kMay}},
    {"Gelu", {nullptr, elementwise, kMay}},
    {"Gemm", {add_gemm}},
    {"GlobalAveragePool", {add_global_average_pool}},
    {"GlobalMaxPool", {add_global_max_pool}},
    {"Greater", {nullptr, elementwise, kMay}},
    {"GreaterOrEqual", {nullptr, elementwise, kMay}},
    {"HardSigmoid", {add_hard_sigmoid, elementwise, kPrefers}},
    {"HardSwish", {add_hard_swish, elementwise}},
    {"Hardmax", {nullptr, softmax, kMay}},
    {"Identity", {nullptr, identity, kMay}},
    {"LeakyRelu", {add_leaky_relu, elementwise}},
    {"Less", {nullptr, elementwise, kMay}},
    {"LessOrEqual", {nullptr, elementwise, kMay}},
    {"Log", {nullptr, elementwise, kMay}},
    {"LogSoftmax", {nullptr, softmax, kMay}},
    {"LpNormalization", {nullptr, softmax, kMay}},
    {"MatMul", {add_matmul}},
    {"Max", {add_max, variadic}},
    {"MaxPool", {add_max_pool}},
    {"Mean", {add_mean, mean}},
    {"MeanVarianceNormalization", {nullptr, softmax, kMay}},
    {"Min", {add_min, variadic}},
    {"Mish", {nullptr, elementwise, kMay}},
    {"Mod", {nullptr, elementwise, kMay}},
    {"Mul", {add_mul, elementwise, kMay}},
    {"Neg", {add_neg, elementwise, kMay}},
    {"Not", {nullptr, elementwise, kMay}},
    {"Or", {nullptr, elementwise, kMay}},
    {"PRelu", {add_prelu, elementwise}},
    {"Pad", {add_pad, pad}},
    {"Pow", {add_pow, elementwise, kMay}},
    {kQuantizeDequantize, {add_quantize_dequantize}},
    {"Range", {add_range}},
    {"Reciprocal", {nullptr, elementwise, kMay}},
    {"ReduceL1", {nullptr, reduction, kMay}},
    {"ReduceL2", {nullptr, reduction, kMay}},
    {"ReduceLogSum", {nullptr, reduction, kMay}},
    {"ReduceLogSumExp", {nullptr, reduction, kMay}},
    {"ReduceMax", {add_reduce_max, reduction}},
    {"ReduceMean", {add_reduce_mean, reduction}},
    {"ReduceMin", {nullptr, reduction, kMay}},
    {"ReduceProd", {nullptr, reduction, kMay}},
    {"ReduceSum", {add_reduce_sum, reduction}},
    {"ReduceSumSquare", {nullptr, reduction, kMay}},
    {"Relu", {add_relu, elementwise}},
    {"Reshape", {nullptr, reshape, kMay}},
    {"Resize", {nullptr, resize, kMay}},
    {"Round", {nullptr, elementwise, kMay}},
    {"Selu", {nullptr, elementwise, kMay}},
    {"Shape", {add_shape}},
    {"Shrink", {nullptr, elementwise, kMay}},
    {"Sigmoid", {add_sigmoid, elementwise, kPrefers}},
    {"Sign", {nullptr, elementwise, kMay}},
    {"Sin", {nullptr, elementwise, kMay}},
    {"Sinh", {nullptr, elementwise, kMay}},
    {"Size", {add_size}},
    {"Slice", {nullptr, slice, kMay}},
    {"Softmax", {nullptr, softmax, kMay}},
    {"Softplus", {nullptr, elementwise, kMay}},
    {"Softsign", {nullptr, elementwise, kMay}},
    {"SpaceToDepth", {nullptr, space_to_depth, kMay}},
    {"Split", {nullptr, split, kMay}},
    {"Sqrt", {nullptr, elementwise, kMay}},
    {"Squeeze", {nullptr, squeeze, kMay}},
    {"Sub", {add_sub, elementwise, kMay}},
    {"Sum", {add_sum, variadic}},
    {"Swish", {add_swish, elementwise}},
    {"Tan", {nullptr, elementwise, kMay}},
    {"Tanh", {add_tanh, elementwise, kPrefers}},
    {"ThresholdedRelu", {nullptr, elementwise, kMay}},
    {"Tile", {nullptr, tile, kMay}},
    {"Transpose", {nullptr, transpose, kMay}},
    {"Unsqueeze", {nullptr, unsqueeze, kMay}},
    {"Upsample", {nullptr, resize, kMay}},
    {"Where", {nullptr, where, kMay}},
    {"Xor", {nullptr, elementwise, kMay}},
};

constexpr int kFirstVersion = 7, kLastVersion = 24;

/// Operators that are not read, and what to do about it.
const std::map<std::string, const char*> kRefused{
    {"Einsum", "is not supported: write it as MatMul, Transpose and Reshape"},
    {"GRU", "recurrent networks are not supported"},
    {"GroupNormalization",
     "it normalises by the image itself; use BatchNormalization in its place, which folds into the "
     "convolution"},
    {"If", "control flow is not supported: export the network for one path"},
    {"InstanceNormalization",
     "it normalises by the image itself; use BatchNormalization in its place, which folds into the "
     "convolution"},
    {"LRN",
     "local response normalisation is not supported: it divides by a power of a sum over channels; "
     "train the network without it, or with batch normalisation in its place, which folds into the "
     "convolution"},
    {"LSTM", "recurrent networks are not supported"},
    {"LayerNormalization",
     "it normalises by the image itself; use BatchNormalization in its place, which folds into the "
     "convolution"},
    {"Loop", "control flow is not supported: export the network with its loops unrolled"},
    {"LpPool", "is not supported: use AveragePool or MaxPool"},
    {"MaxRoiPool",
     "regions that the image itself gives are not supported: end the network before it"},
    {"MaxUnpool", "is not supported: use Resize or ConvTranspose"},
    {"NonMaxSuppression",
     "is not supported: end the network before it (its inputs as outputs) and select boxes in the "
     "program that uses them"},
    {"RNN", "recurrent networks are not supported"},
    {"Scan", "control flow is not supported: export the network with its loops unrolled"},
    {"TopK", "is not supported: end the network before it and sort in the program that uses it"},
};

bool is_standard(const OnnxNode& node) {
  return node.domain().empty() || node.domain() == "ai.onnx";
}

}  // namespace

std::string full_name(const OnnxNode& node) {
  return is_standard(node) ? node.op_type() : node.domain() + "." + node.op_type();
}

const Operator* find_operator(const OnnxNode& node) {
  const auto found = kOperators.find(node.op_type());
  return is_standard(node) && found != kOperators.end() ? &found->second : nullptr;
}

const Operator& require_operator(const OnnxNode& node) {
  const auto refused = kRefused.find(node.op_type());
  if (is_standard(node) && refused != kRefused.end()) node.fail("{}", refused->second);
  const Operator* op = find_operator(node);
  if (!op) node.fail("operator {} is not supported", full_name(node));
  if (node.opset() < kFirstVersion || node.opset() > kLastVersion) {
    node.fail("operator set version {} is not supported, only {} to {}", node.opset(),
              kFirstVersion, kLastVersion);
  }
  return *op;
}

}  // namespace reshift::onnx_import
