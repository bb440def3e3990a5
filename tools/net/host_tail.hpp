// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "net/array.hpp"

namespace reshift {

/// One operation on arrays of any rank: of the host, or of what is known at import. Axes are from 0
/// to rank - 1, whatever the file says.
struct HostStep {
  enum class Kind {
    kReshape,    ///< ints: the dimensions
    kTranspose,  ///< ints: the permutation
    kGather,     ///< ints: the axis, then indices, kFill for a slice of numbers[0]
    kConcat,     ///< ints: the axis; any number of inputs
    kExpand,     ///< ints: the dimensions
    kUnary,      ///< function of one value, with parameters in numbers
    kBinary,     ///< function of two, broadcast
    kWhere,      ///< three inputs, broadcast: the second where the first is not 0, else the third
    kReduce,     ///< function of a group of values; ints: the axes, which remain with size 1
    kAlong,      ///< function that changes each group of values together; ints: the axes
    kMatMul,     ///< of matrices; leading dimensions are broadcast
  };
  Kind kind = Kind::kReshape;
  std::string function;  ///< by its ONNX name, without "Reduce"
  std::vector<std::int64_t> ints;
  std::vector<double> numbers;
  std::vector<int> inputs;  ///< numbers of values
  bool operator==(const HostStep&) const = default;
};

/// Throws Error when the inputs do not fit the step.
Array run_step(const HostStep& step, const std::vector<const Array*>& inputs);

/// Whether a step only takes values to other places.
bool is_movement(const HostStep& step);

/// What the host computes, in float, of what the machine gave: what follows the machine's last
/// operation. Values are numbered: first the machine's outputs, each as 1 x channels x height x
/// width, then `constants`, then the results of `steps`.
struct HostTail {
  struct Output {
    std::string name;
    int value = 0;
    Dims dims;  ///< as the file has it, of one image
    bool operator==(const Output&) const = default;
  };
  std::vector<Dims> inputs;  ///< of the machine's outputs
  std::vector<Array> constants;
  std::vector<HostStep> steps;
  std::vector<Output> outputs;  ///< of the file; none: they are the machine's

  /// Whether there is nothing for the host to compute.
  bool empty() const { return steps.empty(); }
  /// The values of the outputs. Throws Error when the machine's outputs do not fit.
  std::vector<std::vector<float>> run(std::vector<std::vector<float>> machine_outputs) const;
  /// Throws Error when a step reads what is not there, or shapes do not fit.
  void check() const;
};

/// Typed reading: throws Error naming the field that is missing or of another type, and what
/// check() says.
nlohmann::json to_json(const HostTail& tail);
HostTail host_tail_from_json(const nlohmann::json& json);

}  // namespace reshift
