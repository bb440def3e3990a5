// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>
#include <numeric>

#include "import/onnx/operators.hpp"
#include "net/host_functions.hpp"

namespace reshift::onnx_import {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Attributes of functions of one value, with what they are when absent.
std::vector<double> parameters_of(const OnnxNode& node) {
  const std::string& type = node.op_type();
  const auto of = [&](const char* name, float absent) { return double{node.number(name, absent)}; };
  if (type == "LeakyRelu") return {of("alpha", 0.01f)};
  if (type == "Elu" || type == "Celu") return {of("alpha", 1)};
  if (type == "ThresholdedRelu") return {of("alpha", 1)};
  if (type == "Selu")
    return {of("alpha", 1.67326319217681884765625f), of("gamma", 1.05070102214813232421875f)};
  if (type == "HardSigmoid") return {of("alpha", 0.2f), of("beta", 0.5f)};
  if (type == "Shrink") return {of("bias", 0), of("lambd", 0.5f)};
  return {};
}

std::string function_of(const OnnxNode& node) {
  const std::string& type = node.op_type();
  if (type == "Gelu" && node.string("approximate", "none") == "tanh") return "GeluTanh";
  if (type == "Swish") {
    if (node.number("alpha", 1) != 1) node.fail("alpha = {}", node.number("alpha", 1));
    return "Silu";
  }
  if (type == "Mod" && node.integer("fmod", 0) != 0) return "Fmod";
  return type;
}

void require_one_image(const OnnxNode& node, const Dims& axes) {
  const auto batch = node.context().batch;
  if (batch > 1 && std::find(axes.begin(), axes.end(), 0) != axes.end() && !node.is_constant(0)) {
    node.fail("works across the {} images that the file states; networks of one image only", batch);
  }
}

}  // namespace

Program elementwise(const OnnxNode& node) {
  Program p(node.input_count());
  const std::string function = function_of(node);
  if (is_unary(function)) {
    p.output(p.unary(0, function, parameters_of(node)));
  } else {
    if (function == "PRelu" && broadcast(node.dims(0), node.dims(1)) != node.dims(0)) {
      node.fail("slopes {} for an input of shape {}", text(node.dims(1)), text(node.dims(0)));
    }
    p.output(p.binary(0, 1, function));
  }
  return p;
}

Program clip(const OnnxNode& node) {
  double lo = -kInfinity, hi = kInfinity;
  if (node.opset() < 11) {
    lo = node.attribute("min") ? node.number("min", 0) : lo;
    hi = node.attribute("max") ? node.number("max", 0) : hi;
  } else {
    if (node.has_input(1)) lo = node.scalar(1, "lower bound");
    if (node.has_input(2)) hi = node.scalar(2, "upper bound");
  }
  Program p(node.input_count());
  p.output(p.unary(0, "Clip", {lo, hi}));
  return p;
}

Program cast(const OnnxNode& node) {
  using onnx::TensorProto;
  const auto to = node.integer("to", 0);
  Program p(node.input_count());
  switch (to) {
    case TensorProto::FLOAT:
    case TensorProto::DOUBLE:
    case TensorProto::FLOAT16:
    case TensorProto::BFLOAT16: {
      // Everything that is not known at import is float.
      const Array* known = node.find_constant(0);
      p.output(known && known->is_integer ? p.unary(0, "ToFloat") : 0);
      break;
    }
    case TensorProto::BOOL:
      p.output(p.unary(0, "ToBool"));
      break;
    case TensorProto::INT8:
    case TensorProto::INT16:
    case TensorProto::INT32:
    case TensorProto::INT64:
    case TensorProto::UINT8:
    case TensorProto::UINT16:
    case TensorProto::UINT32:
    case TensorProto::UINT64:
      p.output(p.unary(0, "ToInteger"));
      break;
    default:
      node.fail("to type {} is not supported", type_name(static_cast<int>(to)));
  }
  return p;
}

/// At inference the identity; its mask is all true.
Program dropout(const OnnxNode& node) {
  const bool training =
      node.opset() >= 12 && node.has_input(2) && node.scalar(2, "training mode") != 0;
  const double ratio = node.opset() >= 12 && node.has_input(1) ? node.scalar(1, "ratio") : 0.5;
  if (training && ratio != 0) {
    node.fail("training mode drops values by chance; export the network for inference");
  }
  Program p(node.input_count());
  p.output(0);
  if (node.has_output(1)) {
    Array mask{node.dims(0),
               std::vector<double>(static_cast<std::size_t>(product(node.dims(0))), 1), true};
    p.output(p.constant(std::move(mask)));
  }
  return p;
}

Program variadic(const OnnxNode& node) {
  const std::string function = node.op_type() == "Sum" ? "Add" : node.op_type();
  Program p(node.input_count());
  if (node.input_count() == 0) node.fail("has no input");
  int x = 0;
  for (int i = 1; i < node.input_count(); ++i) x = p.binary(x, i, function);
  p.output(x);
  return p;
}

Program mean(const OnnxNode& node) {
  Program p(node.input_count());
  if (node.input_count() == 0) node.fail("has no input");
  int x = 0;
  for (int i = 1; i < node.input_count(); ++i) x = p.binary(x, i, "Add");
  Array count{{}, {static_cast<double>(node.input_count())}, false};
  p.output(p.binary(x, p.constant(std::move(count)), "Div"));
  return p;
}

Program where(const OnnxNode& node) {
  Program p(node.input_count());
  p.output(p.step({HostStep::Kind::kWhere, "", {}, {}, {0, 1, 2}}));
  return p;
}

Program concat(const OnnxNode& node) {
  if (!node.attribute("axis")) node.fail("its axis is missing");
  Program p(node.input_count());
  std::vector<int> inputs(static_cast<std::size_t>(node.input_count()));
  std::iota(inputs.begin(), inputs.end(), 0);
  if (inputs.empty()) node.fail("has no input");
  const auto axis = node.axis(node.integer("axis", 1), node.dims(0).size());
  p.output(p.step({HostStep::Kind::kConcat, "", {axis}, {}, inputs}));
  return p;
}

Dims reduced_axes(const OnnxNode& node) {
  const std::size_t rank = node.dims(0).size();
  const std::string& type = node.op_type();
  Dims axes;
  if (type == "ArgMax" || type == "ArgMin") {
    axes = {node.integer("axis", 0)};
  } else {
    axes = node.integers_or_input("axes", type == "ReduceSum" ? 12 : 17, 1, {});
    if (axes.empty() && node.integer("noop_with_empty_axes", 0) != 0) return {};
  }
  if (axes.empty()) {
    axes.resize(rank);
    std::iota(axes.begin(), axes.end(), 0);
  }
  for (auto& axis : axes) axis = node.axis(axis, rank);
  std::sort(axes.begin(), axes.end());
  if (std::adjacent_find(axes.begin(), axes.end()) != axes.end()) {
    node.fail("axes {}: one twice", text(axes));
  }
  require_one_image(node, axes);
  return axes;
}

Program reduction(const OnnxNode& node) {
  const std::string& type = node.op_type();
  const bool is_index = type.starts_with("Arg");
  const std::string function = is_index ? type : type.substr(std::string("Reduce").size());
  const Dims axes = reduced_axes(node);
  std::vector<double> parameters;
  if (is_index) parameters = {static_cast<double>(node.integer("select_last_index", 0))};
  Program p(node.input_count());
  int x = 0;
  if (!axes.empty()) x = p.step({HostStep::Kind::kReduce, function, axes, parameters, {0}});
  if (node.integer("keepdims", 1) == 0) {
    Dims to;
    const Dims dims = node.dims(0);
    for (std::size_t i = 0; i < dims.size(); ++i) {
      if (std::find(axes.begin(), axes.end(), static_cast<std::int64_t>(i)) == axes.end())
        to.push_back(dims[i]);
    }
    x = p.reshape(x, to);
  }
  p.output(x);
  return p;
}

Program softmax(const OnnxNode& node) {
  const std::string& type = node.op_type();
  const std::size_t rank = node.dims(0).size();
  Dims axes;
  std::string function = type;
  if (type == "LpNormalization") {
    const auto order = node.integer("p", 2);
    if (order != 1 && order != 2) node.fail("p = {}", order);
    function += std::to_string(order);
    axes = {node.axis(node.integer("axis", -1), rank)};
  } else if (type == "MeanVarianceNormalization") {
    axes = node.integers("axes", {0, 2, 3});
    for (auto& axis : axes) axis = node.axis(axis, rank);
  } else if (node.opset() >= 13) {
    axes = {node.axis(node.integer("axis", -1), rank)};
  } else {  // of a matrix: from the axis on, everything is one dimension
    auto axis = node.integer("axis", 1);
    if (axis != static_cast<std::int64_t>(rank)) axis = node.axis(axis, rank);
    for (; axis < static_cast<std::int64_t>(rank); ++axis) axes.push_back(axis);
  }
  require_one_image(node, axes);
  Program p(node.input_count());
  p.output(p.step({HostStep::Kind::kAlong, function, axes, {}, {0}}));
  return p;
}

}  // namespace reshift::onnx_import
