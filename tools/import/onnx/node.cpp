// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "import/onnx/node.hpp"

namespace reshift::onnx_import {

std::string OnnxNode::name() const {
  if (!proto_.name().empty()) return proto_.name();
  return proto_.output_size() > 0 ? proto_.output(0) : "without a name";
}

const onnx::AttributeProto* OnnxNode::attribute(const std::string& name) const {
  for (const auto& a : proto_.attribute()) {
    if (a.name() == name) return &a;
  }
  return nullptr;
}

std::int64_t OnnxNode::integer(const std::string& name, std::int64_t absent) const {
  const auto* a = attribute(name);
  return a ? a->i() : absent;
}

float OnnxNode::number(const std::string& name, float absent) const {
  const auto* a = attribute(name);
  return a ? a->f() : absent;
}

std::string OnnxNode::string(const std::string& name, const std::string& absent) const {
  const auto* a = attribute(name);
  return a ? a->s() : absent;
}

Dims OnnxNode::integers(const std::string& name, const Dims& absent) const {
  const auto* a = attribute(name);
  return a ? Dims(a->ints().begin(), a->ints().end()) : absent;
}

std::array<int, 2> OnnxNode::pair(const std::string& name, const Dims& absent) const {
  const Dims values = integers(name, absent);
  if (values.size() != 2) fail("{} {}: only two spatial axes are supported", name, text(values));
  for (const auto v : values) {
    if (v < 1 || v > 65535) fail("{} {} is out of range", name, text(values));
  }
  return {static_cast<int>(values[0]), static_cast<int>(values[1])};
}

void OnnxNode::require_attribute(const std::string& name, std::int64_t expected) const {
  if (integer(name, expected) != expected) {
    fail("{} = {} is not supported, only {}", name, integer(name, expected), expected);
  }
}

const Constant* OnnxNode::find_constant(int i) const {
  if (!has_input(i)) return nullptr;
  const auto found = context_.constants.find(input(i));
  return found == context_.constants.end() ? nullptr : &found->second;
}

const Constant& OnnxNode::constant(int i, const char* what) const {
  const Constant* found = find_constant(i);
  if (!found) fail("its {} must be a constant", what);
  return *found;
}

const std::vector<float>& OnnxNode::floats(int i, const char* what, std::size_t size) const {
  const Constant& c = constant(i, what);
  if (c.values.size() != size) fail("{} {}s, expected {}", c.values.size(), what, size);
  return c.values;
}

std::vector<float> OnnxNode::take_floats(int i, const char* what, std::size_t size) {
  const auto& values = floats(i, what, size);
  if (context_.readers[input(i)] > 1) return values;
  return std::move(context_.constants[input(i)].values);
}

const Value& OnnxNode::value(int i) const {
  if (!has_input(i)) fail("input {} is missing", i);
  const auto found = context_.values.find(input(i));
  if (found == context_.values.end()) {
    fail("input {} is {}", input(i),
         context_.constants.contains(input(i)) ? "a constant, which is not supported here"
                                               : "made by no node before it");
  }
  return found->second;
}

const Value& OnnxNode::unpadded(int i) const {
  const Value& v = value(i);
  if (v.padded()) fail("padding made by a Pad node is not supported before this operator");
  return v;
}

int OnnxNode::map(int i) const {
  const Value& v = unpadded(i);
  const Tensor& t = tensor(v.tensor);
  if (v.flat && t.height * t.width != 1) fail_flat();
  return v.tensor;
}

void OnnxNode::fail_flat() const { fail("needs a map of pixels, its input is flattened"); }

const std::string& OnnxNode::output(int i) const {
  if (i >= proto_.output_size()) fail("has no output");
  return proto_.output(i);
}

void OnnxNode::define(Constant constant) { context_.constants[output(0)] = std::move(constant); }

void OnnxNode::alias(Value v) { context_.values[output(0)] = v; }

int OnnxNode::append_tensor(int channels, int height, int width, bool flat) {
  auto& tensors = context_.graph.tensors;
  tensors.push_back({output(0), channels, height, width});
  const int number = static_cast<int>(tensors.size()) - 1;
  alias({number, flat, {}});
  return number;
}

void OnnxNode::append(Node node, int channels, int height, int width, bool flat) {
  node.name = name();
  node.output = append_tensor(channels, height, width, flat);
  context_.graph.nodes.push_back(std::move(node));
}

}  // namespace reshift::onnx_import
