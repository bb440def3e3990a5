// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "import/onnx/operators.hpp"

#include <algorithm>
#include <map>
#include <string_view>

namespace reshift::onnx_import {
namespace {

struct Operator {
  int first, last;                   ///< versions of the operator set in which it is read
  void (*add)(OnnxNode&) = nullptr;  ///< null: only of integers known at import
  Constant (*fold)(const OnnxNode&, const Constants&) = nullptr;  ///< of such, where it can
};

const std::map<std::string, Operator> kOperators{
    {"Add", {7, 17, add_add}},
    {"AveragePool", {7, 17, add_average_pool}},
    {"BatchNormalization", {7, 17, add_batch_norm}},
    {"Clip", {7, 17, add_clip}},
    {"Concat", {7, 17, add_concat, fold_concat}},
    {"Constant", {7, 17, add_constant}},
    {"Conv", {7, 17, add_conv}},
    {"Dropout", {7, 17, add_identity}},
    {"Flatten", {7, 17, add_flatten}},
    {"Gather", {7, 17, nullptr, fold_gather}},
    {"Gemm", {7, 17, add_gemm}},
    {"GlobalAveragePool", {7, 17, add_global_average_pool}},
    {"Identity", {7, 17, add_identity}},
    {"MatMul", {7, 17, add_matmul}},
    {"MaxPool", {7, 17, add_max_pool}},
    {"Pad", {7, 17, add_pad}},
    {"ReduceMean", {7, 17, add_reduce_mean}},
    {"Relu", {7, 17, add_relu}},
    {"Reshape", {7, 17, add_reshape}},
    {"Shape", {7, 17, add_shape}},
    {"Softmax", {7, 17, add_softmax}},
    {"Squeeze", {7, 17, nullptr, fold_squeeze}},
    {"Sum", {7, 17, add_sum}},
    {"Unsqueeze", {7, 17, nullptr, fold_unsqueeze}},
};

/// Operators that are not read, and what to do about it.
const std::map<std::string, const char*> kRefused{
    {"LRN",
     "local response normalisation is not supported: it divides by a power of a sum over channels; "
     "train the network without it, or with batch normalisation in its place, which folds into the "
     "convolution"},
};

bool is_standard(const OnnxNode& node) {
  return node.domain().empty() || node.domain() == "ai.onnx";
}

const Operator* find_operator(const OnnxNode& node) {
  const auto found = kOperators.find(node.op_type());
  return is_standard(node) && found != kOperators.end() ? &found->second : nullptr;
}

/// The form of quantised network that an operator belongs to; or empty.
std::string_view quantised_form(const OnnxNode& node) {
  constexpr std::array kQonnx{"qonnx.custom_op.general", "finn.custom_op.general", "onnx.brevitas"};
  if (std::find(kQonnx.begin(), kQonnx.end(), node.domain()) != kQonnx.end()) return "QONNX";
  const std::string& type = node.op_type();
  const bool quantised = type.ends_with("QuantizeLinear") || type == "DequantizeLinear" ||
                         type.starts_with("QLinear") || type.ends_with("Integer");
  return quantised ? "QDQ or QOperator" : "";
}

std::string full_name(const OnnxNode& node) {
  return is_standard(node) ? node.op_type() : node.domain() + "." + node.op_type();
}

[[noreturn]] void fail_unknown(const OnnxNode& node) {
  const auto refused = kRefused.find(node.op_type());
  if (is_standard(node) && refused != kRefused.end()) node.fail("{}", refused->second);
  std::string known;
  for (const auto& [name, supported] : kOperators) {
    if (supported.add) known += (known.empty() ? "" : ", ") + name;
  }
  node.fail("operator {} is not supported; supported are {}", full_name(node), known);
}

/// Computes with integers what can be: the shapes that exported networks compute at run time.
bool fold(const Operator& op, OnnxNode& node) {
  if (!op.fold) return false;
  Constants inputs;
  for (int i = 0; i < node.input_count(); ++i) {
    inputs.push_back(node.find_constant(i));
    if (!inputs.back() || !inputs.back()->values.empty()) return false;
  }
  node.define(op.fold(node, inputs));
  return true;
}

}  // namespace

void check_operator(const OnnxNode& node) {
  const auto form = quantised_form(node);
  if (!form.empty()) {
    node.fail(
        "operator {} is not supported: the network is quantised already ({}), and only float "
        "networks can be imported",
        full_name(node), form);
  }
  const Operator* op = find_operator(node);
  if (op && (node.opset() < op->first || node.opset() > op->last)) {
    node.fail("operator set version {} is not supported, only {} to {}", node.opset(), op->first,
              op->last);
  }
}

void read_node(OnnxNode& node) {
  const Operator* op = find_operator(node);
  if (op && fold(*op, node)) return;
  if (!op || !op->add) fail_unknown(node);
  const std::string& softmax = node.context().softmax;
  if (!softmax.empty())
    throw Error("node '{}' (Softmax): supported only as the last node", softmax);
  op->add(node);
}

}  // namespace reshift::onnx_import
