// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "import/onnx/program.hpp"

#include <algorithm>
#include <deque>

#include "base/error.hpp"

namespace reshift::onnx_import {

using Kind = HostStep::Kind;

int Program::constant(Array array) {
  items_.emplace_back(std::move(array));
  return inputs_ + static_cast<int>(items_.size()) - 1;
}

int Program::step(HostStep step) {
  for (const int input : step.inputs) {  // of a node with too few of them
    if (input >= inputs_ + static_cast<int>(items_.size()))
      throw Error("input {} is missing", input);
  }
  items_.emplace_back(std::move(step));
  return inputs_ + static_cast<int>(items_.size()) - 1;
}

int Program::reshape(int input, Dims dims) {
  return step({Kind::kReshape, "", std::move(dims), {}, {input}});
}

int Program::transpose(int input, Dims permutation) {
  return step({Kind::kTranspose, "", std::move(permutation), {}, {input}});
}

int Program::gather(int input, std::int64_t axis, const Dims& indices, double fill) {
  Dims ints{axis};
  ints.insert(ints.end(), indices.begin(), indices.end());
  return step({Kind::kGather, "", std::move(ints), {fill}, {input}});
}

int Program::unary(int input, std::string function, std::vector<double> parameters) {
  return step({Kind::kUnary, std::move(function), {}, std::move(parameters), {input}});
}

int Program::binary(int a, int b, std::string function) {
  return step({Kind::kBinary, std::move(function), {}, {}, {a, b}});
}

bool Program::is_movement() const {
  const auto moves = [this](const std::variant<Array, HostStep>& item) {
    const HostStep* s = std::get_if<HostStep>(&item);
    return !s || (reshift::is_movement(*s) && s->inputs.size() == 1 &&
                  (s->inputs[0] == 0 || s->inputs[0] >= inputs_));
  };
  return std::all_of(items_.begin(), items_.end(), moves) &&
         std::all_of(outputs_.begin(), outputs_.end(),
                     [this](int o) { return o == 0 || o >= inputs_; });
}

std::vector<Array> Program::run(const std::vector<const Array*>& inputs) const {
  std::vector<const Array*> values = inputs;
  values.resize(static_cast<std::size_t>(inputs_), nullptr);
  std::deque<Array> results;
  for (const auto& item : items_) {
    if (const Array* array = std::get_if<Array>(&item)) {
      values.push_back(array);
      continue;
    }
    const HostStep& s = std::get<HostStep>(item);
    std::vector<const Array*> operands;
    for (const int i : s.inputs) {
      operands.push_back(values.at(static_cast<std::size_t>(i)));
      if (!operands.back()) throw Error("input {} is missing", i);
    }
    results.push_back(run_step(s, operands));
    values.push_back(&results.back());
  }
  std::vector<Array> outputs;
  for (const int o : outputs_) {
    const auto place = static_cast<std::size_t>(o);
    if (place >= values.size() || !values[place]) throw Error("input {} is missing", o);
    outputs.push_back(*values[place]);
  }
  return outputs;
}

}  // namespace reshift::onnx_import
