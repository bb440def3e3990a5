// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/depend.hpp"

#include <algorithm>
#include <vector>

#include "base/integer.hpp"
#include "isa/fields.hpp"

namespace reshift {
namespace {

/// Per output coordinate the largest source coordinate that any tap reads unmasked, -1: none.
std::vector<int> furthest(int out, int source, int kernel, int stride, int dilation, int pad) {
  std::vector<int> result;
  for (int i = 0; i < out; ++i) {
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

Need pixels_needed(const isa::Hardware& hw, const QNet& net, const QOp& op, const Layout& source,
                   const Walk& producer, int producer_pitch, int groups) {
  const QShape out = net.written(op);
  const Walk walk = walk_of(op);
  const int scale = source.polyphase ? 2 : 1;
  const auto rows = furthest(out.height, scale * source.phase_height(), op.kernel_h, op.stride_h,
                             op.dilation_h, op.pad_top);
  const auto columns = furthest(out.width, scale * source.phase_width(), op.kernel_w, op.stride_w,
                                op.dilation_w, op.pad_left);
  std::vector<std::int64_t> need(index(groups), 0);
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      const int row = rows[index(y)], column = columns[index(x)];
      if (row < 0 || column < 0) continue;
      auto& n = need[index((y * walk.row * source.pitch + x * walk.column) / hw.p)];
      n = std::max(
          n, std::int64_t{row} * producer.row * producer_pitch + column * producer.column + 1);
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
