// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/spill.hpp"

#include <algorithm>
#include <array>
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

/// Slots a tensor, and whether its rows are padded. A single slot keeps LOAD and EXEC from working
/// at once, padding costs cycles: only where the rest does not do.
constexpr std::array<std::pair<int, bool>, 3> kModes{{{2, false}, {2, true}, {1, true}}};

/// Finds what to spill.
class Search {
 public:
  Search(const spec::Hardware& hw, const QNet& net) : hw_(hw), net_(net) {}

  Placement run(int images) {
    find([&] { consider(choice_); });
    if (images > 1) {
      best_.reset();
      choice_.images = images;
      find([&] { move_cut(); });
    }
    return *best_;
  }

 private:
  /// The best of what `start` considers, and of what lies near it.
  template <typename Start>
  void find(Start start) {
    for (const auto& [copies, padded] : kModes) {
      choice_.copies = copies;
      choice_.padded = padded;
      start();
      if (best_) break;
    }
    if (!best_) throw Error("{}", too_much_);
    if (best_->any_spilled()) improve();
  }

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

  /// Whether another cut is better: with the same tensors spilled, or also those that lie across it
  /// while the front runs on another image. The last operation at least is for all images.
  bool move_cut() {
    bool better = false;
    const PlaceChoice start = choice_;
    for (std::size_t cut = 0; cut < net_.ops.size(); ++cut) {
      PlaceChoice choice = start;
      choice.cut = cut;
      better |= consider(choice);
      choice.spilled.resize(net_.tensors.size(), false);
      for (std::size_t i = 0; i < cut; ++i) {
        const int t = net_.ops[i].output;
        if (can_spill(net_, t) && read_behind(t, cut)) choice.spilled[index(t)] = true;
      }
      better |= consider(choice);
    }
    return better;
  }

  bool read_behind(int tensor, std::size_t cut) const {
    return std::any_of(
        net_.ops.begin() + static_cast<std::ptrdiff_t>(cut), net_.ops.end(), [&](const QOp& op) {
          return op.input == tensor || op.shortcut == tensor || op.residual == tensor;
        });
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
      if (!place.shortcut_slots.empty()) reads += row(op.shortcut) * s.shortcut.count;
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
    const std::int64_t weights = list.entries * entry * (images_share(hw, list, place) ? 1 : turns);
    const bool late = i == 0 || just_made(net, placement.schedule, i);
    cost.first += std::max({exec, (weights + reads) / bus, writes / bus}) +
                  (late ? first / bus : 0) + kStripCycles * turns;
    reads += weights;
    cost.second += reads + writes;
  }
  return cost;
}

Placement place_tensors(const spec::Hardware& hw, const QNet& net, int images) {
  return Search(hw, net).run(images);
}

}  // namespace reshift
