// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/depend.hpp"

#include <algorithm>
#include <vector>

#include "base/integer.hpp"
#include "isa/fields.hpp"

namespace reshift {
namespace {

/// Per output coordinate, from `-lead` on, the largest source coordinate that any tap reads
/// unmasked, -1: none.
std::vector<int> furthest(int out, int source, int kernel, int stride, int dilation, int pad,
                          int lead = 0) {
  std::vector<int> result;
  for (int i = -lead; i < out; ++i) {
    int best = -1;
    for (int k = 0; k < kernel; ++k) {
      const int at = i * stride + k * dilation - pad;
      if (at >= 0 && at < source) best = std::max(best, at);
    }
    result.push_back(best);
  }
  return result;
}

}  // namespace

Need pixels_needed(const isa::Hardware& hw, const QNet& net, const QOp& op, const Strip& strip,
                   const Layout& source, const Producer& producer, int groups, int lead) {
  const int width = net.written(op).width + lead;
  const Walk walk = walk_of(op);
  const int scale = source.polyphase ? 2 : 1;
  const auto rows = furthest(strip.out.count, scale * source.phase_height(), op.kernel_h,
                             op.stride_h, op.dilation_h, strip.pad_top);
  const auto columns = furthest(width - lead, scale * source.phase_width(), op.kernel_w,
                                op.stride_w, op.dilation_w, op.pad_left, lead);
  std::vector<std::int64_t> need(index(groups), 0);
  for (int y = 0; y < strip.out.count; ++y) {
    const int row = rows[index(y)] + strip.in.first - producer.first;
    for (int x = 0; rows[index(y)] >= 0 && row >= 0 && x < width; ++x) {
      const int column = columns[index(x)];
      if (column < 0) continue;
      auto& n = need[index((y * walk.row * source.pitch + x * walk.column) / hw.p)];
      n = std::max(n, std::int64_t{row} * producer.walk.row * producer.pitch +
                          column * producer.walk.column + producer.lead + 1);
    }
  }
  Need line{need[0], 0};
  for (std::size_t g = 1; g < need.size(); ++g) {
    const auto distance = static_cast<std::int64_t>(g);
    line.step = std::max(line.step, (need[g] - line.first + distance - 1) / distance);
  }
  // Beyond the counter's range: wait for all of it.
  const std::int64_t all = isa::field_mask(isa::exec::kNeedFirst);
  if (line.first + line.step * (groups - 1) > all) line = {all, 0};
  return line;
}

}  // namespace reshift
