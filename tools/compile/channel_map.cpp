// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/channel_map.hpp"

#include <algorithm>
#include <numeric>

#include "base/integer.hpp"

namespace reshift {

ChannelMap ChannelMap::of(int channels) {
  ChannelMap map{std::vector<int>(index(channels)), channels};
  std::iota(map.at.begin(), map.at.end(), 0);
  return map;
}

bool ChannelMap::same() const { return stored == static_cast<int>(at.size()); }

ChannelMap ChannelMap::part(int first, int count) const {
  return {{at.begin() + first, at.begin() + first + count}, stored};
}

QOp as_convolution(const QNet& net, const QOp& op) {
  QOp conv = op;
  conv.kind = QKind::kConv;
  conv.groups = net.tensors[index(op.input)].channels;
  conv.terms = 1;
  conv.term_values.assign(index(conv.groups * op.kernel_h * op.kernel_w), 1);
  if (op.kind == QKind::kMaxPool) {
    conv.params.assign(index(conv.groups), {-net.tensors[index(op.input)].zero, 1, 0});
  }
  return conv;
}

QOp spread_convolution(const QNet& net, const QOp& op, const OperationMaps& maps, int groups) {
  const auto& [in, shortcut, out] = maps;
  QOp result = op;
  const int taps = op.kernel_h * op.kernel_w, out_channels = net.written_channels(op);
  const int added = static_cast<int>(shortcut.at.size());
  const int group_in = static_cast<int>(in.at.size()) / op.groups;
  const int group_out = out_channels / op.groups;
  const int row = net.row_size(op);
  const int wide_in = in.stored / groups * taps, wide_row = wide_in + shortcut.stored;
  result.groups = groups;
  result.params.assign(index(out.stored), {});
  result.term_values.assign(index(std::int64_t{out.stored} * wide_row * op.terms), 0);
  for (int oc = 0; oc < out_channels; ++oc) {
    const int to_row = out.at[index(oc)];
    result.params[index(to_row)] = op.params[index(oc)];
    const auto move = [&](int from, int to) {
      std::copy_n(op.term_values.begin() + (std::int64_t{oc} * row + from) * op.terms, op.terms,
                  result.term_values.begin() + (std::int64_t{to_row} * wide_row + to) * op.terms);
    };
    for (int i = 0; i < group_in; ++i) {
      const int channel = groups == 1 ? in.at[index(oc / group_out * group_in + i)] : i;
      for (int tap = 0; tap < taps; ++tap) move(i * taps + tap, channel * taps + tap);
    }
    for (int i = 0; i < added; ++i) move(row - added + i, wide_in + shortcut.at[index(i)]);
  }
  return result;
}

}  // namespace reshift
