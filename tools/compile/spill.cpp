// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/spill.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "base/integer.hpp"
#include "base/progress.hpp"
#include "compile/allocation_cost.hpp"
#include "compile/finalists.hpp"

namespace reshift {
namespace {

/// Operations that are tried as a chain at once; chains grow further by parts.
constexpr std::size_t kLongestChain = 3;

/// Finds what to spill.
class Search {
 public:
  Search(const isa::Hardware& hw, const std::vector<Lowered>& forms, const PlanSearch& search)
      : hw_(hw),
        forms_(forms),
        may_fuse_(search.may_fuse),
        quick_(search.quick),
        finalists_(hw, forms_, lists_) {
    for (const Lowered& form : forms) {
      lists_.push_back(std::make_shared<const std::vector<ListSize>>(list_sizes(hw, form.net)));
    }
  }

  NetPlan run(int images) {
    if (!find([&] { change_form(); })) throw Error("{}", too_much_);
    if (images == 1 && !fits_) {
      // What is best for half of the weight memory may be so for all of it.
      best_.reset();
      choice_ = {};
      hw_.wm_depth /= 2;
      find([&] { change_form(); });
    }
    if (images > 1) {
      best_.reset();
      finalists_.clear();
      choice_.images = images;
      if (!find([&] { move_cut(); })) throw Error("{}", too_much_);
    }
    return finalists_.fastest(quick_);
  }

 private:
  /// The best of what `start` considers, and of what lies near it; false: nothing fits.
  template <typename Start>
  bool find(Start start) {
    for (const bool padded :
         {false, true}) {  // which costs cycles: only where the rest does not do
      choice_.padded = padded;
      start();
      if (best_) break;
    }
    if (!best_) return false;
    fits_ = !best_->any_spilled();
    if (!fits_) improve();
    strip_image();
    if (!fits_ && best_->spilled[0]) improve();
    return true;
  }

  /// Whether the image is better in strips than whole, so that the first operation need not wait
  /// for all of it.
  void strip_image() {
    const AllocationChoice start = choice_;
    for (std::size_t form = 0; form < forms_.size(); ++form) {
      const QNet& net = forms_[form].net;
      const auto reader =
          std::find_if(net.ops.begin(), net.ops.end(), [](const QOp& op) { return op.input == 0; });
      if (reader == net.ops.end() || !can_spill(net, 0)) continue;
      AllocationChoice choice = start;
      choice.spilled.resize(net.tensors.size(), false);
      choice.spilled[0] = true;
      choice.resident = choice.spilled;
      choice.resident.flip();
      choice.rows.resize(net.ops.size(), std::numeric_limits<int>::max());
      int& rows = choice.rows[index(reader - net.ops.begin())];
      for (rows = net.tensors[index(reader->output)].height; rows > 1;) {
        rows = (rows + 1) / 2;
        consider(choice, form);
      }
    }
  }

  const QNet& net() const { return forms_[form_].net; }

  /// Whether another form is better with the same choice.
  bool change_form() {
    bool better = false;
    const AllocationChoice start = choice_;
    for (std::size_t form = 0; form < forms_.size(); ++form) better |= consider(start, form);
    return better;
  }

  bool consider(const AllocationChoice& choice) { return consider(choice, form_); }

  /// Whether a choice is better than the best one so far, which it becomes then.
  bool consider(const AllocationChoice& choice, std::size_t form) {
    const QNet& net = forms_[form].net;
    std::optional<Allocation> allocation = allocate(hw_, net, lists_[form], choice, too_much_);
    if (!allocation) return false;
    const AllocationCost cost = allocation_cost(hw_, net, *allocation);
    finalists_.add({form, *allocation, choice, cost, hw_.wm_depth});
    if (best_ && cost >= cost_) return false;
    form_ = form;
    best_ = std::move(allocation);
    cost_ = cost;
    choice_ = choice;
    choice_.spilled = best_->spilled;
    choice_.single = best_->single;
    choice_.resident.clear();
    return true;
  }

  /// Whether another cut is better: with the same tensors spilled, or also those that lie across it
  /// while the front runs on another image. The last operation at least is for all images.
  bool move_cut() {
    bool better = false;
    const AllocationChoice start = choice_;
    for (std::size_t cut = 0; cut < net().ops.size(); ++cut) {
      AllocationChoice choice = start;
      choice.cut = cut;
      better |= consider(choice);
      choice.spilled.resize(net().tensors.size(), false);
      for (std::size_t i = 0; i < cut; ++i) {
        const int t = net().ops[i].output;
        if (can_spill(net(), t) && read_behind(t, cut)) choice.spilled[index(t)] = true;
      }
      better |= consider(choice);
    }
    return better;
  }

  bool read_behind(int tensor, std::size_t cut) const {
    return std::any_of(net().ops.begin() + static_cast<std::ptrdiff_t>(cut), net().ops.end(),
                       [&](const QOp& op) { return uses(op, tensor); });
  }

  /// Whether it is better to spill those of some tensors that are not, and not to spill the others:
  /// with further ones spilled where that makes room, or exactly so.
  bool flip(const std::vector<int>& tensors) {
    AllocationChoice choice = choice_;
    choice.resident.assign(choice.spilled.size(), false);
    for (const int t : tensors) {
      if (!can_spill(net(), t)) return false;
      choice.resident[index(t)] = choice.spilled[index(t)];
      choice.spilled[index(t)] = !choice.spilled[index(t)];
    }
    bool better = consider(choice);
    choice.resident = choice.spilled;
    choice.resident.flip();
    return consider(choice) || better;
  }

  /// A tensor and the sums that are made of it, spilled like it, which may lie over one another.
  std::vector<int> sums_of(int tensor) const {
    std::vector<int> sums{tensor};
    for (const QOp& op : net().ops) {
      if (op.residual == sums.back() &&
          choice_.spilled[index(op.output)] == choice_.spilled[index(tensor)]) {
        sums.push_back(op.output);
      }
    }
    return sums;
  }

  /// Tensors of a higher number that operations use together with one.
  std::set<int> neighbours(int tensor) const {
    std::set<int> found;
    for (const QOp& op : net().ops) {
      const std::array<int, 4> used{op.input, op.shortcut, op.residual, op.output};
      if (std::find(used.begin(), used.end(), tensor) != used.end()) {
        found.insert(used.begin(), used.end());
      }
    }
    found.erase(found.begin(), found.upper_bound(tensor));
    return found;
  }

  /// Whether it is better to run operations strip by strip in turn, what they make for one another
  /// in strips only: with two buffers or one for strips, with what they read and make last in
  /// strips too or as it is.
  bool fuse(std::size_t first, std::size_t last) {
    if (!may_fuse_ || last >= net().ops.size() || !can_fuse(net(), first, last)) return false;
    AllocationChoice start = choice_;
    start.fused.resize(net().ops.size(), false);
    start.single.resize(net().ops.size(), false);
    bool more = false, better = false;
    for (std::size_t op = first; op < last; ++op) {
      more |= !start.fused[op];
      start.fused[op] = true;
      start.spilled[index(net().ops[op].output)] = true;
    }
    for (const bool single : {false, true}) {
      for (const bool ends_spilled : {false, true}) {
        if (!more) continue;
        AllocationChoice choice = start;
        choice.single[last] = single;
        for (const int t : {net().ops[first].input, net().ops[last].output}) {
          if (ends_spilled && can_spill(net(), t)) choice.spilled[index(t)] = true;
        }
        better |= consider_both(choice);
      }
    }
    return better;
  }

  /// Whether it is better to end a chain with an operation.
  bool separate(std::size_t op) {
    if (choice_.fused.empty() || !choice_.fused[op]) return false;
    AllocationChoice choice = choice_;
    choice.fused[op] = false;
    return consider_both(choice);
  }

  /// Whether a choice is better with what is spilled in it, or with more.
  bool consider_both(AllocationChoice& choice) {
    choice.resident.clear();
    const bool better = consider(choice);
    choice.resident = choice.spilled;
    choice.resident.flip();
    return consider(choice) || better;
  }

  /// Whether a step is better with single buffers, or with two again; or with buffers for what the
  /// step before makes while that still runs, or without.
  bool change_buffers(std::size_t step, std::vector<bool> AllocationChoice::*buffers) {
    if (best_->steps[step].resident()) return false;
    AllocationChoice choice = choice_;
    (choice.*buffers).resize(net().ops.size(), false);
    (choice.*buffers)[best_->schedule.steps[step].last_op()].flip();
    return consider_both(choice);
  }

  /// Whether smaller strips of an operation are better: EXEC begins earlier.
  bool cut_finer(std::size_t step) {
    const int rows = best_->strip_rows(step);
    if (best_->steps[step].resident() || rows < 2) return false;
    AllocationChoice choice = choice_;
    choice.rows.resize(net().ops.size(), std::numeric_limits<int>::max());
    choice.rows[best_->schedule.steps[step].last_op()] = (rows + 1) / 2;
    return consider(choice);
  }

  /// Spills a tensor more, or one less, or two that are used together, or a row of sums, or makes
  /// or ends a chain of operations, as long as that helps.
  void improve() {
    for (bool better = true, first = true; better && (first || !quick_); first = false) {
      better = false;
      const std::size_t tensors = net().tensors.size();
      Progress progress(fmt::format("planning, {} cycles so far", cost_.first), tensors);
      for (int t = 0; t < static_cast<int>(tensors); ++t) {
        progress.advance();
        better |= flip({t});
        const std::vector<int> sums = sums_of(t);
        if (sums.size() > 1) better |= flip(sums);
        for (const int other : neighbours(t)) better |= flip({t, other});
      }
      for (std::size_t op = 0; op < net().ops.size(); ++op) {
        for (std::size_t ops = 2; ops <= kLongestChain; ++ops) better |= fuse(op, op + ops - 1);
        better |= separate(op);
      }
      for (std::size_t i = 0; i < best_->steps.size(); ++i) {
        better |= cut_finer(i);
        better |= change_buffers(i, &AllocationChoice::single);
        better |= change_buffers(i, &AllocationChoice::early);
      }
      better |= change_form();
      if (choice_.images > 1) better |= move_cut();
    }
  }

  isa::Hardware hw_;  ///< with the weight memory that it counts on
  const std::vector<Lowered>& forms_;
  const bool may_fuse_, quick_;
  FormLists lists_;
  Finalists finalists_;
  std::size_t form_ = 0;  ///< of the best one
  std::optional<Allocation> best_;
  bool fits_ = false;  ///< all tensors are in the feature buffer, but for the image perhaps
  AllocationCost cost_;
  AllocationChoice choice_;
  std::string too_much_;
};

}  // namespace

NetPlan plan_net(const isa::Hardware& hw, const std::vector<Lowered>& forms, int images,
                 const PlanSearch& search) {
  return Search(hw, forms, search).run(images);
}

}  // namespace reshift
