// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "import/onnx/window.hpp"

#include <algorithm>

namespace reshift::onnx_import {
namespace {

constexpr std::int64_t kMost = 65535;

/// Number of spatial axes of input 0: one (a row of pixels) or two.
std::size_t spatial_axes(const OnnxNode& node) {
  const Dims dims = node.dims(0);
  if (dims.size() != 3 && dims.size() != 4) {
    node.fail("its input has shape {}: one or two spatial dimensions are supported", text(dims));
  }
  return dims.size() - 2;
}

/// The padding that the node itself asks for. `before` and `after`: where pads are given.
void set_padding(const OnnxNode& node, const std::string& auto_pad, std::int64_t before,
                 std::int64_t after, Axis& axis) {
  if (auto_pad == "NOTSET") {
    axis.before = before;
    axis.after = after;
  } else if (auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER") {
    const std::int64_t wanted = (axis.size + axis.stride - 1) / axis.stride;
    const std::int64_t total =
        std::max<std::int64_t>(0, (wanted - 1) * axis.stride + axis.span() - axis.size);
    axis.before = auto_pad == "SAME_UPPER" ? total / 2 : total - total / 2;
    axis.after = total - axis.before;
  } else if (auto_pad != "VALID") {
    node.fail("auto_pad {} is unknown", auto_pad);
  }
}

/// Rounding the output's size up means more padding after the map, unless the last window lay in
/// the padding altogether.
void round_up(Axis& axis) {
  const std::int64_t rest = axis.room() % axis.stride;
  if (rest == 0) return;
  const std::int64_t more = axis.stride - rest;
  if (axis.room() + more < axis.size + axis.before) axis.more = more;
}

/// Kernels of rows x columns become columns x rows.
void swap_taps(std::vector<float>& weights, std::int64_t rows, std::int64_t columns) {
  if (rows == 1 || columns == 1) return;  // the same order
  const Array kernels{{static_cast<std::int64_t>(weights.size()) / (rows * columns), rows, columns},
                      {weights.begin(), weights.end()},
                      false};
  weights = transpose(kernels, {0, 2, 1}).floats();
}

}  // namespace

std::array<int, 2> pair_of(const OnnxNode& node, const std::string& name, const Dims& absent) {
  Dims values = node.integers(name, absent);
  const std::size_t axes = spatial_axes(node);
  if (values.size() == 1 && axes == 1) values.insert(values.begin(), 1);
  if (values.size() != 2) {
    node.fail("{} {} for {} spatial axes", name, text(values), axes);
  }
  for (const auto v : values) {
    if (v < 1 || v > kMost) node.fail("{} {} is out of range", name, text(values));
  }
  return {static_cast<int>(values[0]), static_cast<int>(values[1])};
}

std::array<int, 2> kernel_of(const OnnxNode& node, const Dims& absent) {
  if (absent.empty() && !node.attribute("kernel_shape")) node.fail("its kernel_shape is missing");
  return pair_of(node, "kernel_shape", absent);
}

Axes axes_of(const OnnxNode& node, const Layout& map, std::array<int, 2> kernel) {
  const std::size_t count = spatial_axes(node);
  const std::array sizes{map.height, map.width};
  const Dims ones(count, 1);
  const auto strides = pair_of(node, "strides", ones);
  const auto dilations = pair_of(node, "dilations", ones);
  const std::string auto_pad = node.string("auto_pad", "NOTSET");
  Dims pads = node.integers("pads", Dims(2 * count, 0));
  if (pads.size() != 2 * count) node.fail("pads {} for {} spatial axes", text(pads), count);
  if (count == 1) pads = {0, pads[0], 0, pads[1]};
  Axes axes;
  for (std::size_t i = 0; i < 2; ++i) {
    Axis& axis = axes[i] = {sizes[i], kernel[i], strides[i], dilations[i]};
    if (count == 2 || i == 1) set_padding(node, auto_pad, pads[i], pads[i + 2], axis);
    if (axis.before < 0 || axis.after < 0 || axis.before > kMost || axis.after > kMost) {
      node.fail("pads {} are out of range", text(pads));
    }
    if (axis.room() < 0) {
      node.fail("the kernel covers {} pixels, its padded input has {}", axis.span(),
                axis.room() + axis.span());
    }
    if (node.integer("ceil_mode", 0) != 0) round_up(axis);
  }
  return axes;
}

void append_window(OnnxNode& node, Node result, const PaddedMap& map, const Axes& axes,
                   int channels) {
  const Axis &rows = axes[map.swapped ? 1 : 0], &columns = axes[map.swapped ? 0 : 1];
  const auto to_int = [](std::int64_t i) { return static_cast<int>(i); };
  if (map.swapped) swap_taps(result.weights, columns.kernel, rows.kernel);
  result.input = map.tensor;
  result.kernel_h = to_int(rows.kernel);
  result.kernel_w = to_int(columns.kernel);
  result.stride_h = to_int(rows.stride);
  result.stride_w = to_int(columns.stride);
  result.dilation_h = to_int(rows.dilation);
  result.dilation_w = to_int(columns.dilation);
  result.pad_top = to_int(rows.before) + map.pads[0];
  result.pad_left = to_int(columns.before) + map.pads[1];
  result.pad_bottom = to_int(rows.after + rows.more) + map.pads[2];
  result.pad_right = to_int(columns.after + columns.more) + map.pads[3];
  const Layout out{channels, to_int(rows.out()), to_int(columns.out())};
  Dims dims{1, channels, axes[0].out(), axes[1].out()};
  if (node.dims(0).size() == 3) dims.erase(dims.begin() + 2);
  std::vector<std::int32_t> index;
  for (int c = 0; map.swapped && out.height > 1 && c < channels; ++c) {
    for (int x = 0; x < out.width; ++x) {
      for (int y = 0; y < out.height; ++y) index.push_back((c * out.height + y) * out.width + x);
    }
  }
  node.result(std::move(dims), node.append(std::move(result), out), std::move(index));
}

}  // namespace reshift::onnx_import
