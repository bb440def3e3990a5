// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "import/onnx/program.hpp"
#include "net/graph.hpp"

namespace reshift::onnx_import {

/// The values that the host may have to compute, by numbers; only those that outputs need become
/// part of the network.
class HostValues {
 public:
  /// Each returns the value's number.
  int tensor(int number, const Graph& graph);
  int constant(Array array);
  int step(HostStep step);
  /// The outputs of a program; absent inputs are -1.
  std::vector<int> program(const Program& program, const std::vector<int>& inputs);

  const Dims& dims(int value) const { return items_.at(static_cast<std::size_t>(value)).dims; }

  using Outputs = std::vector<std::pair<std::string, int>>;
  /// Sets the graph's outputs and its tail. Throws Error when no output depends on the image.
  void finish(const Outputs& outputs, Graph& graph) const;

 private:
  struct Item {
    Dims dims;
    std::variant<int, Array, HostStep> what;  ///< a tensor, a constant, a step
  };
  const Item& item(int i) const { return items_.at(static_cast<std::size_t>(i)); }
  int add(Item item);
  std::vector<Item> items_;
};

}  // namespace reshift::onnx_import
