// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "net/graph.hpp"

namespace reshift {

/// Values of one tensor for all calibration images.
using Batch = std::vector<std::vector<float>>;

/// A float network on calibration images, computed node by node as the tensors are needed.
class FloatRun {
 public:
  /// `images`: values of tensor 0. Throws Error when one is not finite.
  FloatRun(const Graph& graph, const Batch& images);

  const Batch& tensor(int i) const { return tensors_[static_cast<std::size_t>(i)]; }

  /// What a node computes on the tensors that are there, before its bounds: only the channels that
  /// it writes. Throws Error naming the node when a value is infinite or not a number.
  Batch run(const Node& node) const;

  /// Keeps what run() gave for node `index`, within its bounds, in the node's output tensor.
  void keep(std::size_t index, const Batch& computed);

  /// Makes a tensor whole: runs the nodes that write its other channels, and those before them.
  void complete(int tensor);

  /// Frees a tensor.
  void drop(int tensor);

 private:
  const Graph& graph_;
  const std::size_t images_;
  std::vector<bool> done_;      ///< by node: its channels are in tensors_
  std::vector<Batch> tensors_;  ///< by tensor
};

}  // namespace reshift
