// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "import/check.hpp"
#include "import/onnx/host.hpp"
#include "import/onnx/initializer.hpp"
#include "import/onnx/program.hpp"
#include "import/onnx/quantised.hpp"
#include "net/graph.hpp"

namespace reshift::onnx_import {

/// Elements of a view that have no source: zero padding, and padding that never wins a maximum.
constexpr std::int32_t kZero = -1, kLowest = -2;
static_assert(kZero == kFill);

/// How a view was made of the value of another name.
struct Movement {
  std::string from;
  Program program;
  std::size_t output;
};

/// What an ONNX name stands for when it is no constant. On the machine it is a view: an array of
/// any shape whose elements are elements of a tensor of the graph.
struct Value {
  enum class Where { kMachine, kHost, kUnknown };
  Where where = Where::kUnknown;
  Dims dims;        ///< as ONNX defines them, of one image; of an unknown value empty
  int tensor = -1;  ///< kMachine
  /// Element k of the value is element index[k] of the tensor, kZero or kLowest; empty: element k.
  std::vector<std::int32_t> index;
  std::shared_ptr<const Movement> movement;  ///< null: not only moved
  int host = -1;                             ///< kHost: number in Context::host
  std::string reason;                        ///< why it is not on the machine
};

/// What is known of a network while its nodes are read one after another.
struct Context {
  std::int64_t opset = 0;  ///< version of the default operator set
  TensorReader reader{""};
  std::map<std::string, onnx::TensorProto*> initializers;  ///< not read yet
  std::map<std::string, Array> constants;
  QuantisedConstants quantised;
  std::map<std::string, std::vector<const onnx::NodeProto*>> readers;
  std::map<std::string, const onnx::NodeProto*> makers;
  std::map<std::string, Value> values;
  std::map<std::string, int> copies;  ///< tensors that hold a value's elements in another layout
  std::map<std::string, Dims> stated_shapes;  ///< by the file, of what it states all of
  std::int64_t batch = 1;                     ///< that the file states; 0: any
  HostValues host;
  Graph graph;  ///< under construction
};

}  // namespace reshift::onnx_import
