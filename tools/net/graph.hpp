// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "net/host_tail.hpp"

namespace reshift {

/// How integer codes stand for real values: real = scale * (code - zero point).
struct Quantization {
  std::vector<float> scales;              ///< > 0: one, or one per channel
  std::vector<std::int32_t> zero_points;  ///< as many
  int bits = 8;                           ///< 1 to 32
  bool is_signed = true;
  /// Lowest and highest code.
  double lowest() const { return is_signed ? -std::ldexp(1.0, bits - 1) : 0; }
  double highest() const { return lowest() + std::ldexp(1.0, bits) - 1; }
};

/// How a node's result becomes a code of its output tensor, as the network's format defines it.
enum class OutputRounding {
  kNone,              ///< float: it does not
  kHalfToEven,        ///< ONNX; TensorFlow Lite's default kernels but for sums and averages
  kHalfToEvenFused,   ///< a QLinearAdd, whose products are not rounded before they are added
  kHalfUp,            ///< TensorFlow Lite's sums of two tensors
  kHalfAwayFromZero,  ///< TensorFlow Lite's averages
};

/// The code of a value by a tensor's quantisation of one scale.
double code_of(const Quantization& quantization, OutputRounding rounding, double value);

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

enum class NodeKind {
  kConv,
  kMaxPool,
  kAvgPool,
  kScale,     ///< input * weight + bias, one of each per channel
  kAdd,       ///< input + residual
  kMul,       ///< input * residual
  kClamp,     ///< the input as it is: for bounds, functions and copies
  kQuantize,  ///< the input rounded to the codes of its output tensor's quantisation
};

/// A function of one value. It follows the bounds of a node.
struct Function {
  enum class Kind {
    kClip,         ///< clamp(x, alpha, beta)
    kLeakyRelu,    ///< x < 0 ? alpha * x : x
    kSigmoid,      ///< 1 / (1 + exp(-x))
    kHardSigmoid,  ///< clamp(alpha * x + beta, 0, 1)
    kHardSwish,    ///< x * clamp(x / 6 + 1 / 2, 0, 1)
    kSilu,         ///< x * sigmoid(x)
    kTanh,
  };
  Kind kind = Kind::kClip;
  float alpha = 0, beta = 0;
  float operator()(float x) const;
};

/// The weights and the bias of a node as integers; its float ones are what they stand for.
struct IntegerWeights {
  std::vector<std::int32_t> codes;  ///< in the order of Node::weights
  std::vector<std::int32_t> bias;   ///< per output channel, in steps of input scale * weight scale
  Quantization quantization;        ///< of the codes; channels are output channels
};

/// One node of a float network; the window's fields, and the shortcut's, have the names and the
/// meaning of those of QOp.
/// Every node's output is f(clamp(what its kind computes + residual, lo, hi)), f its functions one
/// after another. It may be a slice of the output tensor, whose other values other nodes write:
/// some of the channels (concatenation), every second pixel of every second row (upsampling).
struct Node {
  std::string name;
  NodeKind kind = NodeKind::kConv;
  /// The residual of kMul is a factor; it may have one pixel, which is for all.
  int input = -1, shortcut = -1, residual = -1, output = -1;
  int first_channel = 0;  ///< of the output tensor that it writes
  /// Pixel (y, x) is pixel (y * out_stride + out_row, x * out_stride + out_column) of the output.
  int out_stride = 1, out_row = 0, out_column = 0;
  int kernel_h = 1, kernel_w = 1, stride_h = 1, stride_w = 1, dilation_h = 1, dilation_w = 1;
  int pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  int groups = 1;
  int shortcut_stride = 1;
  bool exclude_padding = false;  ///< kAvgPool: divides by the taps that are inside the image
  std::vector<float> weights;  ///< kConv: rows of an output channel as QOp's; kScale: one a channel
  std::vector<float> bias;     ///< kConv, kScale: one an output channel
  /// Beside the float ones, where the network was quantised before it came here.
  std::optional<IntegerWeights> integer_weights = {};
  OutputRounding output_rounding = OutputRounding::kNone;
  float lo = -std::numeric_limits<float>::infinity();
  float hi = std::numeric_limits<float>::infinity();
  std::vector<Function> functions = {};

  /// Bounds and functions, of one value that the node's kind has computed.
  float finish(float x) const;
};

/// A tensor that the network gives out, by the name that its file has for it.
struct NetOutput {
  std::string name;
  int tensor = -1;
  bool operator==(const NetOutput&) const = default;
};

/// A network as it was imported: nodes in execution order over tensors; tensor 0 is the image. The
/// slices that nodes write into a tensor are its values, each once, before any node reads it.
/// kAvgPool divides by the whole kernel, padding counted as zeros, unless it excludes the padding;
/// padding never wins a kMaxPool.
struct Graph {
  std::string name;
  std::vector<Tensor> tensors;
  std::vector<Node> nodes;
  std::vector<NetOutput> outputs;  ///< at least one; the first has the scores of a classifier
  HostTail tail = {};              ///< what makes the file's outputs of these
  /// Whether the file has the image's channels last; tensor 0 has them first all the same.
  bool channels_last = false;

  const Tensor& tensor(int i) const { return tensors[static_cast<std::size_t>(i)]; }
  /// Channels of its output tensor that a node writes, from its first_channel on.
  int written_channels(const Node& n) const {
    if (n.kind != NodeKind::kConv) return tensor(n.input).channels;
    return static_cast<int>(n.integer_weights ? n.integer_weights->bias.size() : n.bias.size());
  }
  bool is_output(int tensor) const {
    return std::any_of(outputs.begin(), outputs.end(),
                       [tensor](const NetOutput& o) { return o.tensor == tensor; });
  }
  bool writes_all(const Node& n) const {
    return written_channels(n) == tensor(n.output).channels && n.out_stride == 1;
  }
  /// What a node writes, as a tensor of its own: its channels, and its pixels of the output.
  Tensor written(const Node& n) const {
    const auto rows = [&n](int size, int first) {
      return (size - first + n.out_stride - 1) / n.out_stride;
    };
    const Tensor& out = tensor(n.output);
    return {n.name, written_channels(n), rows(out.height, n.out_row),
            rows(out.width, n.out_column)};
  }
  /// Takes what a node has computed, as written() says, to its places in the output tensor.
  void place(const Node& n, const float* computed, float* out) const;
};

/// Throws Error naming the tensor or the node when anything in the network is quantised: for what
/// computes with float values only.
void require_float(const Graph& graph);

}  // namespace reshift
