// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "explore/least_cycles.hpp"

#include <algorithm>
#include <numeric>

#include "base/integer.hpp"
#include "cost/exec_cycles.hpp"

namespace reshift {

std::vector<ConvolutionSize> convolutions(const QNet& net) {
  std::vector<ConvolutionSize> sizes;
  for (const QOp& op : net.ops) {
    if (op.kind != QKind::kConv) continue;
    const QShape out = net.written(op);
    ConvolutionSize size;
    size.pixels = std::int64_t{out.height} * out.width;
    size.groups = op.groups;
    size.group_channels = net.tensors[index(op.input)].channels / op.groups;
    const int row = net.row_size(op);
    size.tile_terms = op.input == 0 || op.shortcut >= 0 ? row : size.group_channels;
    const auto terms = static_cast<std::ptrdiff_t>(row) * op.terms;
    for (int channel = 0; channel < out.channels; ++channel) {
      const auto first = op.term_values.begin() + channel * terms;
      size.row_terms.push_back(
          static_cast<int>(terms - std::count(first, first + terms, std::int16_t{0})));
    }
    // A copy may be left out of the program.
    if (*std::max_element(size.row_terms.begin(), size.row_terms.end()) > 1)
      sizes.push_back(std::move(size));
  }
  return sizes;
}

std::int64_t least_cycles(const isa::Hardware& hw, const std::vector<ConvolutionSize>& net) {
  const std::int64_t post = cost::post_cycles(hw);
  std::int64_t engine = 1, tile_bits = 0;
  const std::int64_t item_bits = 8 * isa::item_bytes(hw);
  for (const ConvolutionSize& size : net) {
    const std::int64_t pixel_groups = ceil_div(size.pixels, std::int64_t{hw.p});
    const int channels = static_cast<int>(size.row_terms.size());
    // The rows of an M-block that belong to different groups read different channels.
    const int of_group = std::max(channels / size.groups, 1);
    const int groups = std::clamp(hw.m / of_group, 1, size.groups);
    const int c_blocks =
        size.groups > 1
            ? std::max(groups * size.group_channels / std::max(size.group_channels, hw.c), 1)
            : 1;
    const int at_once = std::min(hw.c, size.tile_terms);
    for (int first = 0; first < channels; first += hw.m) {
      const auto begin = size.row_terms.begin() + first;
      const auto [least, most] =
          std::minmax_element(begin, begin + std::min(hw.m, channels - first));
      const std::int64_t tiles =
          std::max({ceil_div(*most, at_once), c_blocks * ceil_div(*least, at_once), 1});
      engine += pixel_groups * std::max(tiles, post);
      // Rows of row streams run apart, so they take as many items as there are weights a row.
      const std::int64_t items = std::max(
          tiles,
          std::accumulate(begin, begin + std::min(hw.m, channels - first), std::int64_t{0}) / hw.m);
      const std::int64_t tile = tiles * isa::tile_width(hw);
      tile_bits += hw.weight_streams ? std::min(tile, items * item_bits) : tile;
    }
  }
  return std::max(engine, tile_bits / hw.axi_data_w);
}

}  // namespace reshift
