// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/views.hpp"

#include <algorithm>

#include "base/integer.hpp"

namespace reshift {
namespace {

bool reads_pixel_by_pixel(const QOp& op) {
  return op.kernel_h == 1 && op.kernel_w == 1 && op.stride_h == 1 && op.stride_w == 1 &&
         op.pad_top + op.pad_left + op.pad_bottom + op.pad_right == 0;
}

/// Whether an operation can read a part of the channels of its input: weights of zero do that.
bool can_read_part(const QNet& net, const QOp& op, int tensor) {
  if (op.residual == tensor || (op.shortcut == tensor && op.shortcut_stride != 1)) return false;
  if (op.input != tensor) return true;
  if (op.kind == QKind::kMaxPool) return is_copy(net, op);
  return op.stride_h == 1 && op.stride_w == 1;
}

/// Whether what `copy` reads can be written where it writes.
bool can_be_view(const QNet& net, const QOp& copy) {
  const int tensor = copy.input;
  const bool whole = net.written_channels(copy) == net.tensors[index(copy.output)].channels;
  if (tensor == 0 || whole || net.is_output(tensor)) return false;
  return std::all_of(net.ops.begin(), net.ops.end(),
                     [&](const QOp& op) { return &op == &copy || can_read_part(net, op, tensor); });
}

}  // namespace

bool is_copy(const QNet& net, const QOp& op) {
  const QTensor &in = net.tensors[index(op.input)], &out = net.tensors[index(op.output)];
  if (!reads_pixel_by_pixel(op) || op.residual >= 0 || op.shortcut >= 0 || op.out_stride != 1 ||
      !op.table.empty() || op.post.lo != code_min(net.act_w) || op.post.hi != code_max(net.act_w) ||
      in.zero != out.zero || net.written_channels(op) != in.channels || in.height != out.height ||
      in.width != out.width) {  // a stride does not matter to one pixel
    return false;
  }
  if (op.kind == QKind::kMaxPool) return true;
  if (op.kind == QKind::kConv && op.groups != in.channels) return false;
  for (std::size_t c = 0; c < op.params.size(); ++c) {
    const ChannelParams& p = op.params[c];
    const std::int64_t weight = op.kind == QKind::kConv ? op.weight(c) : 1;
    if (weight * p.mult != std::int64_t{1} << p.shift || p.bias != -in.zero * weight) return false;
  }
  return true;
}

Views find_views(const QNet& net) {
  Views views{{}, std::vector<bool>(net.ops.size(), false)};
  for (int t = 0; t < static_cast<int>(net.tensors.size()); ++t) views.of.push_back({t, 0});
  for (std::size_t i = 0; i < net.ops.size(); ++i) {
    const QOp& op = net.ops[i];
    if (!is_copy(net, op) || !can_be_view(net, op) || !views.whole(op.input)) continue;
    views.of[index(op.input)] = {op.output, op.first_channel};
    views.left_out[i] = true;
  }
  for (View& view : views.of) {
    while (!views.whole(view.storage)) {
      const View& next = views.of[index(view.storage)];
      view = {next.storage, view.first_channel + next.first_channel};
    }
  }
  return views;
}

}  // namespace reshift
