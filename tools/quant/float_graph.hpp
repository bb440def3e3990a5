// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "golden/convolve.hpp"
#include "net/graph.hpp"

namespace reshift {

/// What a node computes before its bounds: kind and residual; `out` is what Graph::written says.
/// `columns` is scratch.
void run_node(const Graph& graph, const Node& node, const Operands& operands, float* out,
              Matrix<float>& columns);

/// The values of the machine's outputs (Graph::outputs) for an image of tensor 0's shape.
/// Thread-safe.
std::vector<std::vector<float>> run_machine(const Graph& graph, std::span<const float> image);

/// The values of the file's outputs: those of the machine, after what the host computes
/// (Graph::tail). Thread-safe.
std::vector<std::vector<float>> run_float(const Graph& graph, std::span<const float> image);

/// Weights of a convolution as outputs x what an output has.
Eigen::Map<const Matrix<float>> weight_matrix(const Node& node);

/// Whether every output is an input as it is, or nothing: then its codes can be those of the input.
bool is_selection(const Node& node);

/// The same network as convolutions and poolings only, as the hardware runs them: batch
/// normalisation is folded into the convolution before it, bounds and additions into the operation
/// that makes their operand. Where that is impossible a 1x1 convolution of single channels takes
/// the place. An addition becomes the residual of the operand that takes longer, and the other
/// operand is computed first. If that other operand is a convolution of kernel 1x1, without groups
/// and padding, of at most kMostMerged channels, and no selection, it becomes the shortcut of the
/// operand that takes longer, when `merge_shortcuts` and that is a convolution whose output is not
/// larger than its input (divided by its stride): one convolution of two inputs. A copy into a
/// slice of a tensor (concatenation) disappears where nothing else reads what it copies: its
/// operation writes the slice; not so a maximum or what is itself made of slices. A selection of
/// channels (Split, Slice, channel shuffle) disappears into the convolution that reads it, unless
/// that has groups or would read more than twice as many channels through a larger kernel. kMul
/// stays. What does not reach an output is dropped.
Graph fuse(const Graph& graph, bool merge_shortcuts = true);

/// Input channels of a shortcut that is merged. A pixel group of a layer takes at least as long as
/// post-processing, which is what binds a 1x1 layer of few channels; one of more channels takes as
/// long in another's list as by itself, and keeps the block's input alive until the sum.
constexpr int kMostMerged = 64;

}  // namespace reshift
