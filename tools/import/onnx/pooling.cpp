// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <numeric>

#include "base/integer.hpp"
#include "import/onnx/arithmetic.hpp"
#include "import/onnx/operators.hpp"
#include "import/onnx/view.hpp"
#include "import/onnx/window.hpp"

namespace reshift::onnx_import {
namespace {

bool never_negative(const Graph& graph, int tensor) {
  const auto writes_negative = [&](const Node& n) {
    if (n.output != tensor) return false;
    if (n.functions.empty() && n.lo >= 0) return false;
    const bool passes =
        n.kind == NodeKind::kClamp || n.kind == NodeKind::kMaxPool || n.kind == NodeKind::kAvgPool;
    return !passes || !n.functions.empty() || n.hi < 0 || !never_negative(graph, n.input);
  };
  return tensor != 0 && std::none_of(graph.nodes.begin(), graph.nodes.end(), writes_negative);
}

/// Whether each window along an axis has a tap on one of these pixels, counted from the first of
/// the node's own padding.
bool all_touch(const Axis& a, std::int64_t first, std::int64_t last) {
  for (std::int64_t o = 0; o < a.out(); ++o) {
    bool touches = false;
    for (std::int64_t k = 0; k < a.kernel; ++k) {
      const auto at = o * a.stride + k * a.dilation;
      touches |= at >= first && at < last;
    }
    if (!touches) return false;
  }
  return true;
}

/// Whether any window has a tap outside these pixels.
bool any_outside(const Axis& a, std::int64_t first, std::int64_t last) {
  const auto end = (a.out() - 1) * a.stride + a.span();
  return first > 0 || end > last;
}

/// Whether zeros around a map can be left to the pooling, for which padding is lower than all.
bool zeros_never_win(const OnnxNode& node, const PaddedMap& map, const Axes& axes) {
  const auto& [rows, columns] = axes;
  return never_negative(node.graph(), map.tensor) &&
         all_touch(rows, rows.before + map.pads[0], rows.before + rows.size - map.pads[2]) &&
         all_touch(columns, columns.before + map.pads[1],
                   columns.before + columns.size - map.pads[3]);
}

PaddedMap unpadded(const OnnxNode& node, const Layout& layout) {
  PaddedMap map;
  map.tensor = node.map(0);
  map.layout = layout;
  return map;
}

/// Where the node's own padding counts in the mean it is zeros like a Pad node's: made part of the
/// map, of which the pooling then takes the mean of what is inside.
PaddedMap with_counted_padding(const OnnxNode& node, Axes& axes) {
  Value v = node.view(0);
  Array index{v.dims, {}, true};
  for (const auto i : full_index(v)) index.values.push_back(i);
  for (std::size_t i = 0; i < 2; ++i) {
    const std::size_t axis = v.dims.size() - 2 + i;
    if (i == 0 && v.dims.size() == 3) continue;
    Dims from;
    for (std::int64_t k = -axes[i].before; k < axes[i].size + axes[i].after; ++k) {
      from.push_back(k >= 0 && k < axes[i].size ? k : kFill);
    }
    index = gather(index, static_cast<std::int64_t>(axis), from, kZero);
    axes[i].size += axes[i].before + axes[i].after;
    axes[i].before = axes[i].after = 0;
  }
  v.dims = index.dims;
  v.index.assign(index.values.begin(), index.values.end());
  PaddedMap map;
  map.layout = layout_of(node, v.dims);
  map.tensor = materialise(node, "", v, map.layout);
  return map;
}

/// The value with its axes in another order.
Value reordered(const OnnxNode& node, const Value& v, const Dims& order) {
  Array index{v.dims, {}, true};
  for (const auto i : full_index(v)) index.values.push_back(i);
  const Array moved = transpose(index, order);
  Value seen = v;
  seen.movement = nullptr;
  seen.index.assign(moved.values.begin(), moved.values.end());
  if (std::is_sorted(seen.index.begin(), seen.index.end()) && seen.index.front() == 0 &&
      seen.index.size() == node.tensor(v.tensor).size()) {
    seen.index.clear();
  }
  return seen;
}

/// `kind` over these axes.
void append_reduction(OnnxNode& node, const Dims& axes, NodeKind kind, bool keep, float factor) {
  const Value v = node.view(0);
  const auto rank = static_cast<std::int64_t>(v.dims.size());
  const auto reduced = [&](std::int64_t i) {
    return std::find(axes.begin(), axes.end(), i) != axes.end();
  };
  Dims dims, order;
  std::int64_t group = 1;
  for (std::int64_t i = 0; i < rank; ++i) {
    if (reduced(i))
      group *= v.dims[index(i)];
    else
      order.push_back(i);
    if (keep || !reduced(i)) dims.push_back(reduced(i) ? 1 : v.dims[index(i)]);
  }
  order.insert(order.end(), axes.begin(), axes.end());
  const auto channels = static_cast<int>(product(v.dims) / std::max<std::int64_t>(1, group));
  const Tensor& own = node.tensor(v.tensor);
  Node result;
  result.kind = kind;
  Layout out{channels, 1, 1};
  const bool some_pixels = rank == 4 && v.index.empty() && axes.size() == 1 && axes[0] >= 2;
  if (some_pixels) {
    result.input = node.map(0);
    const Tensor& map = node.tensor(result.input);
    const bool rows = axes[0] == 2;
    result.kernel_h = rows ? map.height : 1;
    result.kernel_w = rows ? 1 : map.width;
    out = {map.channels, rows ? 1 : map.height, rows ? map.width : 1};
  } else if (rank == 4 && axes == Dims{1} && kind == NodeKind::kAvgPool) {
    result.input = node.map(0);
    const Tensor& map = node.tensor(result.input);
    result.kind = NodeKind::kConv;
    result.weights.assign(index(map.channels), 1.0f / static_cast<float>(map.channels));
    result.bias = {0};
    out = {1, map.height, map.width};
  } else {
    const Value seen = reordered(node, v, order);
    Layout layout{channels, 1, static_cast<int>(group)};
    const bool own_pixels = std::int64_t{own.height} * own.width == group;
    if (rank == 4 && axes == Dims{2, 3} && !(own_pixels && v.index.empty())) {
      layout = layout_of(node, v.dims);
    } else if (own_pixels) {
      layout = {channels, own.height, own.width};
    }
    result.input = materialise(node, "", seen, layout);
    result.kernel_h = layout.height;
    result.kernel_w = layout.width;
  }
  node.result(std::move(dims), node.append(std::move(result), out));
  if (factor != 1) {
    const Value mean = node.context().values.at(node.output(0));
    node.alias(affine(node, mean, factor, 0));
  }
}

void append_global(OnnxNode& node, NodeKind kind) {
  const std::size_t rank = node.view(0).dims.size();
  if (rank < 3) node.fail("its input has shape {}: no pixels", text(node.view(0).dims));
  Dims axes(rank - 2);
  std::iota(axes.begin(), axes.end(), 2);
  append_reduction(node, axes, kind, true, 1);
}

void append_reduce(OnnxNode& node, NodeKind kind, bool sum) {
  const Dims axes = reduced_axes(node);
  if (axes.empty()) return node.alias(node.view(0));
  std::int64_t count = 1;
  for (const auto axis : axes) count *= node.view(0).dims[index(axis)];
  append_reduction(node, axes, kind, node.integer("keepdims", 1) != 0,
                   sum ? static_cast<float>(count) : 1);
}

}  // namespace

void add_max_pool(OnnxNode& node) {
  if (node.has_output(1)) node.fail("its second output, the indices, is not supported");
  const auto kernel = kernel_of(node, {});
  PaddedMap map = padded_map(node, 0);
  const Axes axes = axes_of(node, map.layout, kernel);
  if (map.padded() && map.fill == kZero && !zeros_never_win(node, map, axes)) {
    map = unpadded(node, map.layout);
  }
  Node result;
  result.kind = NodeKind::kMaxPool;
  append_window(node, std::move(result), map, axes, map.layout.channels);
}

void add_average_pool(OnnxNode& node) {
  const auto kernel = kernel_of(node, {});
  PaddedMap map = padded_map(node, 0);
  if (map.fill == kLowest) node.fail("padding with minus infinity before it");
  Axes axes = axes_of(node, map.layout, kernel);
  const auto reaches_uncounted = [&](const Axis& a, bool counted) {
    return any_outside(a, counted ? 0 : a.before, a.before + a.size + (counted ? a.after : 0));
  };
  const bool counted = node.integer("count_include_pad", 0) != 0;
  Node result;
  result.kind = NodeKind::kAvgPool;
  if (reaches_uncounted(axes[0], counted) || reaches_uncounted(axes[1], counted)) {
    result.exclude_padding = true;
    const bool own = axes[0].before || axes[0].after || axes[1].before || axes[1].after;
    if (counted && own) {
      map = with_counted_padding(node, axes);
    } else if (map.padded()) {
      map = unpadded(node, map.layout);
    }
  }
  const bool nothing = kernel == std::array{1, 1} && axes[0].stride * axes[1].stride == 1 &&
                       axes[0].out() == map.layout.height && axes[1].out() == map.layout.width;
  if (nothing) return node.alias(node.view(0));  // adaptive, to the size that the map has
  append_window(node, std::move(result), map, axes, map.layout.channels);
}

void add_global_average_pool(OnnxNode& node) { append_global(node, NodeKind::kAvgPool); }
void add_global_max_pool(OnnxNode& node) { append_global(node, NodeKind::kMaxPool); }
void add_reduce_mean(OnnxNode& node) { append_reduce(node, NodeKind::kAvgPool, false); }
void add_reduce_max(OnnxNode& node) { append_reduce(node, NodeKind::kMaxPool, false); }
void add_reduce_sum(OnnxNode& node) { append_reduce(node, NodeKind::kAvgPool, true); }

}  // namespace reshift::onnx_import
