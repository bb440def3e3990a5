// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "import/tflite/node.hpp"

namespace reshift::tflite_import {

void add_reshape(const TfliteNode& node) { node.alias(node.unpadded(0)); }

void add_transpose(const TfliteNode& node) {
  Value v = node.unpadded(0);
  const std::vector<std::int32_t> order = node.constant(1).integers;
  const Tensor& t = node.tensor(v.tensor);
  const bool is_last = v.shape == Shape{1, t.height, t.width, t.channels} && v.channels_last;
  const bool is_first = v.shape == Shape{1, t.channels, t.height, t.width} && !v.channels_last;
  const bool to_first = is_last && order == std::vector{0, 3, 1, 2};
  const bool to_last = is_first && order == std::vector{0, 2, 3, 1};
  if (t.height * t.width > 1 && !to_first && !to_last)
    node.fail("of {} by [{}] is not supported, only between channels last and channels first",
              text(v.shape), fmt::join(order, ", "));
  if (to_first || to_last) v.channels_last = to_last;
  node.alias(std::move(v));
}

void add_pad(const TfliteNode& node) {
  Value v = node.value(0);
  node.map(v);
  const std::vector<std::int32_t> pads = node.constant(1).integers;
  if (pads.size() != 8 || pads[0] || pads[1] || pads[6] || pads[7])
    node.fail("only rows and columns can be padded");
  const std::array more{pads[2], pads[4], pads[3], pads[5]};
  for (std::size_t i = 0; i < 4; ++i) {
    if (more[i] < 0 || more[i] > 65535) node.fail("padding by {} is not possible", more[i]);
    v.pads[i] += more[i];
  }
  // The map's own size, which the padding is not part of.
  node.context().values[node.output()] = std::move(v);
}

/// The inputs become slices of a new tensor, copied by nodes that do nothing.
void add_concatenation(const TfliteNode& node) {
  const auto& o = node.options<tflite::ConcatenationOptions>();
  int channels = 0;
  for (int i = 0; i < node.input_count(); ++i) {
    const Value& v = node.unpadded(i);
    const auto rank = static_cast<int>(v.shape.size());
    const int axis = o.axis() < 0 ? o.axis() + rank : o.axis();
    if (axis != (v.channels_last ? rank - 1 : 1) || (rank != 4 && rank != 2))
      node.fail("along axis {} of {} is not supported, only along the channels", o.axis(),
                text(v.shape));
    const Tensor &first = node.tensor(node.map(node.value(0))), &in = node.tensor(node.map(v));
    if (in.height != first.height || in.width != first.width)
      node.fail("its inputs have maps of different sizes");
    if (v.channels_last != node.value(0).channels_last)
      node.fail("its inputs have different orders");
    channels += in.channels;
  }
  if (o.activation() != tflite::Activation::NONE)
    node.fail("its fused activation is not supported");
  if (channels < 1 || channels > 65535) node.fail("{} channels are not possible", channels);
  const Tensor first = node.tensor(node.value(0).tensor);
  Graph& graph = node.graph();
  const int output = static_cast<int>(graph.tensors.size());
  graph.tensors.push_back({node.name(), channels, first.height, first.width});
  int at = 0;
  for (int i = 0; i < node.input_count(); ++i) {
    Node copy;
    copy.name = fmt::format("{} (input {})", node.name(), i);
    copy.kind = NodeKind::kClamp;
    copy.input = node.value(i).tensor;
    copy.output = output;
    copy.first_channel = at;
    at += graph.tensor(copy.input).channels;
    graph.nodes.push_back(std::move(copy));
  }
  const bool last = node.value(0).channels_last;
  node.quantise(output);
  node.context().values[node.output()].channels_last = last;
}

}  // namespace reshift::tflite_import
