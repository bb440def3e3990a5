// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "import/onnx/node.hpp"

namespace reshift::onnx_import {

/// value * weight + bias, in nodes of the graph. Weights and bias are broadcast as ONNX does; each
/// channel of the tensor must have one of each. Fails otherwise.
Value affine(const OnnxNode& node, const Value& v, const Array& weight, const Array& bias);
Value affine(const OnnxNode& node, const Value& v, float weight, float bias);

/// The sum or the product of two values, broadcast; `kind` is kAdd or kMul.
Value pair(const OnnxNode& node, const Value& a, const Value& b, NodeKind kind);

/// The value through a node of one input and the same layout: kind, bounds and functions are those
/// of `result`. `keeps_zero`: whether it makes 0 of 0.
Value elementwise(const OnnxNode& node, const Value& v, Node result, bool keeps_zero);

}  // namespace reshift::onnx_import
