// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "import/onnx/host.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace reshift::onnx_import {
namespace {

/// The image is no output of the machine: a copy of it is.
int copied_image(int tensor, const std::string& name, Graph& graph) {
  if (tensor != 0) return tensor;
  Tensor copy = graph.tensors[0];
  copy.name += " (copy)";
  for (std::size_t i = 0; i < graph.tensors.size(); ++i) {
    if (graph.tensors[i].name == copy.name) return static_cast<int>(i);
  }
  graph.tensors.push_back(copy);
  Node node;
  node.name = name + " (copy of the image)";
  node.kind = NodeKind::kClamp;
  node.input = 0;
  node.output = static_cast<int>(graph.tensors.size()) - 1;
  graph.nodes.push_back(std::move(node));
  return graph.nodes.back().output;
}

}  // namespace

int HostValues::add(Item item) {
  items_.push_back(std::move(item));
  return static_cast<int>(items_.size()) - 1;
}

int HostValues::tensor(int number, const Graph& graph) {
  for (std::size_t i = 0; i < items_.size(); ++i) {
    const int* known = std::get_if<int>(&items_[i].what);
    if (known && *known == number) return static_cast<int>(i);
  }
  const Tensor& t = graph.tensor(number);
  return add({{1, t.channels, t.height, t.width}, number});
}

int HostValues::constant(Array array) {
  Dims dims = array.dims;
  return add({std::move(dims), std::move(array)});
}

int HostValues::step(HostStep s) {
  // Its shape is that of what it makes of zeros.
  std::vector<Array> zeros;
  std::vector<const Array*> inputs;
  zeros.reserve(s.inputs.size());
  for (const int i : s.inputs) {
    if (const Array* known = std::get_if<Array>(&item(i).what)) {
      inputs.push_back(known);
    } else {
      zeros.push_back({dims(i), std::vector<double>(static_cast<std::size_t>(product(dims(i))))});
      inputs.push_back(&zeros.back());
    }
  }
  Dims result = run_step(s, inputs).dims;
  return add({std::move(result), std::move(s)});
}

std::vector<int> HostValues::program(const Program& program, const std::vector<int>& inputs) {
  std::vector<int> numbers = inputs;
  numbers.resize(static_cast<std::size_t>(program.inputs()), -1);
  const auto number = [&](int i) {
    const int n = numbers.at(static_cast<std::size_t>(i));
    if (n < 0) throw Error("input {} is missing", i);
    return n;
  };
  for (const auto& entry : program.items()) {
    if (const Array* array = std::get_if<Array>(&entry)) {
      numbers.push_back(constant(*array));
      continue;
    }
    HostStep s = std::get<HostStep>(entry);
    for (int& i : s.inputs) i = number(i);
    const bool nothing = s.kind == HostStep::Kind::kReshape && dims(s.inputs[0]) == s.ints;
    numbers.push_back(nothing ? s.inputs[0] : step(std::move(s)));
  }
  std::vector<int> outputs;
  for (const int o : program.outputs()) outputs.push_back(number(o));
  return outputs;
}

void HostValues::finish(const Outputs& outputs, Graph& graph) const {
  std::vector<bool> needed(items_.size(), false);
  for (const auto& [name, value] : outputs) needed.at(static_cast<std::size_t>(value)) = true;
  for (std::size_t i = items_.size(); i-- > 0;) {
    const HostStep* s = std::get_if<HostStep>(&items_[i].what);
    if (!needed[i] || !s) continue;
    for (const int j : s->inputs) needed[static_cast<std::size_t>(j)] = true;
  }
  HostTail& tail = graph.tail;
  std::vector<int> numbers(items_.size(), -1);
  int next = 0;
  // The first output of the file is made of the first ones of the machine.
  const auto add_tensor = [&](std::size_t i) {
    if (numbers[i] >= 0) return;
    const int number = copied_image(std::get<int>(items_[i].what), "image", graph);
    std::string name = graph.tensor(number).name;
    for (const auto& [own, value] : outputs) {
      if (static_cast<std::size_t>(value) == i) name = own;
    }
    graph.outputs.push_back({name, number});
    tail.inputs.push_back(items_[i].dims);
    numbers[i] = next++;
  };
  for (const auto& [name, value] : outputs) {
    if (std::holds_alternative<int>(item(value).what)) add_tensor(static_cast<std::size_t>(value));
  }
  for (std::size_t i = 0; i < items_.size(); ++i) {
    if (needed[i] && std::holds_alternative<int>(items_[i].what)) add_tensor(i);
  }
  if (graph.outputs.empty()) {
    throw Error("no output depends on the image: there is nothing to compute");
  }
  for (std::size_t i = 0; i < items_.size(); ++i) {
    if (const Array* array = std::get_if<Array>(&items_[i].what); needed[i] && array) {
      tail.constants.push_back(*array);
      numbers[i] = next++;
    }
  }
  for (std::size_t i = 0; i < items_.size(); ++i) {
    const HostStep* known = std::get_if<HostStep>(&items_[i].what);
    if (!needed[i] || !known) continue;
    HostStep s = *known;
    for (int& j : s.inputs) j = numbers[static_cast<std::size_t>(j)];
    tail.steps.push_back(std::move(s));
    numbers[i] = next++;
  }
  for (const auto& [name, value] : outputs) {
    tail.outputs.push_back({name, numbers[static_cast<std::size_t>(value)], item(value).dims});
  }
}

}  // namespace reshift::onnx_import
