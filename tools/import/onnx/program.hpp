// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "net/host_tail.hpp"

namespace reshift::onnx_import {

/// What a node computes, as steps on arrays of any rank. Values are numbered: the node's inputs,
/// then what is added, in order. The same program folds constants, moves the elements of a view,
/// and becomes part of the host's tail.
class Program {
 public:
  explicit Program(int inputs) : inputs_(inputs) {}

  /// Each adds a value and returns its number.
  int constant(Array array);
  int step(HostStep step);
  int reshape(int input, Dims dims);
  int transpose(int input, Dims permutation);
  int gather(int input, std::int64_t axis, const Dims& indices, double fill = 0);
  int unary(int input, std::string function, std::vector<double> parameters = {});
  int binary(int a, int b, std::string function);

  void output(int value) { outputs_.push_back(value); }

  int inputs() const { return inputs_; }
  const std::vector<std::variant<Array, HostStep>>& items() const { return items_; }
  const std::vector<int>& outputs() const { return outputs_; }

  /// Whether it only moves elements of its first input, and perhaps gives out constants.
  bool is_movement() const;
  /// The outputs; absent inputs are null.
  std::vector<Array> run(const std::vector<const Array*>& inputs) const;

 private:
  int inputs_;
  std::vector<std::variant<Array, HostStep>> items_;
  std::vector<int> outputs_;
};

}  // namespace reshift::onnx_import
