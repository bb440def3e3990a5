// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "import/onnx/node.hpp"

namespace reshift::onnx_import {

/// Appends `result`, a convolution or pooling of `source` with this kernel (height, width):
/// strides, dilations and padding are those of the node's attributes, to which the padding of
/// `source` is added; the output gets the size that follows from them.
void append_window(OnnxNode& node, Node result, const Value& source, std::array<int, 2> kernel,
                   int channels);

}  // namespace reshift::onnx_import
