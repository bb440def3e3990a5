// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "explore/least_cycles.hpp"

#include <algorithm>

#include "base/integer.hpp"
#include "cost/exec_cycles.hpp"

namespace reshift {

std::int64_t least_cycles(const isa::Hardware& hw, const QNet& net) {
  std::int64_t engine = 0, tile_bits = 0;
  for (const QOp& op : net.ops) {
    if (op.kind != QKind::kConv) continue;
    const QShape out = net.written(op);
    const std::int64_t pixel_groups =
        ceil_div(std::int64_t{out.height} * out.width, std::int64_t{hw.p});
    const std::int64_t m_blocks = ceil_div(out.channels, hw.m);
    // The rows of an M-block that belong to several groups read different channels.
    const int of_group = std::max(out.channels / op.groups, 1);
    const std::int64_t groups = std::clamp(hw.m / of_group, 1, op.groups);
    const std::int64_t tiles = ceil_div(groups * net.row_size(op), std::int64_t{hw.c}) * op.terms;
    engine += pixel_groups * m_blocks * std::max(tiles, cost::post_cycles(hw));
    tile_bits += m_blocks * tiles * isa::tile_width(hw);
  }
  return std::max(engine, tile_bits / hw.axi_data_w);
}

}  // namespace reshift
