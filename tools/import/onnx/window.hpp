// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "import/onnx/node.hpp"
#include "import/onnx/view.hpp"

namespace reshift::onnx_import {

/// The window along one axis.
struct Axis {
  std::int64_t size, kernel, stride, dilation;  ///< size: of the input, a Pad node's padding in it
  std::int64_t before = 0, after = 0;           ///< padding by the node itself
  std::int64_t more = 0;                        ///< after that, by ceil_mode
  std::int64_t span() const { return dilation * (kernel - 1) + 1; }
  std::int64_t room() const { return size + before + after + more - span(); }
  std::int64_t out() const { return room() / stride + 1; }
};
using Axes = std::array<Axis, 2>;  ///< rows, columns

/// `kernel_shape`, as rows and columns; `absent` where the node does not give it.
std::array<int, 2> kernel_of(const OnnxNode& node, const Dims& absent);

/// Values of an attribute with one value for each spatial axis, as rows and columns; from 1 to
/// 65535.
std::array<int, 2> pair_of(const OnnxNode& node, const std::string& name, const Dims& absent);

/// The window of a node over a map of this layout: strides, dilations and padding are those of its
/// attributes.
Axes axes_of(const OnnxNode& node, const Layout& map, std::array<int, 2> kernel);

/// Appends `result`, a convolution or pooling of the map; its output, as many dimensions as input 0
/// has, gets the size that follows. The padding of the map becomes the window's.
void append_window(OnnxNode& node, Node result, const PaddedMap& map, const Axes& axes,
                   int channels);

}  // namespace reshift::onnx_import
