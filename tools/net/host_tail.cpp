// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "net/host_tail.hpp"

#include <algorithm>
#include <iterator>

#include "base/error.hpp"
#include "base/integer.hpp"
#include "net/host_functions.hpp"

namespace reshift {
namespace {

const Array& input(const std::vector<const Array*>& inputs, std::size_t i) {
  if (i >= inputs.size())
    throw Error("a step has {} inputs, input {} is missing", inputs.size(), i);
  return *inputs[i];
}

Array where(const Array& condition, const Array& a, const Array& b) {
  const Dims dims = broadcast(condition.dims, broadcast(a.dims, b.dims));
  const Array choice = expand(condition, dims), other = expand(b, dims);
  Array result = expand(a, dims);
  for (std::size_t i = 0; i < result.values.size(); ++i) {
    if (choice.values[i] == 0) result.values[i] = other.values[i];
  }
  return result;
}

Array multiply(Array a, Array b) {
  if (a.dims.empty() || b.dims.empty()) throw Error("a scalar is no matrix");
  const bool is_row = a.dims.size() == 1, is_column = b.dims.size() == 1;
  if (is_row) a.dims.insert(a.dims.begin(), 1);
  if (is_column) b.dims.push_back(1);
  const auto rows = a.dims.end()[-2], middle = a.dims.back(), columns = b.dims.back();
  if (b.dims.end()[-2] != middle) {
    throw Error("matrices {} and {} do not fit", text(a.dims), text(b.dims));
  }
  Dims dims = broadcast({a.dims.begin(), a.dims.end() - 2}, {b.dims.begin(), b.dims.end() - 2});
  const auto stacked = [&](const Array& m, std::int64_t r, std::int64_t c) {
    Dims all = dims;
    all.insert(all.end(), {r, c});
    return expand(m, all).values;
  };
  const auto x = stacked(a, rows, middle), y = stacked(b, middle, columns);
  Array result{dims, {}, a.is_integer && b.is_integer};
  for (std::int64_t n = 0; n < product(dims); ++n) {
    for (std::int64_t r = 0; r < rows; ++r) {
      for (std::int64_t c = 0; c < columns; ++c) {
        double sum = 0;
        for (std::int64_t k = 0; k < middle; ++k) {
          sum += x[index((n * rows + r) * middle + k)] * y[index((n * middle + k) * columns + c)];
        }
        result.values.push_back(sum);
      }
    }
  }
  if (!is_row) result.dims.push_back(rows);
  if (!is_column) result.dims.push_back(columns);
  return result;
}

}  // namespace

Array run_step(const HostStep& s, const std::vector<const Array*>& inputs) {
  using Kind = HostStep::Kind;
  switch (s.kind) {
    case Kind::kReshape:
      return reshape(input(inputs, 0), s.ints);
    case Kind::kTranspose:
      return transpose(input(inputs, 0), s.ints);
    case Kind::kGather:
      if (s.ints.empty()) throw Error("a step gathers along no axis");
      return gather(input(inputs, 0), s.ints[0], std::span(s.ints).subspan(1),
                    s.numbers.empty() ? 0 : s.numbers[0]);
    case Kind::kConcat:
      if (s.ints.empty()) throw Error("a step concatenates along no axis");
      return concatenate(inputs, s.ints[0]);
    case Kind::kExpand:
      return expand(input(inputs, 0), broadcast(input(inputs, 0).dims, s.ints));
    case Kind::kUnary:
      return run_unary(s.function, input(inputs, 0), s.numbers);
    case Kind::kBinary:
      return run_binary(s.function, input(inputs, 0), input(inputs, 1));
    case Kind::kWhere:
      return where(input(inputs, 0), input(inputs, 1), input(inputs, 2));
    case Kind::kReduce:
      return run_reduce(s.function, input(inputs, 0), s.ints, s.numbers);
    case Kind::kAlong:
      return run_along(s.function, input(inputs, 0), s.ints);
    case Kind::kMatMul:
      return multiply(input(inputs, 0), input(inputs, 1));
  }
  throw Error("a step of unknown kind");
}

bool is_movement(const HostStep& step) {
  using Kind = HostStep::Kind;
  return step.kind == Kind::kReshape || step.kind == Kind::kTranspose ||
         step.kind == Kind::kGather || step.kind == Kind::kExpand;
}

std::vector<std::vector<float>> HostTail::run(
    std::vector<std::vector<float>> machine_outputs) const {
  if (outputs.empty()) return machine_outputs;
  if (machine_outputs.size() != inputs.size()) {
    throw Error("{} outputs of the machine, the host expects {}", machine_outputs.size(),
                inputs.size());
  }
  std::vector<Array> values;
  values.reserve(inputs.size() + constants.size() + steps.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const auto& from = machine_outputs[i];
    values.push_back(reshape(
        {{static_cast<std::int64_t>(from.size())}, {from.begin(), from.end()}, false}, inputs[i]));
  }
  values.insert(values.end(), constants.begin(), constants.end());
  for (const HostStep& step : steps) {
    std::vector<const Array*> operands;
    for (const int i : step.inputs) operands.push_back(&values.at(static_cast<std::size_t>(i)));
    values.push_back(run_step(step, operands));
  }
  std::vector<std::vector<float>> result;
  for (const Output& o : outputs) {
    result.push_back(values.at(static_cast<std::size_t>(o.value)).floats());
  }
  return result;
}

void HostTail::check() const {
  std::size_t known = inputs.size() + constants.size();
  for (const HostStep& step : steps) {
    for (const int i : step.inputs) {
      if (i < 0 || static_cast<std::size_t>(i) >= known) {
        throw Error("host tail: a step reads value {} of {}", i, known);
      }
    }
    ++known;
  }
  for (const Output& o : outputs) {
    if (o.value < 0 || static_cast<std::size_t>(o.value) >= known) {
      throw Error("host tail: output {} is value {} of {}", o.name, o.value, known);
    }
  }
  std::vector<std::vector<float>> zeros;
  for (const Dims& dims : inputs) zeros.emplace_back(index(product(dims)), 0.0f);
  if (outputs.empty()) return;
  const auto result = run(std::move(zeros));
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (product(outputs[i].dims) != static_cast<std::int64_t>(result[i].size())) {
      throw Error("host tail: output {} has {} values, its shape is {}", outputs[i].name,
                  result[i].size(), text(outputs[i].dims));
    }
  }
}

}  // namespace reshift
