// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "import/check.hpp"
#include "import/onnx/node.hpp"

namespace reshift::onnx_import {

/// Adds what a node computes to the network: to what is known at import, to the machine's nodes, or
/// to the host's values. A node that can be read nowhere makes values that are unknown; the result
/// says so.
NodeCheck read_node(OnnxNode& node);

/// The number, for the host, of what a name stands for. Throws Error when it is unknown.
int host_value(const std::string& name, Context& context);

// --- Operators that make nodes of the graph, a file per family --------------------------------
// They throw Error where the machine cannot do it; the host may then.

// constants.cpp: what a node says itself, and shapes
void add_constant(OnnxNode& node);
void add_constant_of_shape(OnnxNode& node);
void add_range(OnnxNode& node);
void add_shape(OnnxNode& node);
void add_size(OnnxNode& node);

// convolution.cpp, transposed.cpp, dense.cpp
void add_conv(OnnxNode& node);
void add_conv_transpose(OnnxNode& node);
void add_gemm(OnnxNode& node);
void add_matmul(OnnxNode& node);

// arithmetic.cpp: of a map with constants, or of two maps
void add_add(OnnxNode& node);
void add_batch_norm(OnnxNode& node);
void add_div(OnnxNode& node);
void add_max(OnnxNode& node);
void add_mean(OnnxNode& node);
void add_min(OnnxNode& node);
void add_mul(OnnxNode& node);
void add_neg(OnnxNode& node);
void add_pow(OnnxNode& node);
void add_sub(OnnxNode& node);
void add_sum(OnnxNode& node);

// functions.cpp: of one value
void add_clip(OnnxNode& node);
void add_hard_sigmoid(OnnxNode& node);
void add_hard_swish(OnnxNode& node);
void add_leaky_relu(OnnxNode& node);
void add_prelu(OnnxNode& node);
void add_relu(OnnxNode& node);
void add_sigmoid(OnnxNode& node);
void add_swish(OnnxNode& node);
void add_tanh(OnnxNode& node);

// quantise.cpp
void add_quantize_dequantize(OnnxNode& node);

// pooling.cpp
void add_average_pool(OnnxNode& node);
void add_global_average_pool(OnnxNode& node);
void add_global_max_pool(OnnxNode& node);
void add_max_pool(OnnxNode& node);
void add_reduce_max(OnnxNode& node);
void add_reduce_mean(OnnxNode& node);
void add_reduce_sum(OnnxNode& node);

// concat.cpp, pad.cpp
void add_concat(OnnxNode& node);
void add_pad(OnnxNode& node);

// --- Operators as programs on arrays ----------------------------------------------------------

// movement.cpp
Program depth_to_space(const OnnxNode& node);
Program expand(const OnnxNode& node);
Program flatten(const OnnxNode& node);
Program gather(const OnnxNode& node);
Program identity(const OnnxNode& node);
Program reshape(const OnnxNode& node);
Program slice(const OnnxNode& node);
Program space_to_depth(const OnnxNode& node);
Program split(const OnnxNode& node);
Program squeeze(const OnnxNode& node);
Program tile(const OnnxNode& node);
Program transpose(const OnnxNode& node);
Program unsqueeze(const OnnxNode& node);

// pad.cpp, resize.cpp
Program pad(const OnnxNode& node);
Program resize(const OnnxNode& node);

// programs.cpp
Program cast(const OnnxNode& node);
Program clip(const OnnxNode& node);
Program concat(const OnnxNode& node);
Program dropout(const OnnxNode& node);
Program elementwise(const OnnxNode& node);  ///< a function of one value, or of two
Program mean(const OnnxNode& node);
Program reduction(const OnnxNode& node);
Program softmax(const OnnxNode& node);  ///< and other functions along axes
Program variadic(const OnnxNode& node);
Program where(const OnnxNode& node);

/// The axes of a reduction, counted from 0, in order; all of them where none are given.
Dims reduced_axes(const OnnxNode& node);

}  // namespace reshift::onnx_import
