// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/allocate.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>

#include "base/error.hpp"

namespace reshift {
namespace {

constexpr int kMaxPitch = 4095;  // 12 bits of a descriptor

std::size_t index(int i) { return static_cast<std::size_t>(i); }

/// An operation that walks its input flat writes its output with the same pitch.
void match_flat_pitches(const QNet& net, std::vector<Layout>& layouts) {
  for (bool changed = true; changed;) {
    changed = false;
    for (const QOp& op : net.ops) {
      Layout& in = layouts[index(op.input)];
      Layout& out = layouts[index(op.output)];
      if (!walks_flat(op, in) || in.pitch == out.pitch) continue;
      in.pitch = out.pitch = std::max(in.pitch, out.pitch);
      changed = true;
    }
  }
}

/// A piece of the buffer that is in use between two operations, inclusive.
struct Region {
  int first = 0, last = 0;
  int size = 0, base = 0;
};

/// The largest strip of a tensor, as it lies in a slot.
int slot_words(const spec::Hardware& hw, const Layout& layout, const std::vector<Strip>& strips,
               Rows Strip::*rows) {
  int words = 0;
  for (const Strip& s : strips) {
    Layout part = layout.rows(hw, (s.*rows).first, (s.*rows).count);
    part.phase_step = 0;
    words = std::max(words, part.size(hw));
  }
  return words;
}

/// Places the tensors of one choice of what is spilled.
class Placer {
 public:
  /// `budget`: words a bank that the slots of an operation may take, if a strip of few rows does;
  /// `copies`: slots that strips of a tensor take in turn; `padded`: rows of spilled tensors begin
  /// in bank 0, so that a strip may have any number of them, at the cost of pixels that nobody
  /// needs.
  Placer(const spec::Hardware& hw, const QNet& net, int budget, int copies, bool padded)
      : hw_(hw),
        net_(net),
        budget_(budget),
        copies_(copies),
        padded_(padded),
        ops_(static_cast<int>(net.ops.size())) {
    placement_.layouts = tensor_layouts(hw, net);
    placement_.spilled.assign(net.tensors.size(), false);
    for (const Layout& l : placement_.layouts) placement_.naive_words += l.size(hw);
    first_.assign(net.tensors.size(), ops_);
    last_.assign(net.tensors.size(), 0);
    writers_.assign(net.tensors.size(), 0);
    for (int i = 0; i < ops_; ++i) {
      const QOp& op = net.ops[index(i)];
      auto& opened = first_[index(op.output)];
      opened = std::min(opened, i);  // the first of the operations that write slices of it
      ++writers_[index(op.output)];
      for (const int t : {op.input, op.residual, op.output}) {
        if (t >= 0) last_[index(t)] = i;
      }
    }
    first_[0] = first_[index(net.output)] = 0;
    last_[0] = last_[index(net.output)] = ops_;
  }

  /// Spills tensors until all fits; nothing when that does not help, `too_much` says where.
  std::optional<Placement> run() {
    while (true) {
      make_regions();
      fit();
      if (placement_.words <= hw_.fb_depth) return placement_;
      const int worst = worst_op();
      const int tensor = spillable(worst);
      if (tensor < 0) {
        too_much_ = fmt::format(
            "operation {}: the feature buffer of {} is too small: {} words a bank are alive there, "
            "what "
            "can be in memory not counted, and {} needed in all, it has {}",
            net_.ops[index(worst)].name, hw_.name, alive(worst), placement_.words, hw_.fb_depth);
        return {};
      }
      placement_.spilled[index(tensor)] = true;
      if (padded_) {
        int& pitch = placement_.layouts[index(tensor)].pitch;
        pitch = (pitch + hw_.p - 1) / hw_.p * hw_.p;
        match_flat_pitches(net_, placement_.layouts);
      }
    }
  }

  const std::string& too_much() const { return too_much_; }

 private:
  bool spilled(int tensor) const { return tensor >= 0 && placement_.spilled[index(tensor)]; }
  const Layout& layout(int tensor) const { return placement_.layouts[index(tensor)]; }

  void make_regions() {
    regions_.clear();
    region_of_.assign(net_.tensors.size(), -1);
    placement_.ops.clear();
    if (!spilled(0)) open(0);
    for (int i = 0; i < ops_; ++i) {
      placement_.ops.emplace_back();
      const QOp& op = net_.ops[index(i)];
      cut_op(i);
      if (spilled(op.output)) continue;
      // Later pixels still read the input, so it must not be the tensor that is overwritten. A
      // slice has another shape than the tensor that it is written into, and is never in place.
      const bool in_place = op.residual > 0 && op.residual != op.input &&
                            op.output != net_.output && op.residual != net_.output &&
                            last_[index(op.residual)] == i && !spilled(op.residual) &&
                            layout(op.residual).same_shape(layout(op.output));
      placement_.ops.back().in_place = in_place;
      if (in_place) {
        const int region = region_of_[index(op.output)] = region_of_[index(op.residual)];
        regions_[index(region)].last = last_[index(op.output)];
      } else if (region_of_[index(op.output)] < 0) {
        open(op.output);
      }
    }
  }

  void open(int tensor) {
    region_of_[index(tensor)] = static_cast<int>(regions_.size());
    regions_.push_back({first_[index(tensor)], last_[index(tensor)], layout(tensor).size(hw_), 0});
  }

  /// Strips of an operation with spilled tensors, as many rows as the budget allows, and their
  /// slots: loaded while the operation before runs, stored while the next one does.
  void cut_op(int i) {
    const QOp& op = net_.ops[index(i)];
    OpPlacement& place = placement_.ops.back();
    const int height = net_.tensors[index(op.output)].height;
    place.strips = cut(net_, op, layout(op.input).phased, height);
    std::array<int, 3> sizes{};
    const auto words = [&] {
      sizes = {
          spilled(op.input) ? slot_words(hw_, layout(op.input), place.strips, &Strip::in) : 0,
          spilled(op.residual) ? slot_words(hw_, layout(op.residual), place.strips, &Strip::out)
                               : 0,
          spilled(op.output) ? slot_words(hw_, layout(op.output), place.strips, &Strip::out) : 0};
      return (sizes[0] + sizes[1] + sizes[2]) * (place.strips.size() > 1 ? copies_ : 1);
    };
    if (words() > budget_) {
      int unit = row_unit(hw_, layout(op.output));
      if (op.residual >= 0) unit = std::lcm(unit, row_unit(hw_, layout(op.residual)));
      for (int rows = (height - 1) / unit * unit; rows >= unit; rows -= unit) {
        place.strips = cut(net_, op, layout(op.input).phased, rows);
        if (words() <= budget_) break;
      }
    }
    const auto slots = [&](int size, int first, int last) {
      std::vector<int> regions;
      for (int n = 0; size > 0 && n < (place.strips.size() > 1 ? copies_ : 1); ++n) {
        regions.push_back(static_cast<int>(regions_.size()));
        regions_.push_back({std::max(first, 0), std::min(last, ops_), size, 0});
      }
      return regions;
    };
    place.input_slots = slots(sizes[0], i - 1, i);
    place.residual_slots = slots(sizes[1], i - 1, i);
    place.output_slots = slots(sizes[2], i, i + 1);
  }

  /// First fit, the largest first.
  void fit() {
    std::vector<std::size_t> order(regions_.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return regions_[a].size > regions_[b].size;
    });
    std::vector<const Region*> placed;  // by base
    placement_.words = 0;
    for (const std::size_t number : order) {
      Region& region = regions_[number];
      region.base = 0;
      for (const Region* other : placed) {
        if (other->first > region.last || other->last < region.first) continue;
        if (other->base >= region.base + region.size) break;
        region.base = std::max(region.base, other->base + other->size);
      }
      placement_.words = std::max(placement_.words, region.base + region.size);
      placed.insert(
          std::upper_bound(placed.begin(), placed.end(), &region,
                           [](const Region* a, const Region* b) { return a->base < b->base; }),
          &region);
    }
    for (std::size_t t = 0; t < region_of_.size(); ++t) {
      if (region_of_[t] >= 0) placement_.layouts[t].base = regions_[index(region_of_[t])].base;
    }
    for (OpPlacement& op : placement_.ops) {
      for (auto* slots : {&op.input_slots, &op.residual_slots, &op.output_slots}) {
        for (int& slot : *slots) slot = regions_[index(slot)].base;
      }
    }
  }

  int alive(int op) const {
    int words = 0;
    for (const Region& r : regions_) {
      if (r.first <= op && r.last >= op) words += r.size;
    }
    return words;
  }

  int worst_op() const {
    int worst = 0;
    for (int i = 1; i < ops_; ++i) {
      if (alive(i) > alive(worst)) worst = i;
    }
    return worst;
  }

  /// The largest resident tensor that is alive at an operation; not the output, and none that is
  /// written in slices, whose strips would not lie together in memory. -1: none.
  int spillable(int op) const {
    int best = -1;
    for (int t = 0; t < static_cast<int>(net_.tensors.size()); ++t) {
      if (spilled(t) || t == net_.output || writers_[index(t)] > 1) continue;
      if (first_[index(t)] > op || last_[index(t)] < op) continue;
      if (best < 0 || layout(t).size(hw_) > layout(best).size(hw_)) best = t;
    }
    // A tensor that would need as much as it frees gives nothing.
    return best >= 0 && layout(best).size(hw_) > budget_ / 2 ? best : -1;
  }

  const spec::Hardware& hw_;
  const QNet& net_;
  int budget_, copies_;
  bool padded_;
  int ops_;
  Placement placement_;
  std::vector<int> first_, last_, writers_, region_of_;
  std::vector<Region> regions_;
  std::string too_much_;
};

/// Bytes that go over the bus because of what is spilled: strips, and the weights of each strip but
/// one.
std::int64_t spilled_bytes(const spec::Hardware& hw, const QNet& net, const Placement& placement) {
  std::int64_t bytes = 0;
  for (std::size_t i = 0; i < net.ops.size(); ++i) {
    const QOp& op = net.ops[i];
    const OpPlacement& place = placement.ops[i];
    const auto row = [&](int tensor) {
      const Layout& l = placement.layouts[index(tensor)];
      return l.bytes(hw) / std::max(l.height, 1);
    };
    for (const Strip& s : place.strips) {
      if (!place.input_slots.empty()) bytes += row(op.input) * s.in.count;
      if (!place.residual_slots.empty()) bytes += row(op.residual) * s.out.count;
      if (!place.output_slots.empty()) bytes += row(op.output) * s.out.count;
    }
    bytes += static_cast<std::int64_t>(place.strips.size() - 1) *
             static_cast<std::int64_t>(op.term_values.size()) * weight_bits(hw.exponents) / 8;
  }
  return bytes;
}

}  // namespace

bool Placement::any_spilled() const {
  return std::find(spilled.begin(), spilled.end(), true) != spilled.end();
}

std::vector<Layout> tensor_layouts(const spec::Hardware& hw, const QNet& net) {
  std::vector<Layout> layouts;
  for (const QTensor& t : net.tensors) {
    Layout l{t.channels, t.height, t.width, t.width, false, words_of(hw, t.channels), 0};
    for (const QOp& op : net.ops) {
      if (&net.tensors[static_cast<std::size_t>(op.input)] == &t) l.phased |= op.stride_h == 2;
    }
    layouts.push_back(l);
  }
  for (Layout& l : layouts) l.pitch = l.phase_width();
  for (const QOp& op : net.ops) {
    Layout& in = layouts[static_cast<std::size_t>(op.input)];
    const Layout& out = layouts[static_cast<std::size_t>(op.output)];
    if (walks_flat(op, in)) continue;
    in.pitch = std::max(in.pitch, out.phased ? 2 * out.phase_width() : out.width);
    if (in.pitch > kMaxPitch) {
      throw Error("operation {}: rows of {} pixels, a descriptor says at most {}", op.name,
                  in.pitch, kMaxPitch);
    }
  }
  match_flat_pitches(net, layouts);
  return layouts;
}

Placement place_tensors(const spec::Hardware& hw, const QNet& net) {
  std::optional<Placement> best;
  std::int64_t least = 0;
  std::string too_much;
  // A single slot keeps LOAD and EXEC from working at once, padding costs cycles: only where the
  // rest does not do.
  for (const auto& [copies, padded] :
       {std::pair(2, false), std::pair(2, true), std::pair(1, true)}) {
    for (const int part : {2, 3, 4, 6, 8, 12, 16, 24, 32}) {
      Placer placer(hw, net, hw.fb_depth / part, copies, padded);
      std::optional<Placement> placement = placer.run();
      if (!placement) {
        too_much = placer.too_much();
        continue;
      }
      const std::int64_t bytes = spilled_bytes(hw, net, *placement);
      if (!best || bytes < least) {
        least = bytes;
        best = std::move(placement);
      }
      if (!best->any_spilled()) break;
    }
    if (best) break;
  }
  if (!best) throw Error("{}", too_much);
  return *best;
}

}  // namespace reshift
