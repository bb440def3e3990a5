// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "golden/convolve.hpp"
#include "net/graph.hpp"

namespace reshift {

/// What a node computes before its bounds: kind and residual, channels x height x width; `out` has
/// only the channels that it writes. `residual` may be null without one. `columns` is scratch.
void run_node(const Graph& graph, const Node& node, const float* in, const float* residual,
              float* out, Matrix<float>& columns);

/// The values of the output tensor for an image of tensor 0's shape. Thread-safe.
std::vector<float> run_float(const Graph& graph, std::span<const float> image);

/// The same network as convolutions and poolings only, as the hardware runs them: batch
/// normalisation is folded into the convolution before it, bounds and additions into the operation
/// that makes their operand. Where that is impossible a 1x1 convolution of single channels takes
/// the place. An addition becomes the residual of the operand that takes longer, and the other
/// operand is computed first. A copy into a slice of a tensor (concatenation) disappears where
/// nothing else reads what it copies: its operation writes the slice; not so a maximum or what is
/// itself made of slices. What does not reach the output is dropped.
Graph fuse(const Graph& graph);

}  // namespace reshift
