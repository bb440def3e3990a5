// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "golden/convolve.hpp"
#include "net/qnet.hpp"

namespace reshift {

/// The quantised network computed as docs/architecture.md, "Numbers", says: plain loops over 64-bit
/// integers, the definition that everything else is measured against.
/// `image` holds the codes of tensor 0, channels x height x width. Returns all tensors, in the
/// network's order and the same layout. Throws Error when the image has another size.
std::vector<std::vector<std::int32_t>> run_graph(const QNet& net,
                                                 std::span<const std::int32_t> image);

/// One operation prepared for speed, with the same result as run_graph. Codes are held in float,
/// where they are exact (at most 16 bits).
class FastOp {
 public:
  FastOp(const QNet& net, const QOp& op);

  struct Scratch {
    Matrix<float> columns;
    Matrix<double> wide_columns;
    std::vector<float> sums;
    std::vector<double> wide_in, wide_shortcut, wide_sums;
    std::vector<float> residual, made;  ///< of the pixels that it makes
    std::vector<float> in, shortcut;    ///< with an upper bound
  };

  /// `out` is where the channels that it writes begin, whole planes. Thread-safe with a scratch for
  /// each thread.
  void run(const Operands& operands, float* out, Scratch& scratch) const;

 private:
  /// The plane of a channel of the output tensor, and the pixels of it that are written.
  struct Plane {
    int height, width, stride, row, column;
  };
  static Plane plane_of(const QOp& op, const QTensor& out);

  /// All that it makes, a pixel after the other, but for the table.
  void make(const Operands& operands, float* out, Scratch& scratch) const;
  /// Calls visit(number of a value that it makes, where that is from its first channel on).
  template <typename Visit>
  void for_each_pixel(Visit visit) const;
  template <typename T>
  void run_conv(const T* in, const T* shortcut, const std::vector<T>& weights, std::vector<T>& sums,
                Matrix<T>& columns) const;
  template <typename T>
  void finish(const T* sums, const float* residual, float* out) const;

  QKind kind_;
  Window window_;
  std::optional<Window> shortcut_;
  int groups_, out_channels_;
  std::size_t in_size_;
  std::int32_t highest_;  ///< of the codes that it reads
  std::int32_t in_zero_;
  std::vector<ChannelParams> params_;
  PostParams post_;
  int act_w_;
  std::vector<float> table_;  ///< from the lowest code on
  Plane plane_;
  bool one_pixel_ = false;  ///< the residual has one, which is added to all
  /// Weights; the second is used where sums may pass 2^24, the last integer that float counts to.
  std::vector<float> weights_;
  std::vector<double> wide_weights_;
};

/// A whole network prepared for speed.
class FastGraph {
 public:
  explicit FastGraph(const QNet& net);

  /// Codes of the outputs; may be called from several threads.
  std::vector<std::vector<std::int32_t>> run(std::span<const std::int32_t> image) const;

 private:
  struct Step {
    FastOp op;
    int input, shortcut, residual;
    std::size_t output, offset;     ///< offset: of what it writes in the output
    std::vector<std::size_t> dead;  ///< tensors that nothing reads after this step
  };
  std::vector<std::size_t> sizes_;
  std::vector<Step> steps_;
  std::vector<std::size_t> outputs_;
};

/// Every tensor of a network from the graph interpreter, fast.
class LayerReference {
 public:
  explicit LayerReference(const QNet& net);
  /// Codes [channel][y][x] of all tensors.
  std::vector<std::vector<std::int32_t>> run(std::span<const std::int32_t> image) const;

 private:
  const QNet& net_;
  std::vector<FastOp> ops_;
};

}  // namespace reshift
