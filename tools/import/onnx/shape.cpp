// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "import/onnx/operators.hpp"

namespace reshift::onnx_import {

void add_flatten(OnnxNode& node) {
  Value v = node.unpadded(0);
  node.require_attribute("axis", 1);
  v.flat = true;
  node.alias(v);
}

void add_reshape(OnnxNode& node) {
  Value v = node.unpadded(0);
  const Tensor& in = node.tensor(v.tensor);
  const Dims shape = node.constant(1, "shape").integers;
  // Only the part after the image axis matters; -1 is whatever is left, 0 the input's own size.
  const Dims before =
      v.flat ? Dims{static_cast<std::int64_t>(in.size())} : Dims{in.channels, in.height, in.width};
  Dims after;
  std::int64_t known = 1;
  for (std::size_t i = 1; i < shape.size(); ++i) {
    auto d = shape[i];
    if (d == 0 && i <= before.size()) d = before[i - 1];
    after.push_back(d);
    if (d > 0) known *= d;
  }
  for (auto& d : after) {
    if (d == -1 && known > 0) d = static_cast<std::int64_t>(in.size()) / known;
  }
  if (after == Dims{static_cast<std::int64_t>(in.size())}) {
    v.flat = true;
  } else if (after == Dims{in.channels, in.height, in.width}) {
    v.flat = false;
  } else {
    node.fail("from {} to {} is not supported, only flattening", text(before), text(shape));
  }
  node.alias(v);
}

void add_pad(OnnxNode& node) {
  Value v = node.value(0);
  if (v.flat) node.fail_flat();
  if (node.string("mode", "constant") != "constant")
    node.fail("mode {} is not supported", node.string("mode", ""));
  // Attributes up to operator set 10, inputs since.
  const Dims pads =
      node.opset() < 11 ? node.integers("pads", {}) : node.constant(1, "padding").integers;
  const float fill = node.opset() < 11   ? node.number("value", 0)
                     : node.has_input(2) ? node.floats(2, "value", 1)[0]
                                         : 0.0f;
  if (fill != 0) node.fail("padding with {} is not supported, only with 0", fill);
  if (pads.size() != 8 || pads[0] || pads[1] || pads[4] || pads[5]) {
    node.fail("pads {}: only rows and columns can be padded", text(pads));
  }
  const std::array<std::int64_t, 4> more{pads[2], pads[3], pads[6], pads[7]};
  for (std::size_t i = 0; i < 4; ++i) {
    if (more[i] < 0 || more[i] > 65535) node.fail("pads {} are out of range", text(pads));
    v.pads[i] += static_cast<int>(more[i]);
  }
  node.alias(v);
}

/// Of one image, whatever batch the file states.
void add_shape(OnnxNode& node) {
  const Value& v = node.unpadded(0);
  const Tensor& in = node.tensor(v.tensor);
  const Dims shape = v.flat ? Dims{1, static_cast<std::int64_t>(in.size())}
                            : Dims{1, in.channels, in.height, in.width};
  const auto rank = static_cast<std::int64_t>(shape.size());
  const auto bound = [&](const char* name, std::int64_t absent) {
    const auto axis = node.integer(name, absent);
    return std::clamp<std::int64_t>(axis < 0 ? axis + rank : axis, 0, rank);
  };
  const auto start = bound("start", 0), end = std::max(start, bound("end", rank));
  node.define({{end - start}, {}, Dims(shape.begin() + start, shape.begin() + end)});
}

/// Its inputs become slices of a new tensor, copied by nodes that do nothing.
void add_concat(OnnxNode& node) {
  if (!node.attribute("axis")) node.fail("its axis is missing");
  const auto axis = node.integer("axis", 1);
  if (axis != 1 && axis != -3) {
    node.fail("along axis {} is not supported, only along 1, the channels", axis);
  }
  std::vector<int> inputs;
  std::int64_t channels = 0;
  for (int i = 0; i < node.input_count(); ++i) {
    if (node.value(i).flat)
      node.fail("input {} is flattened, only maps are supported", node.input(i));
    inputs.push_back(node.map(i));
    const Tensor &first = node.tensor(inputs[0]), &in = node.tensor(inputs.back());
    if (in.height != first.height || in.width != first.width) {
      node.fail("input {} has {}x{} pixels, input {} has {}x{}", node.input(0), first.height,
                first.width, node.input(i), in.height, in.width);
    }
    channels += in.channels;
  }
  if (inputs.empty()) node.fail("has no input");
  if (channels > 65535) node.fail("{} channels are more than 65535", channels);
  if (inputs.size() == 1) return node.alias(node.value(0));
  const Tensor first = node.tensor(inputs[0]);
  const int output = node.append_tensor(static_cast<int>(channels), first.height, first.width);
  Graph& graph = node.context().graph;
  int at = 0;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    Node copy;
    copy.name = fmt::format("{} (input {})", node.name(), i);
    copy.kind = NodeKind::kClamp;
    copy.input = inputs[i];
    copy.output = output;
    copy.first_channel = at;
    at += graph.written_channels(copy);
    graph.nodes.push_back(std::move(copy));
  }
}

}  // namespace reshift::onnx_import
