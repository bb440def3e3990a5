// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/samples.hpp"
#include "data/tensor_dump.hpp"
#include "golden/graph_interpreter.hpp"
#include "net/graph.hpp"
#include "net/qnet.hpp"

namespace reshift {

/// What a tensor has for one input; float networks have no codes.
struct TensorValues {
  std::vector<float> values;
  std::vector<std::int32_t> codes;
};

/// A network, float or quantised, as it answers inputs.
class Runner {
 public:
  virtual ~Runner() = default;
  virtual InputShape input() const = 0;
  virtual const Preprocess& preprocess() const = 0;
  /// The outputs of the network's file, the scores of a classifier first, then the tensors that
  /// were asked for.
  virtual std::vector<DumpedTensor> tensors() const = 0;
  /// Of each of them. Thread-safe.
  virtual std::vector<TensorValues> run(const std::vector<float>& input) const = 0;
};

/// `more`: names of tensors besides the outputs. Throws Error listing the tensors that there are
/// when one of them is unknown.
std::unique_ptr<Runner> make_runner(Graph graph, const Preprocess& preprocess,
                                    const std::vector<std::string>& more);
std::unique_ptr<Runner> make_runner(QNet net, const std::vector<std::string>& more);

}  // namespace reshift
