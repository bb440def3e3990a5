// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/pad_inputs.hpp"

#include <algorithm>

#include "base/integer.hpp"
#include "compile/reduction_list.hpp"
#include "isa/fields.hpp"

namespace reshift {
namespace {

/// Rows and columns that a copy can put before its input.
constexpr int kMostRows = 1 << (isa::header::kDy.width - 1);
constexpr int kMostColumns = 1 << (isa::header::kDx.width - 1);

/// Rows or columns beyond the end of an axis that its last window reaches.
int beyond(int in, int out, int kernel, int stride, int dilation, int pad) {
  return std::max(0, (out - 1) * stride + (kernel - 1) * dilation - pad - (in - 1));
}

/// A copy of a tensor between `top` rows and `left` columns of padding and so many as its tensor
/// then has after it, for a reader of `kind`.
QOp padding_copy(const QNet& net, QKind kind, int input, int top, int left) {
  const QTensor& in = net.tensors[index(input)];
  QOp copy;
  copy.name = "padding of " + in.name;
  copy.kind = kind == QKind::kMaxPool ? QKind::kMaxPool : QKind::kConv;
  copy.input = input;
  copy.pad_top = top;
  copy.pad_left = left;
  copy.post.out_zero = in.zero;
  copy.post.lo = code_min(net.act_w);
  copy.post.hi = code_max(net.act_w);
  if (copy.kind == QKind::kMaxPool) return copy;
  copy.groups = in.channels;
  copy.term_values.assign(index(in.channels), 1);
  copy.params.assign(index(in.channels), {-in.zero, 1, 0});
  return copy;
}

/// Inserts the copies that an operation needs, and lets it read the last one; how many there are.
std::size_t pad_input(Lowered& lowered, std::size_t number) {
  QNet& net = lowered.net;
  QOp op = net.ops[number];
  const QTensor in = net.tensors[index(op.input)];
  const QShape out = net.written(op);
  const int bottom =
      beyond(in.height, out.height, op.kernel_h, op.stride_h, op.dilation_h, op.pad_top);
  const int right =
      beyond(in.width, out.width, op.kernel_w, op.stride_w, op.dilation_w, op.pad_left);
  const int copies =
      std::max({1, ceil_div(op.pad_top, kMostRows), ceil_div(op.pad_left, kMostColumns)});
  for (int i = 0; i < copies; ++i) {
    QTensor padded = net.tensors[index(op.input)];
    const int top = std::min(op.pad_top, kMostRows), left = std::min(op.pad_left, kMostColumns);
    QOp copy = padding_copy(net, op.kind, op.input, top, left);
    padded.name = in.name + " (padded)";
    padded.height += top + (i == 0 ? bottom : 0);
    padded.width += left + (i == 0 ? right : 0);
    if (op.kind == QKind::kMaxPool) padded.zero = code_min(net.act_w);
    op.input = copy.output = static_cast<int>(net.tensors.size());
    op.pad_top -= top;
    op.pad_left -= left;
    net.tensors.push_back(padded);
    lowered.source_tensor.push_back(-1);
    lowered.channels.push_back(lowered.channels[index(copy.input)]);
    const auto at = static_cast<std::ptrdiff_t>(number) + i;
    net.ops.insert(net.ops.begin() + at, copy);
    lowered.source_op.insert(lowered.source_op.begin() + at, -1);
    lowered.notes.insert(lowered.notes.begin() + at, "");
  }
  op.pad_bottom = op.pad_right = 0;
  net.ops[number + index(copies)] = op;
  lowered.notes[number + index(copies)] += "reads a padded copy of its input; ";
  return index(copies);
}

}  // namespace

void pad_inputs(Lowered& lowered) {
  for (std::size_t i = 0; i < lowered.net.ops.size(); ++i) {
    if (!unreachable_tap(lowered.net, lowered.net.ops[i]).empty()) i += pad_input(lowered, i);
  }
}

}  // namespace reshift
