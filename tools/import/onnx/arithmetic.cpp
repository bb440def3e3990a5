// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "import/onnx/arithmetic.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/integer.hpp"
#include "import/onnx/operators.hpp"
#include "import/onnx/patterns.hpp"
#include "import/onnx/view.hpp"

namespace reshift::onnx_import {
namespace {

using Index = std::vector<std::int32_t>;

Value on_machine(Dims dims, int tensor, Index index = {}) {
  Value v;
  v.where = Value::Where::kMachine;
  v.dims = std::move(dims);
  v.tensor = tensor;
  v.index = std::move(index);
  return v;
}

Array scalar(double value) { return {{}, {value}, false}; }

/// The same elements without a view: in a tensor of their own.
Value plain(const OnnxNode& node, const Value& v) {
  if (v.index.empty()) return v;
  return on_machine(v.dims, materialise(node, "", v, layout_of(node, v.dims)));
}

bool has_padding(const Value& v) {
  return std::any_of(v.index.begin(), v.index.end(), [](std::int32_t i) { return i < 0; });
}

/// The value repeated to larger dimensions.
Value expanded(const Value& v, const Dims& dims) {
  if (v.dims == dims) return v;
  Array index{v.dims, {}, true};
  for (const auto i : full_index(v)) index.values.push_back(i);
  const Array all = expand(index, dims);
  return on_machine(dims, v.tensor, Index(all.values.begin(), all.values.end()));
}

/// For each element of the tensor of `to`, what `values` has for the element of `to` that it is;
/// none where an element of `to` would need two.
template <typename T>
std::optional<std::vector<T>> through(const OnnxNode& node, const Value& to,
                                      const std::vector<T>& values, T absent) {
  if (to.index.empty()) return values;
  const std::size_t size = node.tensor(to.tensor).size();
  std::vector<T> result(size, absent);
  std::vector<bool> known(size, false);
  for (std::size_t k = 0; k < values.size(); ++k) {
    const auto at = index(to.index[k]);
    if (known[at] && result[at] != values[k]) return {};
    known[at] = true;
    result[at] = values[k];
  }
  return result;
}

/// One value per channel where all pixels of each agree.
template <typename T>
std::optional<std::vector<T>> per_channel(const Tensor& t, const std::vector<T>& values) {
  const std::size_t plane = index(std::int64_t{t.height} * t.width);
  std::vector<T> result;
  for (int c = 0; c < t.channels; ++c) {
    const auto first = values.begin() + c * static_cast<std::ptrdiff_t>(plane);
    const auto last = first + static_cast<std::ptrdiff_t>(plane);
    if (std::any_of(first, last, [&](const T& v) { return v != *first; })) return {};
    result.push_back(*first);
  }
  return result;
}

/// A constant as weights or bias of the channels of a value's tensor.
std::vector<float> channel_values(const OnnxNode& node, const Value& v, const Array& constant) {
  for (const double c : constant.values) {
    if (!std::isfinite(c)) node.fail("a constant is {}", c);
  }
  if (constant.values.size() == 1) {
    return std::vector<float>(index(node.tensor(v.tensor).channels),
                              static_cast<float>(constant.values[0]));
  }
  const auto all = through(node, v, expand(constant, v.dims).floats(), 0.0f);
  const auto channels = all ? per_channel(node.tensor(v.tensor), *all) : std::nullopt;
  if (!channels) {
    node.fail(
        "a constant of shape {} with a map of shape {}: the machine takes one value for all or one "
        "a channel",
        text(constant.dims), text(v.dims));
  }
  return *channels;
}

}  // namespace

Value elementwise(const OnnxNode& node, const Value& v, Node result, bool keeps_zero) {
  const bool lowest = std::find(v.index.begin(), v.index.end(), kLowest) != v.index.end();
  const Value from = lowest || (!keeps_zero && has_padding(v)) ? plain(node, v) : v;
  result.input = from.tensor;
  const int tensor = node.append(std::move(result), layout_of(node.tensor(from.tensor)));
  return on_machine(from.dims, tensor, from.index);
}

Value affine(const OnnxNode& node, const Value& v, const Array& weight, const Array& bias) {
  const Dims dims = broadcast(v.dims, broadcast(weight.dims, bias.dims));
  Value from = dims == v.dims ? v : plain(node, expanded(v, dims));
  if (has_padding(from)) from = plain(node, from);
  Node result;
  result.kind = NodeKind::kScale;
  result.weights = channel_values(node, from, weight);
  result.bias = channel_values(node, from, bias);
  return elementwise(node, from, std::move(result), true);
}

Value affine(const OnnxNode& node, const Value& v, float weight, float bias) {
  return affine(node, v, scalar(weight), scalar(bias));
}

Value pair(const OnnxNode& node, const Value& left, const Value& right, NodeKind kind) {
  const Dims dims = broadcast(left.dims, right.dims);
  const bool swapped = left.dims != dims && right.dims == dims;
  Value a = swapped ? right : left;
  const Value& b = swapped ? left : right;
  a = a.dims == dims ? a : plain(node, expanded(a, dims));
  if (has_padding(a)) a = plain(node, a);
  auto sources = through(node, a, full_index(expanded(b, dims)), kZero);
  if (!sources) {
    a = plain(node, a);
    sources = full_index(expanded(b, dims));
  }
  const Tensor to = node.tensor(a.tensor);
  Layout layout = layout_of(to);
  Value other = on_machine({static_cast<std::int64_t>(sources->size())}, b.tensor, *sources);
  const auto channels = per_channel(to, *sources);
  if (kind == NodeKind::kMul && channels && to.height * to.width > 1) {
    other = on_machine({to.channels}, b.tensor, *channels);
    layout = {to.channels, 1, 1};
  }
  bool whole = node.tensor(b.tensor).size() == other.index.size();
  for (std::size_t i = 0; whole && i < other.index.size(); ++i) {
    whole = other.index[i] == static_cast<std::int32_t>(i);
  }
  if (whole) other.index.clear();
  Node result;
  result.kind = kind;
  result.input = a.tensor;
  result.residual = materialise(node, "", other, layout);
  return on_machine(dims, node.append(std::move(result), layout_of(to)), a.index);
}

void add_neg(OnnxNode& node) { node.alias(affine(node, node.view(0), -1, 0)); }

void add_add(OnnxNode& node) {
  for (int i = 0; i < 2; ++i) {
    if (const Array* c = node.find_constant(i))
      return node.alias(affine(node, node.view(1 - i), scalar(1), *c));
  }
  node.alias(pair(node, node.view(0), node.view(1), NodeKind::kAdd));
}

void add_sub(OnnxNode& node) {
  if (const Array* c = node.find_constant(0))
    return node.alias(affine(node, node.view(1), scalar(-1), *c));
  if (const Array* c = node.find_constant(1))
    return node.alias(affine(node, node.view(0), scalar(1), map(*c, [](double v) { return -v; })));
  const Value negated = affine(node, node.view(1), -1, 0);
  node.alias(pair(node, node.view(0), negated, NodeKind::kAdd));
}

void add_mul(OnnxNode& node) {
  for (int i = 0; i < 2; ++i) {
    if (const Array* c = node.find_constant(i)) return append_factor(node, 1 - i, *c);
  }
  if (!append_self_gate(node)) node.alias(pair(node, node.view(0), node.view(1), NodeKind::kMul));
}

void add_div(OnnxNode& node) {
  const Array* c = node.find_constant(1);
  if (!c) node.fail("division by what is computed from the image is not supported on the machine");
  append_factor(node, 0, map(*c, [](double v) { return 1 / v; }));
}

void add_pow(OnnxNode& node) {
  const double exponent = node.scalar(1, "exponent");
  if (exponent == 1) return node.alias(node.view(0));
  if (exponent != 2) node.fail("exponent {}: the machine computes squares only", exponent);
  node.alias(pair(node, node.view(0), node.view(0), NodeKind::kMul));
}

void add_sum(OnnxNode& node) {
  if (node.input_count() == 0) node.fail("has no input");
  if (node.input_count() == 1) return node.alias(node.view(0));
  std::optional<Value> sum;
  std::vector<const Array*> constants;
  for (int i = 0; i < node.input_count(); ++i) {
    if (const Array* c = node.find_constant(i)) {
      constants.push_back(c);
    } else {
      sum = sum ? pair(node, *sum, node.view(i), NodeKind::kAdd) : node.view(i);
    }
  }
  for (const Array* c : constants) sum = affine(node, *sum, scalar(1), *c);
  node.alias(*sum);
}

void add_mean(OnnxNode& node) {
  add_sum(node);
  const Value sum = node.context().values.at(node.output(0));
  node.alias(affine(node, sum, 1.0f / static_cast<float>(node.input_count()), 0));
}

void add_batch_norm(OnnxNode& node) {
  const bool old = node.opset() < 14;
  for (int i = 1; i < node.output_count(); ++i) {
    if (node.has_output(i) && (old || node.is_read(i))) {
      node.fail(
          "is in training mode (it has {} outputs), in which it normalises by the image itself; "
          "export the network for inference (model.eval() in PyTorch)",
          node.output_count());
    }
  }
  node.require_attribute("training_mode", 0);
  node.require_attribute("spatial", 1);  // up to operator set 8
  const Value& v = node.view(0);
  if (v.dims.size() < 2) node.fail("its input has shape {}", text(v.dims));
  const auto size = index(v.dims[1]);
  const auto gamma = node.floats(1, "scale", size), beta = node.floats(2, "bias value", size),
             mean = node.floats(3, "mean", size), variance = node.floats(4, "variance", size);
  const float epsilon = node.number("epsilon", 1e-5f);
  Array weight{Dims(v.dims.size() - 1, 1), {}, false};
  weight.dims[0] = v.dims[1];
  Array bias = weight;
  for (std::size_t c = 0; c < size; ++c) {
    // As ONNX Runtime: where codes are made of the result, the last bit counts.
    const float inverse = 1 / std::sqrt(variance[c] + epsilon);
    if (!std::isfinite(inverse))
      node.fail("variance {} of channel {} is impossible", variance[c], c);
    const float factor = inverse * gamma[c];
    const auto shift = static_cast<float>(double{mean[c]} * double{factor});
    weight.values.push_back(factor);
    bias.values.push_back(beta[c] - shift);
  }
  node.alias(affine(node, v, weight, bias));
}

}  // namespace reshift::onnx_import
