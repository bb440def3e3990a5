// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "import/onnx/node.hpp"

#include <algorithm>
#include <cmath>

#include "import/onnx/view.hpp"

namespace reshift::onnx_import {

using onnx::AttributeProto;

std::string OnnxNode::name() const {
  if (!proto_.name().empty()) return proto_.name();
  return proto_.output_size() > 0 ? proto_.output(0) : "without a name";
}

const AttributeProto* OnnxNode::attribute(const std::string& name) const {
  for (const auto& a : proto_.attribute()) {
    if (a.name() == name) return &a;
  }
  return nullptr;
}

const AttributeProto* OnnxNode::attribute(const std::string& name,
                                          AttributeProto::AttributeType type) const {
  const auto* a = attribute(name);
  // Files of the first versions leave the type out.
  if (a && a->type() != type && a->type() != AttributeProto::UNDEFINED) {
    fail("attribute {} is of type {}, not {}", name, AttributeProto::AttributeType_Name(a->type()),
         AttributeProto::AttributeType_Name(type));
  }
  return a;
}

std::int64_t OnnxNode::integer(const std::string& name, std::int64_t absent) const {
  const auto* a = attribute(name, AttributeProto::INT);
  return a ? a->i() : absent;
}

float OnnxNode::number(const std::string& name, float absent) const {
  const auto* a = attribute(name, AttributeProto::FLOAT);
  if (a && std::isnan(a->f())) fail("attribute {} is not a number", name);
  return a ? a->f() : absent;
}

std::string OnnxNode::string(const std::string& name, const std::string& absent) const {
  const auto* a = attribute(name, AttributeProto::STRING);
  return a ? a->s() : absent;
}

Dims OnnxNode::integers(const std::string& name, const Dims& absent) const {
  const auto* a = attribute(name, AttributeProto::INTS);
  return a ? Dims(a->ints().begin(), a->ints().end()) : absent;
}

std::vector<float> OnnxNode::numbers(const std::string& name) const {
  const auto* a = attribute(name, AttributeProto::FLOATS);
  return a ? std::vector<float>(a->floats().begin(), a->floats().end()) : std::vector<float>();
}

void OnnxNode::require_attribute(const std::string& name, std::int64_t expected) const {
  if (integer(name, expected) != expected) {
    fail("{} = {} is not supported, only {}", name, integer(name, expected), expected);
  }
}

Dims OnnxNode::integers_or_input(const std::string& name, int last, int i,
                                 const Dims& absent) const {
  if (opset() <= last) return integers(name, absent);
  return has_input(i) ? constant(i, name.c_str()).integers() : absent;
}

Dims OnnxNode::dims(int i) const {
  if (is_constant(i)) return constant_dims(i);
  return value(i).dims;
}

std::int64_t OnnxNode::axis(std::int64_t axis, std::size_t rank) const {
  const auto size = static_cast<std::int64_t>(rank);
  if (axis < -size || axis >= size) fail("axis {} of {} dimensions", axis, rank);
  return axis < 0 ? axis + size : axis;
}

bool OnnxNode::is_constant(int i) const {
  return has_input(i) &&
         (context_.constants.contains(input(i)) || context_.initializers.contains(input(i)));
}

Dims OnnxNode::constant_dims(int i) const {
  if (const auto known = context_.constants.find(input(i)); known != context_.constants.end()) {
    return known->second.dims;
  }
  return dims_of(*context_.initializers.at(input(i)));
}

const Array* OnnxNode::find_constant(int i) const {
  if (!has_input(i)) return nullptr;
  const auto found = context_.constants.find(input(i));
  if (found != context_.constants.end()) return &found->second;
  const auto unread = context_.initializers.find(input(i));
  if (unread == context_.initializers.end()) return nullptr;
  return &(context_.constants[input(i)] = context_.reader.read(*unread->second));
}

const Array& OnnxNode::constant(int i, const char* what) const {
  const Array* found = find_constant(i);
  if (!found) {
    if (!has_input(i)) fail("its {} (input {}) is missing", what, i);
    fail("its {} ('{}') must be a constant, not computed from the image", what, input(i));
  }
  return *found;
}

double OnnxNode::scalar(int i, const char* what) const {
  const Array& c = constant(i, what);
  if (c.values.size() != 1) fail("its {} has shape {}, expected is one value", what, text(c.dims));
  return c.values[0];
}

std::vector<float> OnnxNode::floats(int i, const char* what, std::size_t size) const {
  const Array& c = constant(i, what);
  if (c.values.size() != size) fail("{} {}s, expected {}", c.values.size(), what, size);
  if (!std::all_of(c.values.begin(), c.values.end(), [](double v) { return std::isfinite(v); })) {
    fail("a {} in '{}' is not finite", what, input(i));
  }
  return c.floats();
}

std::vector<float> OnnxNode::take_floats(int i, const char* what) {
  const auto unread =
      has_input(i) ? context_.initializers.find(input(i)) : context_.initializers.end();
  if (unread == context_.initializers.end() || context_.constants.contains(input(i))) {
    return floats(i, what, constant(i, what).values.size());
  }
  std::vector<float> values = context_.reader.floats(*unread->second);
  if (context_.readers[input(i)].size() == 1) {
    std::unique_ptr<std::string>(unread->second->release_raw_data());
  }
  return values;
}

const Value& OnnxNode::value(int i) const {
  if (!has_input(i)) fail("input {} is missing", i);
  const auto found = context_.values.find(input(i));
  if (found == context_.values.end()) {
    fail("input {} is {}", input(i),
         is_constant(i) ? "a constant, which is not supported here" : "made by no node before it");
  }
  return found->second;
}

const Value& OnnxNode::view(int i) const {
  const Value& v = value(i);
  if (v.where != Value::Where::kMachine) fail("input {} is not on the machine", input(i));
  return v;
}

int OnnxNode::map(int i) const {
  const Value& v = view(i);
  return materialise(*this, input(i), v, layout_of(*this, v.dims));
}

const std::string& OnnxNode::output(int i) const {
  if (i >= proto_.output_size()) fail("has no output {}", i);
  return proto_.output(i);
}

bool OnnxNode::is_read(int i) const {
  return has_output(i) && context_.readers.contains(output(i));
}

void OnnxNode::define(Array constant, int i) const {
  if (has_output(i)) context_.constants[output(i)] = std::move(constant);
}

void OnnxNode::alias(Value v, int i) const {
  if (has_output(i)) context_.values[output(i)] = std::move(v);
}

int OnnxNode::append_tensor(const Layout& layout) const {
  constexpr int kMost = 65535;
  if (layout.channels < 1 || layout.channels > kMost || layout.height < 1 ||
      layout.height > kMost || layout.width < 1 || layout.width > kMost) {
    fail("makes a map of {} channels x {} rows x {} columns; each is from 1 to {}", layout.channels,
         layout.height, layout.width, kMost);
  }
  auto& tensors = context_.graph.tensors;
  tensors.push_back({output(0), layout.channels, layout.height, layout.width});
  return static_cast<int>(tensors.size()) - 1;
}

int OnnxNode::append(Node node, const Layout& layout) const {
  if (node.name.empty()) node.name = name();
  node.output = append_tensor(layout);
  context_.graph.nodes.push_back(std::move(node));
  return context_.graph.nodes.back().output;
}

void OnnxNode::result(Dims dims, int tensor, std::vector<std::int32_t> index) const {
  Value v;
  v.where = Value::Where::kMachine;
  v.dims = std::move(dims);
  v.tensor = tensor;
  v.index = std::move(index);
  alias(std::move(v));
}

}  // namespace reshift::onnx_import
