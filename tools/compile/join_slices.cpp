// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/join_slices.hpp"

#include <algorithm>
#include <numeric>

#include "base/integer.hpp"
#include "compile/reduction_list.hpp"
#include "cost/exec_cycles.hpp"
#include "program/layout.hpp"

namespace reshift {
namespace {

/// Channels that a tensor's words have room for when each slice begins a word.
int stored_channels(const isa::Hardware& hw, const QNet& net, int tensor) {
  int words = 0;
  for (const QOp& op : net.ops) {
    const bool again = op.out_row + op.out_column > 0;  // other pixels of the same channels
    if (op.output == tensor && !again) words += words_of(hw, net.written_channels(op));
  }
  return words * hw.m;
}

/// Cycles of a pixel group in a reader of a tensor of so many channels.
std::int64_t group_cycles(const isa::Hardware& hw, const QNet& net, const QOp& op, int channels) {
  const std::int64_t taps = std::int64_t{op.kernel_h} * op.kernel_w;
  const std::int64_t post = cost::post_cycles(hw);
  if (op.kind != QKind::kConv) {
    return words_of(hw, channels) * std::max(taps * isa::c_blocks_per_word(hw), post);
  }
  if (op.groups > 1) return 0;  // leaves gaps out by itself
  const std::int64_t tiles = taps * ceil_div(channels, hw.c) * op.terms;
  return words_of(hw, net.written_channels(op)) * std::max(tiles, post);
}

std::int64_t pixels(const QNet& net, int tensor) {
  const QTensor& t = net.tensors[index(tensor)];
  return std::int64_t{t.height} * t.width;
}

/// Cycles of a copy without gaps, each of whose M-blocks has channels of a few slices.
std::int64_t copy_cycles(const isa::Hardware& hw, const QNet& net, int tensor, int slices) {
  const int words = words_of(hw, net.tensors[index(tensor)].channels);
  const std::int64_t tiles = ceil_div(words * hw.m / hw.c + slices, words);
  return pixels(net, tensor) * words * std::max(tiles, cost::post_cycles(hw));
}

bool is_worth_a_copy(const isa::Hardware& hw, const QNet& net, int tensor) {
  const int channels = net.tensors[index(tensor)].channels;
  const int stored = stored_channels(hw, net, tensor);
  if (words_of(hw, stored) == words_of(hw, channels)) return false;
  std::int64_t saved = 0;
  int slices = 0;
  for (const QOp& op : net.ops) {
    slices += op.output == tensor;
    if (op.residual == tensor) return false;
    if (op.input != tensor) continue;
    saved += pixels(net, op.output) *
             (group_cycles(hw, net, op, stored) - group_cycles(hw, net, op, channels));
  }
  return saved > copy_cycles(hw, net, tensor, slices);
}

/// Of all channels, each by itself.
QOp copy_of(const QNet& net, int tensor, int copy) {
  const QTensor& t = net.tensors[index(tensor)];
  QOp op;
  op.name = "copy of " + t.name;
  op.input = tensor;
  op.output = copy;
  op.groups = t.channels;
  op.term_values.assign(index(t.channels), 1);
  op.params.assign(index(t.channels), {-t.zero, 1, 0});
  op.post.out_zero = t.zero;
  op.post.lo = code_min(net.act_w);
  op.post.hi = code_max(net.act_w);
  return op;
}

}  // namespace

JoinedNet join_slices(const isa::Hardware& hw, const QNet& original) {
  JoinedNet result{original, std::vector<int>(original.ops.size()),
                   std::vector<int>(original.tensors.size())};
  std::iota(result.source_op.begin(), result.source_op.end(), 0);
  std::iota(result.source_tensor.begin(), result.source_tensor.end(), 0);
  QNet& net = result.net;
  for (int t = 1; t < static_cast<int>(original.tensors.size()); ++t) {
    if (!is_worth_a_copy(hw, net, t)) continue;
    const int copy = static_cast<int>(net.tensors.size());
    const auto first = std::find_if(net.ops.begin(), net.ops.end(), [&](const QOp& op) {
      return op.input == t || op.shortcut == t;
    });
    const auto at = first - net.ops.begin();
    const QOp op = copy_of(net, t, copy);
    for (QOp& reader : net.ops) {
      if (reader.input == t) reader.input = copy;
      if (reader.shortcut == t) reader.shortcut = copy;
    }
    net.tensors.push_back(net.tensors[index(t)]);
    net.tensors.back().name += " (copy)";
    net.ops.insert(net.ops.begin() + at, op);
    result.source_op.insert(result.source_op.begin() + at, -1);
    result.source_tensor.push_back(t);
  }
  return result;
}

}  // namespace reshift
