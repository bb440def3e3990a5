// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace reshift {

/// How integer codes stand for real values: real = scale * (code - zero point).
struct Quantization {
  std::vector<float> scales;              ///< > 0: one, or one per channel
  std::vector<std::int32_t> zero_points;  ///< as many
  int bits = 8;                           ///< 1 to 32
  bool is_signed = true;
};

/// An activation tensor, channels x height x width of one image. It has a quantisation where the
/// network was quantised before it came here; in a float network it has none.
struct Tensor {
  std::string name;
  int channels = 0, height = 0, width = 0;
  std::optional<Quantization> quantization = {};
  std::size_t size() const {
    return static_cast<std::size_t>(channels) * static_cast<std::size_t>(height) *
           static_cast<std::size_t>(width);
  }
};

enum class NodeKind { kConv, kMaxPool, kAvgPool, kScale, kAdd, kClamp };

/// How a node's result becomes a code of its output tensor, as the network's format defines it.
enum class OutputRounding {
  kNone,              ///< float: it does not
  kHalfToEven,        ///< ONNX
  kHalfAwayFromZero,  ///< TensorFlow Lite
};

/// The weights and the bias of a node as integers; its float ones are then empty.
struct IntegerWeights {
  std::vector<std::int32_t> codes;  ///< in the order of Node::weights
  std::vector<std::int32_t> bias;   ///< per output channel, in steps of input scale * weight scale
  Quantization quantization;        ///< of the codes; channels are output channels
};

/// One node of a float network; the window's fields, and the shortcut's, have the names and the
/// meaning of those of QOp.
/// Every node's output is clamp(what its kind computes + residual, lo, hi). It may be a slice of
/// the channels of the output tensor, whose other channels other nodes write (concatenation).
struct Node {
  std::string name;
  NodeKind kind = NodeKind::kConv;
  /// kAdd: input + residual
  int input = -1, shortcut = -1, residual = -1, output = -1;
  int first_channel = 0;  ///< of the output tensor that it writes
  int kernel_h = 1, kernel_w = 1, stride_h = 1, stride_w = 1, dilation_h = 1, dilation_w = 1;
  int pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  int groups = 1;
  int shortcut_stride = 1;
  std::vector<float> weights;  ///< kConv: rows of an output channel as QOp's; kScale: one a channel
  std::vector<float> bias;     ///< kConv, kScale: one an output channel
  std::optional<IntegerWeights> integer_weights = {};
  OutputRounding output_rounding = OutputRounding::kNone;
  float lo = -std::numeric_limits<float>::infinity();
  float hi = std::numeric_limits<float>::infinity();
};

/// A network as it was imported: nodes in execution order over tensors; tensor 0 is the image. The
/// slices that nodes write into a tensor are its channels, each once, before any node reads it.
/// kAvgPool divides by the whole kernel, padding counted as zeros; padding never wins a kMaxPool.
struct Graph {
  std::string name;
  std::vector<Tensor> tensors;
  std::vector<Node> nodes;
  int output = -1;

  const Tensor& tensor(int i) const { return tensors[static_cast<std::size_t>(i)]; }
  /// Channels of its output tensor that a node writes, from its first_channel on.
  int written_channels(const Node& n) const {
    if (n.kind != NodeKind::kConv) return tensor(n.input).channels;
    return static_cast<int>(n.integer_weights ? n.integer_weights->bias.size() : n.bias.size());
  }
  bool writes_all(const Node& n) const { return written_channels(n) == tensor(n.output).channels; }
  /// Values that a node writes, and where the first of them is in its output tensor.
  std::size_t written_size(const Node& n) const { return plane(n) * to_size(written_channels(n)); }
  std::size_t written_offset(const Node& n) const { return plane(n) * to_size(n.first_channel); }

 private:
  static std::size_t to_size(int i) { return static_cast<std::size_t>(i); }
  std::size_t plane(const Node& n) const {
    return to_size(tensor(n.output).height) * to_size(tensor(n.output).width);
  }
};

/// Throws Error naming the tensor or the node when anything in the network is quantised: for what
/// computes with float values only.
void require_float(const Graph& graph);

}  // namespace reshift
