// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "import/onnx/node.hpp"

namespace reshift::onnx_import {

/// Throws Error naming the node when its operator belongs to a quantised network, or is not read in
/// this version of the operator set: what says more of a network than the types of its constants.
void check_operator(const OnnxNode& node);

/// Adds what a node computes to the network. Throws Error naming it when its operator is unknown
/// or refuses it.
void read_node(OnnxNode& node);

// --- The operators, a file per family ---------------------------------------------------------

// constants.cpp
void add_constant(OnnxNode& node);
void add_identity(OnnxNode& node);

// convolution.cpp
void add_conv(OnnxNode& node);
void add_gemm(OnnxNode& node);
void add_matmul(OnnxNode& node);

// elementwise.cpp
void add_add(OnnxNode& node);
void add_clip(OnnxNode& node);
void add_relu(OnnxNode& node);
void add_softmax(OnnxNode& node);
void add_sum(OnnxNode& node);

// normalisation.cpp
void add_batch_norm(OnnxNode& node);

// pooling.cpp
void add_average_pool(OnnxNode& node);
void add_global_average_pool(OnnxNode& node);
void add_max_pool(OnnxNode& node);
void add_reduce_mean(OnnxNode& node);

// shape.cpp
void add_concat(OnnxNode& node);
void add_flatten(OnnxNode& node);
void add_pad(OnnxNode& node);
void add_reshape(OnnxNode& node);
void add_shape(OnnxNode& node);

// fold.cpp: of integers known at import, with which exported networks compute shapes
using Constants = std::vector<const Constant*>;
Constant fold_concat(const OnnxNode& node, const Constants& inputs);
Constant fold_gather(const OnnxNode& node, const Constants& inputs);
Constant fold_squeeze(const OnnxNode& node, const Constants& inputs);
Constant fold_unsqueeze(const OnnxNode& node, const Constants& inputs);

}  // namespace reshift::onnx_import
