// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/graph.hpp"
#include "net/numerics.hpp"
#include "net/preprocess.hpp"

namespace reshift {

/// An activation tensor: channels x height x width codes, real = scale * (code - zero).
struct QTensor {
  std::string name;
  int channels = 0, height = 0, width = 0;
  double scale = 1;
  int zero = 0;
  std::size_t size() const {
    return static_cast<std::size_t>(channels) * static_cast<std::size_t>(height) *
           static_cast<std::size_t>(width);
  }
};

/// Channels, rows and columns.
struct QShape {
  int channels = 0, height = 0, width = 0;
};

enum class QKind { kConv, kMaxPool, kAvgPool };

/// One operation of a quantised network. A fully connected layer is a convolution whose kernel is
/// the whole map; an element-wise addition is the residual of the operation that makes its other
/// operand; a concatenation is operations that write slices of the channels of one tensor.
/// A convolution may have a second input, its shortcut: a 1x1 convolution of it, without groups and
/// padding, is part of the same sums (the merged shortcut of a downsampling block).
struct QOp {
  std::string name;
  QKind kind = QKind::kConv;
  /// Tensor indices; shortcut (kConv only) and residual -1: none. A residual has the rows and
  /// columns of the output tensor, or one pixel, which is added to all.
  int input = -1, shortcut = -1, residual = -1, output = -1;
  int first_channel = 0;  ///< of the output tensor that it writes
  /// Pixel (y, x) is pixel (y * out_stride + out_row, x * out_stride + out_column) of the output
  /// tensor; out_stride 1 or 2.
  int out_stride = 1, out_row = 0, out_column = 0;
  int kernel_h = 1, kernel_w = 1, stride_h = 1, stride_w = 1, dilation_h = 1, dilation_w = 1;
  int pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  int groups = 1;
  /// Codes of both inputs and of padding above the highest code less this are taken as that.
  int in_cut = 0;
  int shortcut_stride = 1;  ///< of both axes
  int terms = 1;            ///< terms a weight (kConv only)
  /// kConv: an output channel has a row of weights, [in channel of the group][ky][kx], and after
  /// them one for each channel of the shortcut. The terms of weight [out channel][place in the row]
  /// are term_values[index * terms + t], each one that term_fits(); the weight is their sum.
  std::vector<std::int16_t> term_values;
  /// One record an output channel. `bias` holds everything that is constant: the network's bias
  /// and -zero * sum(w) of both inputs. kMaxPool has none: its output is clamp(maximum, lo, hi),
  /// padding never wins. kAvgPool sums all taps, padding included as the zero point; mult/shift are
  /// those of 1/n.
  std::vector<ChannelParams> params;
  /// out_zero and res_zero are those of the tensors; with a residual it is added (res_factor > 0)
  /// or multiplies (product).
  PostParams post;
  /// Empty, or one entry per code from the lowest on: what stands in the output for that code.
  std::vector<std::int16_t> table;

  /// The integer weight at a flat index of [out channel][place in the row].
  int weight(std::size_t index) const {
    int sum = 0;
    const std::size_t count = static_cast<std::size_t>(terms);
    for (std::size_t t = 0; t < count; ++t) sum += term_values[index * count + t];
    return sum;
  }
};

/// A quantised network: operations in execution order over tensors; tensor 0 is the image. What
/// operations write into a tensor are its values, each once, before any operation reads it.
struct QNet {
  std::string name;
  int act_w = 8;
  int weight_format = 7;  ///< see numerics.hpp
  /// Bits of the multipliers in `params`, 16 or 32; 1: all scales, of residuals too, are powers of
  /// two.
  int mult_w = 16;
  Preprocess preprocess;
  std::vector<QTensor> tensors;
  std::vector<QOp> ops;
  std::vector<NetOutput> outputs;  ///< at least one; the first has the scores of a classifier
  HostTail tail;                   ///< what makes the file's outputs of their real values

  bool is_output(int tensor) const {
    return std::any_of(outputs.begin(), outputs.end(),
                       [tensor](const NetOutput& o) { return o.tensor == tensor; });
  }
  /// The tensor of the first output.
  const QTensor& scores() const {
    return tensors[static_cast<std::size_t>(outputs.front().tensor)];
  }
  /// Channels of its output tensor that an operation writes, from its first_channel on: a
  /// convolution as many as it has parameters for, pooling as many as it reads.
  int written_channels(const QOp& op) const;
  /// What an operation makes: channels, rows and columns of its output tensor that it writes.
  QShape written(const QOp& op) const;
  /// Weights of an output channel of a convolution.
  int row_size(const QOp& op) const;
  /// Values that an operation writes, and where its first channel begins in its output tensor.
  std::size_t written_size(const QOp& op) const;
  std::size_t written_offset(const QOp& op) const;
  /// Multiplications of a frame in an operation, real sizes, one a weight and pixel however many
  /// terms the weight has; 0 but for convolutions.
  std::int64_t macs(const QOp& op) const;
  /// Throws Error with the operation's name when anything is inconsistent (shapes, ranges, order).
  void validate() const;
  /// Container file, see base/container.hpp. Throws Error on a damaged or foreign file.
  void save(const std::string& path) const;
  static QNet load(const std::string& path);
};

std::string_view to_string(QKind kind);

/// The codes of tensor 0 for an input of the same size and order: round(value / scale) + zero, half
/// away from zero, clamped to the codes.
std::vector<std::int32_t> quantize_values(const QNet& net, std::span<const float> values);

/// What codes of a tensor stand for.
std::vector<float> real_values(const QTensor& tensor, std::span<const std::int32_t> codes);

nlohmann::json to_json(const QNet& net);
/// Validated; throws Error when a field is missing, of another type or inconsistent.
QNet qnet_from_json(const nlohmann::json& json);

}  // namespace reshift
