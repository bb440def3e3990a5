// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/strip.hpp"

#include <algorithm>
#include <numeric>

#include "base/integer.hpp"

namespace reshift {

Strip strip_of(const QNet& net, const QOp& op, bool polyphase_input, const Rows& out) {
  const int in_height = net.tensors[index(op.input)].height;
  const int out_height = net.written(op).height;
  const int shortcut_height = op.shortcut < 0 ? 0 : net.tensors[index(op.shortcut)].height;
  if (out.count == 0) return {};
  if (out.count >= out_height) {
    return {{0, out_height}, {0, in_height}, op.pad_top, {0, shortcut_height}};
  }
  Strip strip{out, {}, 0, {}};
  const int top = out.first * op.stride_h - op.pad_top;
  const int end = top + (out.count - 1) * op.stride_h + (op.kernel_h - 1) * op.dilation_h + 1;
  int begin = std::clamp(top, 0, in_height - 1);
  if (polyphase_input) begin -= begin % 2;
  strip.in = {begin, std::clamp(end, begin + 1, in_height) - begin};
  strip.pad_top = begin - top;
  strip.shortcut = {out.first * op.shortcut_stride, (out.count - 1) * op.shortcut_stride + 1};
  return strip;
}

std::vector<Strip> cut(const QNet& net, const QOp& op, bool polyphase_input, int rows) {
  const int out_height = net.written(op).height;
  std::vector<Strip> strips;
  for (int first = 0; first < out_height; first += rows) {
    const int count = std::min(rows, out_height - first);
    strips.push_back(strip_of(net, op, polyphase_input, {first, count}));
  }
  return strips;
}

int row_unit(const isa::Hardware& hw, const Layout& layout) {
  const int unit = hw.p / std::gcd(hw.p, layout.pitch);
  return layout.polyphase ? 2 * unit : unit;
}

}  // namespace reshift
