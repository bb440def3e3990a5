// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>

#include "import/onnx/arithmetic.hpp"
#include "import/onnx/operators.hpp"
#include "import/onnx/view.hpp"

namespace reshift::onnx_import {
namespace {

struct Padding {
  Dims before, after;  ///< per axis
  std::string mode;
  double value = 0;
};

Padding padding_of(const OnnxNode& node) {
  const std::size_t rank = node.dims(0).size();
  const bool inputs = node.opset() >= 11;
  Padding p{Dims(rank, 0), Dims(rank, 0), node.string("mode", "constant"), 0};
  const Dims pads = inputs ? node.constant(1, "padding").integers() : node.integers("pads", {});
  if (!inputs) p.value = node.number("value", 0);
  if (inputs && node.has_input(2)) p.value = node.scalar(2, "value");
  Dims axes;
  if (node.opset() >= 18 && node.has_input(3)) {
    axes = node.constant(3, "axes").integers();
  } else {
    for (std::size_t i = 0; i < rank; ++i) axes.push_back(static_cast<std::int64_t>(i));
  }
  if (pads.size() != 2 * axes.size()) node.fail("pads {} of {} axes", text(pads), axes.size());
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const auto axis = static_cast<std::size_t>(node.axis(axes[i], rank));
    for (const auto pad : {pads[i], pads[i + axes.size()]}) {
      if (pad < -65535 || pad > 65535) node.fail("pads {} are out of range", text(pads));
    }
    p.before[axis] = pads[i];
    p.after[axis] = pads[i + axes.size()];
  }
  return p;
}

/// Where element i of an axis of `size` elements is from; kFill outside.
std::int64_t source(const OnnxNode& node, const std::string& mode, std::int64_t i,
                    std::int64_t size) {
  if (i >= 0 && i < size) return i;
  if (mode == "constant") return kFill;
  if (size == 0) node.fail("mode {} of nothing", mode);
  if (mode == "edge") return i < 0 ? 0 : size - 1;
  if (mode == "wrap") return (i % size + size) % size;
  if (mode != "reflect") node.fail("mode {} is unknown", mode);
  if (size == 1) return 0;
  const auto period = 2 * (size - 1), at = (i % period + period) % period;
  return at < size ? at : period - at;
}

Program pad_with(const OnnxNode& node, const Padding& padding, double value) {
  const Dims dims = node.dims(0);
  Program p(node.input_count());
  int x = 0;
  for (std::size_t axis = 0; axis < dims.size(); ++axis) {
    const auto before = padding.before[axis], after = padding.after[axis];
    if (before == 0 && after == 0) continue;
    Dims indices;
    for (auto i = -before; i < dims[axis] + after; ++i) {
      indices.push_back(source(node, padding.mode, i, dims[axis]));
    }
    x = p.gather(x, static_cast<std::int64_t>(axis), indices, value);
  }
  p.output(x);
  return p;
}

}  // namespace

Program pad(const OnnxNode& node) {
  const Padding padding = padding_of(node);
  return pad_with(node, padding, padding.value);
}

/// Padding with a value v that is neither 0 nor the lowest: (x - v), padded with 0, + v.
void add_pad(OnnxNode& node) {
  const Padding padding = padding_of(node);
  const Value& v = node.view(0);
  const auto less = static_cast<float>(-padding.value);
  const Value shifted = affine(node, v, 1, less);
  Array index{v.dims, {}, true};
  for (const auto i : full_index(shifted)) index.values.push_back(i);
  const Array moved = pad_with(node, padding, kZero).run({&index})[0];
  Value padded = shifted;
  padded.dims = moved.dims;
  padded.index.assign(moved.values.begin(), moved.values.end());
  const Layout layout = layout_of(node, padded.dims);
  padded.tensor = materialise(node, "", padded, layout);
  padded.index.clear();
  node.alias(affine(node, padded, 1, -less));
}

}  // namespace reshift::onnx_import
