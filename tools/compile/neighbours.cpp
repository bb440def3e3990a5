// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/neighbours.hpp"

#include <algorithm>

#include "compile/walk.hpp"
#include "isa/fields.hpp"

namespace reshift {
namespace {

/// Whether every output channel is made of the input channel of the same number, and the raster
/// can begin before the output.
bool fits(const QNet& net, const QOp& op) {
  const int channels = net.tensors[index(op.input)].channels;
  return op.kind == QKind::kConv && op.kernel_w > 1 && op.groups == channels &&
         net.written_channels(op) == channels && op.shortcut < 0 && op.out_stride == 1 &&
         walk_of(op).writes_all();
}

}  // namespace

std::optional<Neighbours> neighbours_of(const isa::Hardware& hw, const QNet& net, const QOp& op) {
  if (hw.neighbours == 0 || !fits(net, op)) return std::nullopt;
  const int stride = walk_of(op).stride;
  Neighbours made;
  std::vector<TapAxis> taps;
  for (int kx = 0; kx < op.kernel_w; ++kx) {
    taps.push_back(tap_axis(kx, stride, op.dilation_w, op.pad_left));
    made.lead = std::max(made.lead, taps.back().offset);
    made.gap = std::max(made.gap, -taps.back().offset);
  }
  const int furthest = made.lead + made.gap;
  // The phase of a pixel is that of its column of the raster.
  const bool phases =
      is_polyphase(net, op.output) || (op.residual >= 0 && is_polyphase(net, op.residual));
  if (made.lead > static_cast<int>(isa::field_mask(isa::exec::kLead)) ||
      furthest > 1 << (isa::header::kDx.width - 1) || (made.lead > 0 && phases)) {
    return std::nullopt;
  }
  // From the right to the left, each micro-op as many as it reaches.
  std::vector<bool> taken(taps.size(), false);
  for (int kx = op.kernel_w - 1; kx >= 0; --kx) {
    if (taken[index(kx)]) continue;
    Neighbours::Taps reached(index(hw.neighbours + 1), -1);
    for (int other = kx; other >= 0; --other) {
      const int left = taps[index(kx)].offset - taps[index(other)].offset;
      if (taps[index(other)].phase != taps[index(kx)].phase || left > hw.neighbours) continue;
      reached[index(left)] = other;
      taken[index(other)] = true;
    }
    made.row.push_back(std::move(reached));
  }
  const int uops =
      op.kernel_h * static_cast<int>(made.row.size()) * op.terms * isa::c_blocks_per_word(hw);
  if (std::ssize(made.row) == op.kernel_w || uops > isa::kNeighbourUops) return std::nullopt;
  return made;
}

}  // namespace reshift
