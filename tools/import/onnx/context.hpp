// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <map>
#include <string>

#include "import/onnx/initializer.hpp"
#include "net/graph.hpp"

namespace reshift::onnx_import {

/// What an ONNX name stands for: a tensor of the graph, perhaps seen as a vector or with padding
/// that the next node takes over.
struct Value {
  int tensor = -1;
  bool flat = false;
  std::array<int, 4> pads{0, 0, 0, 0};  ///< top, left, bottom, right
  bool padded() const { return pads != std::array<int, 4>{0, 0, 0, 0}; }
};

/// What is known of a network while its nodes are read one after another.
struct Context {
  std::int64_t opset = 0;  ///< version of the default operator set
  std::map<std::string, Constant> constants;
  std::map<std::string, int> readers;  ///< inputs of nodes that have this name
  std::map<std::string, Value> values;
  std::string softmax;  ///< output of the Softmax, which must be the last node
  Graph graph;          ///< under construction
};

}  // namespace reshift::onnx_import
