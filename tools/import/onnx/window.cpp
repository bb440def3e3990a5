// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "import/onnx/window.hpp"

#include <algorithm>

namespace reshift::onnx_import {
namespace {

/// The window along one axis.
struct Axis {
  std::int64_t size, kernel, stride, dilation;  ///< size: of the input, without padding
  std::int64_t before, after;                   ///< padding
  std::int64_t span() const { return dilation * (kernel - 1) + 1; }
  std::int64_t room() const { return size + before + after - span(); }
  std::int64_t out() const { return room() / stride + 1; }
};

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
void round_up(const OnnxNode& node, NodeKind kind, Axis& axis) {
  const std::int64_t rest = axis.room() % axis.stride;
  if (rest == 0) return;
  const std::int64_t more = axis.stride - rest;
  if (axis.room() + more >= axis.size + axis.before) return;
  if (kind == NodeKind::kAvgPool) node.fail("ceil_mode with incomplete windows is not supported");
  axis.after += more;
}

/// Both axes: rows, columns.
std::array<Axis, 2> axes_of(const OnnxNode& node, NodeKind kind, const Value& source,
                            std::array<int, 2> kernel) {
  const Tensor& in = node.tensor(source.tensor);
  const std::array sizes{in.height, in.width};
  const auto strides = node.pair("strides", {1, 1});
  const auto dilations = node.pair("dilations", {1, 1});
  const std::string auto_pad = node.string("auto_pad", "NOTSET");
  const Dims pads = node.integers("pads", {0, 0, 0, 0});
  if (pads.size() != 4) node.fail("pads {}: only two spatial axes are supported", text(pads));
  std::array<Axis, 2> axes;
  for (std::size_t i = 0; i < 2; ++i) {
    Axis& axis = axes[i] = {sizes[i], kernel[i], strides[i], dilations[i], 0, 0};
    set_padding(node, auto_pad, pads[i], pads[i + 2], axis);
    if (axis.before < 0 || axis.after < 0 || axis.before > 65535 || axis.after > 65535) {
      node.fail("pads {} are out of range", text(pads));
    }
    axis.before += source.pads[i];
    axis.after += source.pads[i + 2];
    if (axis.room() < 0) {
      node.fail("the kernel covers {} pixels, its padded input has {}", axis.span(),
                axis.room() + axis.span());
    }
    if (node.integer("ceil_mode", 0) != 0) round_up(node, kind, axis);
  }
  return axes;
}

bool never_negative(const Graph& graph, int tensor) {
  const auto writes_negative = [&](const Node& n) {
    if (n.output != tensor || n.lo >= 0) return false;
    return n.kind != NodeKind::kClamp || n.hi < 0 || !never_negative(graph, n.input);
  };
  return tensor != 0 && std::none_of(graph.nodes.begin(), graph.nodes.end(), writes_negative);
}

}  // namespace

void append_window(OnnxNode& node, Node result, const Value& source, std::array<int, 2> kernel,
                   int channels) {
  const Tensor& in = node.tensor(source.tensor);
  if (source.flat && in.height * in.width != 1) node.fail_flat();
  const auto [rows, columns] = axes_of(node, result.kind, source, kernel);
  const auto to_int = [](std::int64_t i) { return static_cast<int>(i); };
  result.input = source.tensor;
  result.kernel_h = kernel[0];
  result.kernel_w = kernel[1];
  result.stride_h = to_int(rows.stride);
  result.stride_w = to_int(columns.stride);
  result.dilation_h = to_int(rows.dilation);
  result.dilation_w = to_int(columns.dilation);
  result.pad_top = to_int(rows.before);
  result.pad_left = to_int(columns.before);
  result.pad_bottom = to_int(rows.after);
  result.pad_right = to_int(columns.after);
  const bool any_padding = rows.before || columns.before || rows.after || columns.after;
  if (result.kind == NodeKind::kAvgPool && any_padding &&
      node.integer("count_include_pad", 0) == 0) {
    node.fail("padding that does not count in the mean (count_include_pad = 0) is not supported");
  }
  if (result.kind == NodeKind::kMaxPool && source.padded() &&
      !never_negative(node.context().graph, source.tensor)) {
    node.fail("padding with zeros before it is supported only behind a ReLU");
  }
  node.append(std::move(result), channels, to_int(rows.out()), to_int(columns.out()));
}

}  // namespace reshift::onnx_import
