// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/spill.hpp"

#include <algorithm>
#include <optional>

#include "base/error.hpp"
#include "compile/plan.hpp"
#include "spec/fields.hpp"

namespace reshift {
namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// What a strip costs beside its work, about: the control program looks at its descriptors.
constexpr std::int64_t kStripCycles = 100;

/// Finds what to spill.
class Search {
 public:
  Search(const spec::Hardware& hw, const QNet& net, int images) : hw_(hw), net_(net) {
    choice_.images = images;
  }

  Placement run() {
    // A single slot keeps LOAD and EXEC from working at once, padding costs cycles: only where the
    // rest does not do.
    for (const auto& [copies, padded] :
         {std::pair(2, false), std::pair(2, true), std::pair(1, true)}) {
      choice_.copies = copies;
      choice_.padded = padded;
      move_cut();
      if (best_) break;
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

  /// Whether another cut is better. One image has none, several share the last operation at least.
  bool move_cut() {
    bool better = false;
    const PlaceChoice start = choice_;
    const std::size_t cuts = start.images > 1 ? net_.ops.size() : 1;
    for (std::size_t cut = 0; cut < cuts; ++cut) {
      PlaceChoice choice = start;
      choice.cut = cut;
      better |= consider(choice);
    }
    return better;
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
      if (choice_.images > 1) better |= move_cut();
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
  for (std::size_t i = 0; i < placement.steps.size(); ++i) {
    const Step& step = placement.schedule.steps[i];
    const QOp& op = net.ops[step.op];
    const StepPlacement& place = placement.steps[i];
    const Layout& in = placement.layouts[index(op.input)];
    const ListSize list = list_size(hw, net, op);
    const auto row = [&](int tensor) {
      const Layout& l = placement.layouts[index(tensor)];
      return ceil_div(l.bytes(hw), l.height);
    };
    std::int64_t groups = 0, reads = 0, writes = 0, first = 0;
    for (const Strip& s : place.strips) {
      const std::int64_t pixels =
          std::int64_t{s.out.count} * in.pitch * (walks_flat(op, in) ? 2 : 1);
      groups += ceil_div(pixels, hw.p);
      if (!place.input_slots.empty()) reads += row(op.input) * s.in.count;
      if (!place.residual_slots.empty()) reads += row(op.residual) * s.out.count;
      if (!place.output_slots.empty()) writes += row(op.output) * s.out.count;
      if (first == 0) first = reads;
    }
    groups *= step.images;
    reads *= step.images;
    writes *= step.images;
    const std::int64_t exec = groups * list.group_cycles;
    // The first strip of what the operation before has just stored, or of the image, comes late.
    // A list that half of the weight memory holds stays from strip to strip.
    const std::int64_t turns = std::int64_t{step.images} * std::ssize(place.strips);
    const std::int64_t weights =
        list.entries * entry * (images_share(hw, list, place) ? 1 : turns);
    const bool late = i == 0 || just_made(net, placement.schedule, i);
    cost.first += std::max({exec, (weights + reads) / bus, writes / bus}) +
                  (late ? first / bus : 0) + kStripCycles * turns;
    reads += weights;
    cost.second += reads + writes;
  }
  return cost;
}

Placement place_tensors(const spec::Hardware& hw, const QNet& net, int images) {
  return Search(hw, net, images).run();
}

}  // namespace reshift
