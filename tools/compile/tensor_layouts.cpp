// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/tensor_layouts.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/integer.hpp"
#include "compile/neighbours.hpp"
#include "isa/fields.hpp"

namespace reshift {
namespace {

constexpr auto kMaxPitch = static_cast<int>(isa::field_mask(isa::exec::kPitch));

/// One raster, one pitch: an operation that walks its input flat writes its output with the pitch
/// of the input, and one with a shortcut walks it with the input.
void match_pitches(const QNet& net, std::vector<Layout>& layouts) {
  for (bool changed = true; changed;) {
    changed = false;
    const auto match = [&](int a, int b) {
      int &first = layouts[index(a)].pitch, &second = layouts[index(b)].pitch;
      changed |= first != second;
      first = second = std::max(first, second);
    };
    for (const QOp& op : net.ops) {
      if (walks_flat(op, layouts[index(op.input)])) match(op.input, op.output);
      if (op.shortcut >= 0) match(op.input, op.shortcut);
    }
  }
}

}  // namespace

std::vector<Layout> tensor_layouts(const isa::Hardware& hw, const QNet& net) {
  std::vector<Layout> layouts;
  for (const QTensor& t : net.tensors) {
    const int number = static_cast<int>(layouts.size());
    layouts.push_back({t.channels, t.height, t.width, t.width, is_polyphase(net, number),
                       words_of(hw, t.channels), 0});
  }
  const int pixels = isa::post_pixels(hw);  // a row of a raster is whole steps of it
  for (Layout& l : layouts) l.pitch = round_up(l.phase_width(), pixels);
  for (const QOp& op : net.ops) {
    Layout& in = layouts[index(op.input)];
    const Layout& out = layouts[index(op.output)];
    if (walks_flat(op, in)) continue;
    in.pitch = std::max(in.pitch, out.polyphase ? 2 * out.phase_width()
                                                : walk_of(op).columns(net.written(op).width));
    if (const auto neighbours = neighbours_of(hw, net, op)) {
      in.pitch = std::max(
          {in.pitch, in.phase_width() + neighbours->gap, net.written(op).width + neighbours->lead});
    }
    in.pitch = round_up(in.pitch, pixels);
    if (in.pitch > kMaxPitch) {
      throw Error("operation {}: rows of {} pixels, a descriptor says at most {}", op.name,
                  in.pitch, kMaxPitch);
    }
  }
  match_pitches(net, layouts);
  return layouts;
}

void pad_pitch(const isa::Hardware& hw, const QNet& net, int tensor, std::vector<Layout>& layouts) {
  int& pitch = layouts[index(tensor)].pitch;
  pitch = round_up(pitch, hw.p);
  match_pitches(net, layouts);
}

}  // namespace reshift
