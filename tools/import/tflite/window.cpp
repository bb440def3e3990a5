// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

// Convolutions, fully connected layers and pooling.
#include <algorithm>

#include "import/tflite/node.hpp"

namespace reshift::tflite_import {
namespace {

/// A window along one axis.
struct Axis {
  int size, kernel, stride, dilation;
  int before = 0, after = 0;
  int span() const { return dilation * (kernel - 1) + 1; }
  int out() const { return (size + before + after - span()) / stride + 1; }
};

/// The padding that a PAD node has made counts as part of the map.
Axis axis(const TfliteNode& node, tflite::Padding padding, int size, int kernel, int stride,
          int dilation, int before, int after) {
  constexpr int kLargest = 65535;
  for (const int v : {kernel, stride, dilation}) {
    if (v < 1 || v > kLargest) node.fail("a kernel, stride or dilation of {} is not possible", v);
  }
  Axis a{size, kernel, stride, dilation, before, after};
  const int padded = size + before + after;
  if (padding == tflite::Padding::SAME) {
    const std::int64_t wanted = (padded + stride - 1) / stride;
    const std::int64_t total = std::max<std::int64_t>(
        0, (wanted - 1) * stride + (std::int64_t{dilation} * (kernel - 1) + 1) - padded);
    if (total > kLargest) node.fail("padding by {} pixels is not possible", total);
    a.before += static_cast<int>(total / 2);
    a.after += static_cast<int>(total - total / 2);
  }
  if (std::int64_t{dilation} * (kernel - 1) + 1 > std::int64_t{size} + a.before + a.after)
    node.fail("the kernel covers more pixels than its padded input has");
  return a;
}

struct WindowOptions {
  tflite::Padding padding;
  int kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
  tflite::Activation activation;
};

void append_window(const TfliteNode& node, Node result, const WindowOptions& o, int channels) {
  const Value& source = node.value(0);
  result.input = node.map(source);
  const Tensor& in = node.tensor(result.input);
  const auto& pads = source.pads;
  const Axis rows =
      axis(node, o.padding, in.height, o.kernel_h, o.stride_h, o.dilation_h, pads[0], pads[2]);
  const Axis columns =
      axis(node, o.padding, in.width, o.kernel_w, o.stride_w, o.dilation_w, pads[1], pads[3]);
  result.kernel_h = o.kernel_h, result.kernel_w = o.kernel_w;
  result.stride_h = o.stride_h, result.stride_w = o.stride_w;
  result.dilation_h = o.dilation_h, result.dilation_w = o.dilation_w;
  result.pad_top = rows.before, result.pad_bottom = rows.after;
  result.pad_left = columns.before, result.pad_right = columns.after;
  const bool padded = rows.before || rows.after || columns.before || columns.after;
  if (result.kind != NodeKind::kConv && source.padded())
    node.fail("padding made by a PAD before it is not supported");
  result.exclude_padding = result.kind == NodeKind::kAvgPool && padded;
  const int height = rows.out(), width = columns.out();
  node.append(std::move(result), channels, height, width, o.activation);
}

/// Weights and bias of a node: `index(o, i)` is where weight i of output channel o is in the
/// constant, `axis` the output channels' axis there.
template <typename Index>
void set_weights(const TfliteNode& node, Node& result, const Constant& c, int channels, int row,
                 int axis, Index index) {
  const std::vector<float> all = floats(c);
  std::vector<std::int32_t> codes;
  for (int o = 0; o < channels; ++o) {
    for (int i = 0; i < row; ++i) {
      const std::size_t at = index(o, i);
      result.weights.push_back(all.at(at));
      if (c.quantization) codes.push_back(c.integers.at(at));
    }
  }
  // Integer weights beside float activations are a way to store a float network.
  const auto input = node.model().quantization(node.input(0));
  if (c.quantization && input) {
    if (c.quantization->scales.size() > 1 && c.axis != axis)
      node.fail("scales of the weights along axis {} are not those of output channels", c.axis);
    result.integer_weights = IntegerWeights{
        std::move(codes), std::vector<std::int32_t>(static_cast<std::size_t>(channels), 0),
        *c.quantization};
  } else if (input) {
    node.fail("float weights beside quantised activations are not supported");
  }
  result.bias.assign(static_cast<std::size_t>(channels), 0);
  if (!node.has_input(2)) return;
  const Constant bias = node.constant(2);
  result.bias = floats(bias);
  if (result.bias.size() != static_cast<std::size_t>(channels))
    node.fail("{} biases for {} outputs", result.bias.size(), channels);
  if (!input) return;
  if (bias.integers.empty())
    node.fail("a float bias beside quantised activations is not supported");
  result.integer_weights->bias = bias.integers;
}

Constant weights_of(const TfliteNode& node, std::size_t rank) {
  Constant c = node.constant(1);
  const bool empty =
      std::any_of(c.shape.begin(), c.shape.end(), [](int d) { return d < 1 || d > 65535; });
  if (c.shape.size() != rank || empty)
    node.fail("weights of shape {} are not possible", text(c.shape));
  return c;
}

void add_pool(const TfliteNode& node, NodeKind kind) {
  const auto& o = node.options<tflite::Pool2DOptions>();
  Node result;
  result.kind = kind;
  const int channels = node.tensor(node.value(0).tensor).channels;
  append_window(
      node, std::move(result),
      {o.padding(), o.filter_h(), o.filter_w(), o.stride_h(), o.stride_w(), 1, 1, o.activation()},
      channels);
}

}  // namespace

void add_conv(const TfliteNode& node) {
  const auto& o = node.options<tflite::Conv2DOptions>();
  const Constant c = weights_of(node, 4);
  const int out = c.shape[0], kh = c.shape[1], kw = c.shape[2], in = c.shape[3];
  const int channels = node.tensor(node.value(0).tensor).channels;
  if (channels % in != 0 || out % (channels / in) != 0)
    node.fail("weights of shape {} do not fit {} input channels", text(c.shape), channels);
  Node result;
  result.kind = NodeKind::kConv;
  result.groups = channels / in;
  set_weights(node, result, c, out, in * kh * kw, 0, [&](int oc, int i) {
    const int channel = i / (kh * kw), tap = i % (kh * kw);
    return (static_cast<std::size_t>(oc) * static_cast<std::size_t>(kh * kw) +
            static_cast<std::size_t>(tap)) *
               static_cast<std::size_t>(in) +
           static_cast<std::size_t>(channel);
  });
  append_window(node, std::move(result),
                {o.padding(), kh, kw, o.stride_h(), o.stride_w(), o.dilation_h(), o.dilation_w(),
                 o.activation()},
                out);
}

void add_depthwise_conv(const TfliteNode& node) {
  const auto& o = node.options<tflite::DepthwiseConv2DOptions>();
  const Constant c = weights_of(node, 4);
  const int kh = c.shape[1], kw = c.shape[2], out = c.shape[3];
  const int channels = node.tensor(node.value(0).tensor).channels;
  if (c.shape[0] != 1 || out % channels != 0)
    node.fail("weights of shape {} do not fit {} input channels", text(c.shape), channels);
  Node result;
  result.kind = NodeKind::kConv;
  result.groups = channels;
  set_weights(node, result, c, out, kh * kw, 3, [&](int oc, int i) {
    return static_cast<std::size_t>(i) * static_cast<std::size_t>(out) +
           static_cast<std::size_t>(oc);
  });
  append_window(node, std::move(result),
                {o.padding(), kh, kw, o.stride_h(), o.stride_w(), o.dilation_h(), o.dilation_w(),
                 o.activation()},
                out);
}

void add_fully_connected(const TfliteNode& node) {
  const auto& o = node.options<tflite::FullyConnectedOptions>();
  if (o.weights_format() != 0) node.fail("shuffled weights are not supported");
  const Constant c = weights_of(node, 2);
  const Value& v = node.unpadded(0);
  const Tensor in = node.tensor(v.tensor);
  const int out = c.shape[0];
  if (static_cast<std::size_t>(c.shape[1]) != in.size())
    node.fail("weights of shape {} do not fit an input of {} values", text(c.shape), in.size());
  Node result;
  result.kind = NodeKind::kConv;
  result.input = v.tensor;
  result.kernel_h = in.height;
  result.kernel_w = in.width;
  const int pixels = in.height * in.width;
  set_weights(node, result, c, out, c.shape[1], 0, [&](int oc, int i) {
    const int place = v.channels_last ? i % pixels * in.channels + i / pixels : i;
    return static_cast<std::size_t>(oc) * in.size() + static_cast<std::size_t>(place);
  });
  node.append(std::move(result), out, 1, 1, o.activation());
}

void add_average_pool(const TfliteNode& node) { add_pool(node, NodeKind::kAvgPool); }
void add_max_pool(const TfliteNode& node) { add_pool(node, NodeKind::kMaxPool); }

}  // namespace reshift::tflite_import
