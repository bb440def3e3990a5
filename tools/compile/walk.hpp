// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include "base/integer.hpp"
#include "isa/fields.hpp"
#include "net/qnet.hpp"

namespace reshift {

/// How the machine walks an operation's strides: it reads the input at every pixel or, from a
/// polyphase tensor, at every second one of both axes, and of the pixels that it computes it writes
/// every `row`-th and `column`-th.
struct Walk {
  int stride = 1;           ///< 1 or 2
  int row = 1, column = 1;  ///< 1: all of them are written

  bool writes_all() const { return row == 1 && column == 1; }
  /// Rows and columns of the raster for so many that are written.
  int rows(int written) const { return (written - 1) * row + 1; }
  int columns(int written) const { return (written - 1) * column + 1; }
};

constexpr Walk walk_of(const QOp& op) {
  const int stride = op.stride_h % 2 == 0 && op.stride_w % 2 == 0 ? 2 : 1;
  return {stride, op.stride_h / stride, op.stride_w / stride};
}

/// One axis of a tap: the parity phase and the offset in it.
struct TapAxis {
  int phase, offset;
};

constexpr TapAxis tap_axis(int k, int stride, int dilation, int pad) {
  const int offset = k * dilation - pad;
  const int whole = floor_div(offset, stride);
  return {offset - whole * stride, whole};
}

/// Whether an operation of stride 2 reads a tensor.
inline bool is_polyphase(const QNet& net, int tensor) {
  return std::any_of(net.ops.begin(), net.ops.end(), [&](const QOp& op) {
    return (op.input == tensor && walk_of(op).stride == 2) ||
           (op.shortcut == tensor && op.shortcut_stride == 2);
  });
}

/// Whether a descriptor can say it.
constexpr bool can_walk(const Walk& walk) {
  return walk.row <= 1 << isa::exec::kSkipRows.width &&
         walk.column <= 1 << isa::exec::kSkipColumns.width;
}

/// Whether an operation adds a residual of one pixel to all of its own.
inline bool broadcasts(const QNet& net, const QOp& op) {
  if (op.residual < 0) return false;
  const QTensor& added = net.tensors[static_cast<std::size_t>(op.residual)];
  const QTensor& out = net.tensors[static_cast<std::size_t>(op.output)];
  return added.height == 1 && added.width == 1 && (out.height > 1 || out.width > 1);
}

}  // namespace reshift
