// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/integer.hpp"
#include "import/onnx/operators.hpp"
#include "import/onnx/view.hpp"
#include "import/onnx/window.hpp"

namespace reshift::onnx_import {
namespace {

/// A transposed convolution along one axis: tap k of pixel i adds to output i * stride + k *
/// dilation - before.
struct Transposed {
  std::int64_t size, kernel, stride, dilation, before = 0, out = 0;
};

/// A phase of the outputs along one axis, as a convolution: output row * stride + phase. Its kernel
/// has `taps`, each a tap of the file's kernel or -1, for 0.
struct Phase {
  std::int64_t out = 0, pad_before = 0, pad_after = 0;
  std::vector<std::int64_t> taps;
};

Phase phase_of(const Transposed& t, std::int64_t phase) {
  Phase p;
  p.out = (t.out - phase + t.stride - 1) / t.stride;
  // Tap k reads pixel q + (phase + before - k * dilation) / stride for output q.
  std::vector<std::pair<std::int64_t, std::int64_t>> reads;  // offset, tap
  for (std::int64_t k = 0; k < t.kernel; ++k) {
    const auto distance = phase + t.before - k * t.dilation;
    if (distance % t.stride == 0) reads.emplace_back(distance / t.stride, k);
  }
  if (reads.empty()) reads.emplace_back(0, -1);
  std::int64_t low = 0, high = 0;
  for (const auto& [offset, tap] : reads) {
    low = std::min(low, offset);
    high = std::max(high, offset);
  }
  p.pad_before = -low;
  // Windows that end before the image's end read zeros there, so that the sizes fit.
  high = std::max(high, t.size - p.out);
  p.pad_after = p.out + high - t.size;
  p.taps.assign(index(high - low + 1), -1);
  for (const auto& [offset, tap] : reads) p.taps[index(offset - low)] = tap;
  return p;
}

std::array<Transposed, 2> axes_of_transposed(const OnnxNode& node, const Layout& map,
                                             std::array<int, 2> kernel) {
  const std::size_t count = node.dims(0).size() - 2;
  const Dims zeros(count, 0), ones(count, 1);
  const auto strides = pair_of(node, "strides", ones);
  const auto dilations = pair_of(node, "dilations", ones);
  Dims pads = node.integers("pads", Dims(2 * count, 0));
  Dims more = node.integers("output_padding", zeros);
  Dims sizes = node.integers("output_shape", {});
  if (sizes.size() > count)
    sizes.erase(sizes.begin(), sizes.end() - static_cast<std::ptrdiff_t>(count));
  if (pads.size() != 2 * count || more.size() != count ||
      (!sizes.empty() && sizes.size() != count)) {
    node.fail("its pads, output_padding or output_shape do not fit {} spatial axes", count);
  }
  if (count == 1) {
    pads = {0, pads[0], 0, pads[1]};
    more.insert(more.begin(), 0);
    if (!sizes.empty()) sizes.insert(sizes.begin(), 1);
  }
  const std::string auto_pad = node.string("auto_pad", "NOTSET");
  const std::array in{map.height, map.width};
  std::array<Transposed, 2> axes;
  for (std::size_t i = 0; i < 2; ++i) {
    Transposed& t = axes[i] = {in[i], kernel[i], strides[i], dilations[i]};
    const auto full = (t.size - 1) * t.stride + more[i] + (t.kernel - 1) * t.dilation + 1;
    const bool same = auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER";
    if (same || !sizes.empty()) {
      t.out = sizes.empty() ? t.size * t.stride : sizes[i];
      const auto total = std::max<std::int64_t>(0, full - t.out);
      t.before = auto_pad == "SAME_UPPER" || auto_pad == "NOTSET" ? total / 2 : total - total / 2;
    } else {
      if (auto_pad == "VALID") pads = {0, 0, 0, 0};
      t.before = pads[i];
      t.out = full - pads[i] - pads[i + 2];
    }
    if (t.out < 1 || t.out > 65535) node.fail("makes {} pixels along an axis", t.out);
  }
  return axes;
}

/// Weights [in][out / groups][rows][columns] of the file, as a phase needs them.
std::vector<float> phase_weights(const std::vector<float>& from, const Dims& dims,
                                 std::int64_t groups, const Phase& rows, const Phase& columns) {
  const auto in = dims[0] / groups, out = dims[1];
  std::vector<float> to;
  for (std::int64_t o = 0; o < groups * out; ++o) {
    for (std::int64_t i = 0; i < in; ++i) {
      const auto plane = ((o / out * in + i) * out + o % out) * dims[2] * dims[3];
      for (const auto y : rows.taps) {
        for (const auto x : columns.taps) {
          to.push_back(y < 0 || x < 0 ? 0 : from[index(plane + y * dims[3] + x)]);
        }
      }
    }
  }
  return to;
}

}  // namespace

/// A convolution for each phase of the output's pixels.
void add_conv_transpose(OnnxNode& node) {
  if (!node.is_constant(1)) node.constant(1, "weight");
  Dims dims = node.constant_dims(1);
  const std::size_t rank = node.dims(0).size();
  const Layout map = layout_of(node, node.dims(0));
  if (dims.size() != rank || rank < 3) {
    node.fail("weights {} for an input of shape {}", text(dims), text(node.dims(0)));
  }
  const auto kernel = kernel_of(node, Dims(dims.begin() + 2, dims.end()));
  if (rank == 3) dims.insert(dims.begin() + 2, 1);
  const auto groups = node.integer("group", 1);
  if (groups < 1 || dims[0] != map.channels || dims[0] % groups != 0 || kernel[0] != dims[2] ||
      kernel[1] != dims[3]) {
    node.fail("weights {} in {} groups do not fit {} input channels", text(dims), groups,
              map.channels);
  }
  const auto axes = axes_of_transposed(node, map, kernel);
  const auto stride = axes[0].stride;
  if (axes[1].stride != stride || stride > 2) {
    node.fail("strides {}x{}: only 1x1 and 2x2 are supported; 4x4 can be two of 2x2",
              axes[0].stride, axes[1].stride);
  }
  const auto weights = node.take_floats(1, "weight");
  const auto channels = index(dims[1] * groups);
  const auto bias =
      node.has_input(2) ? node.floats(2, "bias", channels) : std::vector<float>(channels, 0.0f);
  const auto to_int = [](std::int64_t i) { return static_cast<int>(i); };
  const int input = node.map(0);
  const Layout out{to_int(dims[1] * groups), to_int(axes[0].out), to_int(axes[1].out)};
  const int tensor = node.append_tensor(out);
  for (std::int64_t i = 0; i < stride * stride; ++i) {
    const Phase rows = phase_of(axes[0], i / stride), columns = phase_of(axes[1], i % stride);
    if (rows.out < 1 || columns.out < 1) continue;
    Node n;
    n.name = stride == 1 ? node.name() : fmt::format("{} (phase {})", node.name(), i);
    n.kind = NodeKind::kConv;
    n.input = input;
    n.output = tensor;
    n.groups = to_int(groups);
    n.kernel_h = to_int(static_cast<std::int64_t>(rows.taps.size()));
    n.kernel_w = to_int(static_cast<std::int64_t>(columns.taps.size()));
    n.pad_top = to_int(rows.pad_before), n.pad_left = to_int(columns.pad_before);
    n.pad_bottom = to_int(rows.pad_after), n.pad_right = to_int(columns.pad_after);
    n.weights = phase_weights(weights, dims, groups, rows, columns);
    n.bias = bias;
    n.out_stride = to_int(stride);
    n.out_row = to_int(i / stride), n.out_column = to_int(i % stride);
    node.graph().nodes.push_back(std::move(n));
  }
  Dims result{1, out.channels, out.height, out.width};
  if (rank == 3) result.erase(result.begin() + 2);
  node.result(std::move(result), tensor);
}

}  // namespace reshift::onnx_import
