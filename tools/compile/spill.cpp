// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/spill.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "base/error.hpp"
#include "compile/hardware.hpp"
#include "compile/reduction_list.hpp"
#include "spec/fields.hpp"

namespace reshift {
namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// What a strip costs beside its work, about: the control program looks at its descriptors.
constexpr std::int64_t kStripCycles = 100;

/// Entries of an operation's list of all M-groups, every tile counted, and the cycles that a pixel
/// group takes.
struct ListSize {
  std::int64_t entries = 0, group_cycles = 0;
};

ListSize list_size(const spec::Hardware& hw, const QNet& net, const QOp& op) {
  const int out = net.written_channels(op), in = net.tensors[index(op.input)].channels;
  const int taps = op.kernel_h * op.kernel_w;
  ListSize size;
  for (int m = 0; m < words_of(hw, out); ++m) {
    int slices = hw.m / hw.c;
    if (op.kind == QKind::kConv) {
      const int group_in = in / op.groups, group_out = out / op.groups;
      const int first = m * hw.m / group_out * group_in;
      const int last = (std::min((m + 1) * hw.m, out) - 1) / group_out * group_in + group_in - 1;
      slices = (last / hw.c - first / hw.c + 1) * tiles_per_tap(hw, op);
    }
    const std::int64_t entries = std::int64_t{taps} * slices;
    size.entries += entries;
    size.group_cycles += std::max(entries, post_cycles(hw));
  }
  return size;
}

/// Finds what to spill.
class Search {
 public:
  Search(const spec::Hardware& hw, const QNet& net) : hw_(hw), net_(net) {}

  Placement run() {
    // A single slot keeps LOAD and EXEC from working at once, padding costs cycles: only where the
    // rest does not do.
    for (const auto& [copies, padded] :
         {std::pair(2, false), std::pair(2, true), std::pair(1, true)}) {
      if (consider({.spilled = {}, .resident = -1, .copies = copies, .padded = padded})) break;
    }
    if (!best_) throw Error("{}", too_much_);
    if (best_->any_spilled()) improve();
    return *best_;
  }

 private:
  /// Whether a choice is better than the best one so far, which it becomes then.
  bool consider(const PlaceChoice& choice) {
    std::optional<Placement> placement = place(hw_, net_, choice, too_much_);
    if (!placement) return false;
    const PlacementCost cost = placement_cost(hw_, net_, *placement);
    if (best_ && cost >= cost_) return false;
    best_ = std::move(placement);
    cost_ = cost;
    choice_ = choice;
    choice_.spilled = best_->spilled;
    choice_.resident = -1;
    return true;
  }

  /// Spills a tensor more, or one less, as long as that helps.
  void improve() {
    for (bool better = true; better;) {
      better = false;
      for (int t = 0; t < static_cast<int>(net_.tensors.size()); ++t) {
        if (!can_spill(net_, t)) continue;
        PlaceChoice choice = choice_;
        choice.spilled[index(t)] = !choice.spilled[index(t)];
        choice.resident = choice.spilled[index(t)] ? -1 : t;
        better |= consider(choice);
      }
    }
  }

  const spec::Hardware& hw_;
  const QNet& net_;
  std::optional<Placement> best_;
  PlacementCost cost_;
  PlaceChoice choice_;
  std::string too_much_;
};

}  // namespace

PlacementCost placement_cost(const spec::Hardware& hw, const QNet& net,
                             const Placement& placement) {
  const std::int64_t bus = hw.axi_data_w / 8;
  const std::int64_t entry = spec::tile_bytes(hw, weight_bits(hw.exponents)) + 4;
  PlacementCost cost{0, 0};
  for (std::size_t i = 0; i < net.ops.size(); ++i) {
    const QOp& op = net.ops[i];
    const OpPlacement& place = placement.ops[i];
    const Layout& in = placement.layouts[index(op.input)];
    const ListSize list = list_size(hw, net, op);
    const auto row = [&](int tensor) {
      const Layout& l = placement.layouts[index(tensor)];
      return ceil_div(l.bytes(hw), l.height);
    };
    std::int64_t exec = 0, reads = 0, writes = 0;
    for (const Strip& s : place.strips) {
      const std::int64_t pixels =
          std::int64_t{s.out.count} * in.pitch * (walks_flat(op, in) ? 2 : 1);
      exec += ceil_div(pixels, hw.p) * list.group_cycles;
      if (!place.input_slots.empty()) reads += row(op.input) * s.in.count;
      if (!place.residual_slots.empty()) reads += row(op.residual) * s.out.count;
      if (!place.output_slots.empty()) writes += row(op.output) * s.out.count;
    }
    // A list that half of the weight memory holds stays from strip to strip.
    const bool stays = list.entries <= hw.wm_depth / 2;
    reads += list.entries * entry * (stays ? 1 : static_cast<std::int64_t>(place.strips.size()));
    cost.first += std::max({exec, reads / bus, writes / bus}) +
                  kStripCycles * static_cast<std::int64_t>(place.strips.size());
    cost.second += reads + writes;
  }
  return cost;
}

Placement place_tensors(const spec::Hardware& hw, const QNet& net) { return Search(hw, net).run(); }

}  // namespace reshift
