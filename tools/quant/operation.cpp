// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/operation.hpp"

#include "base/error.hpp"

namespace reshift {
namespace {

QKind kind_of(const Node& node) {
  switch (node.kind) {
    case NodeKind::kConv:
    case NodeKind::kMul:
      return QKind::kConv;
    case NodeKind::kMaxPool:
      return QKind::kMaxPool;
    case NodeKind::kAvgPool:
      return QKind::kAvgPool;
    default:
      throw Error("operation {}: not a fused network", node.name);
  }
}

}  // namespace

QOp operation_of(const Node& node) {
  if (node.exclude_padding) {
    throw Error(
        "operation {}: an average that leaves out its padding (count_include_pad = 0) and has more "
        "padding than a convolution of its kernel can tell apart; count the padding, or take a "
        "larger kernel",
        node.name);
  }
  QOp op;
  op.name = node.name;
  op.kind = kind_of(node);
  op.input = node.input;
  op.shortcut = node.shortcut;
  op.shortcut_stride = node.shortcut_stride;
  op.residual = node.residual;
  op.output = node.output;
  op.first_channel = node.first_channel;
  op.kernel_h = node.kernel_h;
  op.kernel_w = node.kernel_w;
  op.stride_h = node.stride_h;
  op.stride_w = node.stride_w;
  op.dilation_h = node.dilation_h;
  op.dilation_w = node.dilation_w;
  op.pad_top = node.pad_top;
  op.pad_left = node.pad_left;
  op.pad_bottom = node.pad_bottom;
  op.pad_right = node.pad_right;
  op.groups = node.groups;
  op.out_stride = node.out_stride;
  op.out_row = node.out_row;
  op.out_column = node.out_column;
  return op;
}

}  // namespace reshift
