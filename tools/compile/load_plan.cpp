// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/load_plan.hpp"

#include <algorithm>
#include <set>

#include "base/integer.hpp"
#include "cost/transfers.hpp"

namespace reshift {
namespace {

class LoadPlanner {
 public:
  LoadPlanner(const isa::Hardware& hw, const QNet& net, const Allocation& allocation,
              const std::vector<ExecPlan>& execs, const Tables& tables, WeightBlocks& blocks)
      : hw_(hw),
        net_(net),
        allocation_(allocation),
        execs_(execs),
        tables_(tables),
        blocks_(blocks),
        places_(hw.tables, static_cast<int>(tables.codes.size())),
        image_loaded_(index(allocation.schedule.images), false) {}

  LoadPlan run() {
    plan_.keeps.assign(execs_.size(), false);
    plan_.places.assign(execs_.size(), 0);
    plan_.table_places = places_.size();
    for (std::size_t e = 0; e < execs_.size(); ++e) {
      const bool new_turn =
          e == 0 || execs_[e - 1].step != execs_[e].step || execs_[e - 1].turn != execs_[e].turn;
      if (new_turn) brought_.clear();
      if (new_turn || execs_[e - 1].op != execs_[e].op) bring_features(e);
      bring_weights(e);
    }
    return std::move(plan_);
  }

 private:
  void bring_features(std::size_t e) {
    const ExecPlan& exec = execs_[e];
    const QOp& op = net_.ops[exec.op];
    if (!image_loaded_[index(exec.image)] && !allocation_.spilled[0] && uses(op, 0)) {
      image_loaded_[index(exec.image)] = true;
      const Layout whole = allocation_.layout(0, exec.image);
      bring(e, {0, exec.image, {0, whole.height}, whole.phases(), whole}, nullptr);
    }
    for (const StripTensor& t : allocation_.steps[exec.step].tensors) {
      if (t.made || !uses(op, t.tensor) || !brought_.insert(t.tensor).second) continue;
      bring(e, strip_transfer(hw_, allocation_, exec, t), &t);
    }
  }

  /// After all that the address of the rows in the feature buffer and their content depend on.
  /// `strip`: null when the tensor has a region of its own.
  void bring(std::size_t e, const Transfer& transfer, const StripTensor* strip) {
    Load load{.exec = e,
              .last = e,
              .after = std::max(region_free(e, strip), rows_made(e, transfer)),
              .features = true,
              .strip = strip != nullptr,
              .table = 0,
              .place = 0,
              .block = {},
              .transfer = transfer,
              .bytes = transfer.bytes(hw_)};
    plan_.loads.push_back(load);
  }

  /// The number of EXECs up to the last one before `e` of which something is true.
  template <typename Condition>
  std::size_t up_to(std::size_t e, Condition condition) const {
    while (e > 0 && !condition(execs_[e - 1])) --e;
    return e;
  }

  /// After what used the buffer in the strip that had it before, or else what lay there before,
  /// which is of steps before the last one, or also of the last.
  std::size_t region_free(std::size_t e, const StripTensor* strip) const {
    const ExecPlan& exec = execs_[e];
    if (strip == nullptr) {
      const std::size_t from = allocation_.schedule.loaded_from(exec.image);
      return up_to(e, [&](const ExecPlan& x) { return x.step < from; });
    }
    const std::size_t buffers = strip->buffers.size();
    const StripTensor* over = nullptr;  // written into the same buffer
    for (const StripTensor& t : allocation_.steps[exec.step].tensors) {
      if (t.over == strip->tensor) over = &t;
    }
    const auto has_it = [&](const QOp& op) {
      return uses(op, strip->tensor) || (over != nullptr && uses(op, over->tensor));
    };
    if (exec.turn >= buffers) {
      return up_to(e, [&](const ExecPlan& x) {
        return x.step < exec.step || (x.turn + buffers <= exec.turn && has_it(net_.ops[x.op]));
      });
    }
    const std::size_t ahead = strip->early ? 1 : 0;
    return up_to(e, [&](const ExecPlan& x) { return x.step + ahead < exec.step; });
  }

  /// After the strips that made the rows.
  std::size_t rows_made(std::size_t e, const Transfer& t) const {
    return up_to(e, [&](const ExecPlan& x) {
      return net_.ops[x.op].output == t.tensor && x.image == t.image &&
             x.rows.first < t.rows.first + t.rows.count;
    });
  }

  void bring_weights(std::size_t e) {
    const ExecPlan& exec = execs_[e];
    if (e > 0 && blocks_.keeps_list(execs_[e - 1], exec)) {
      plan_.keeps[e - 1] = true;
      bring_table(e);  // that of EXEC e - 1, which is the same operation: it is there
      for (auto load = plan_.loads.rbegin(); load != plan_.loads.rend(); ++load) {
        if (load->features || load->table > 0) continue;
        if (load->last + 1 != e) break;
        load->last = e;
      }
      return;
    }
    bring_table(e);
    for (const isa::LoadWeights& block : blocks_.blocks_of(exec)) {
      plan_.loads.push_back({.exec = e,
                             .last = e,
                             .after = 0,
                             .features = false,
                             .whole_list = exec.list->uops() <= index(hw_.wm_depth) / 2,
                             .table = 0,
                             .place = 0,
                             .block = block,
                             .transfer = {},
                             .bytes = block.bytes});
    }
  }

  /// An EXEC starts when its weights are there, and LOAD goes in order.
  void bring_table(std::size_t e) {
    const int number = tables_.number_of[execs_[e].op];
    if (number == 0) return;
    const std::optional<std::size_t> behind = places_.use(e, number);
    plan_.places[e] = places_.place_of(number);
    if (!behind) return;
    plan_.loads.push_back({.exec = e,
                           .last = e,
                           .after = *behind,
                           .features = false,
                           .table = number,
                           .place = plan_.places[e],
                           .block = {},
                           .transfer = {},
                           .bytes = isa::kTableBytes});
  }

  const isa::Hardware& hw_;
  const QNet& net_;
  const Allocation& allocation_;
  const std::vector<ExecPlan>& execs_;
  const Tables& tables_;
  WeightBlocks& blocks_;
  TablePlaces places_;
  std::vector<bool> image_loaded_;  ///< by image
  std::set<int> brought_;           ///< tensors, for the turn that is planned
  LoadPlan plan_;
};

}  // namespace

LoadPlan plan_loads(const isa::Hardware& hw, const QNet& net, const Allocation& allocation,
                    const std::vector<ExecPlan>& execs, const Tables& tables,
                    WeightBlocks& blocks) {
  return LoadPlanner(hw, net, allocation, execs, tables, blocks).run();
}

/// Weights of an EXEC that fit now go before its strips that have to wait, unless EXEC has to empty
/// the memory to take them all.
void LoadQueue::advance_weights() {
  if (next_ == loads_.size() || !loads_[next_].strip || fits(next_, execs_)) return;
  std::size_t weights = next_;
  while (weights < loads_.size() && loads_[weights].exec == loads_[next_].exec &&
         loads_[weights].strip) {
    ++weights;
  }
  const bool same = weights < loads_.size() && loads_[weights].exec == loads_[next_].exec;
  if (!same || !loads_[weights].whole_list) return;
  const auto at = [&](std::size_t i) { return loads_.begin() + static_cast<std::ptrdiff_t>(i); };
  std::rotate(at(next_), at(weights), at(weights) + 1);
}

const Load* LoadQueue::take_for(std::size_t end) {
  advance_weights();
  if (next_ == loads_.size() || loads_[next_].exec >= end || !fits(next_, execs_)) {
    return nullptr;
  }
  return take();
}

const Load* LoadQueue::take_ahead(std::int64_t exec_time) {
  advance_weights();
  if (next_ == loads_.size() || time_ + cycles(loads_[next_]) > exec_time ||
      !fits(next_, std::max<std::size_t>(execs_, 2) - 2)) {
    return nullptr;
  }
  return take();
}

/// Whether a load has room if it is the next one: weights beside the lists of EXEC `oldest` and
/// later ones, features and tables where EXECs were that the program has.
bool LoadQueue::fits(std::size_t number, std::size_t oldest) const {
  const Load& next = loads_[number];
  if (next.features || next.table > 0) return next.after <= execs_;
  std::int64_t uops = next.block.uops, params = next.block.param_blocks;
  for (std::size_t i = 0; i < next_; ++i) {
    if (loads_[i].last < oldest) continue;
    uops += loads_[i].block.uops;
    params += loads_[i].block.param_blocks;
  }
  return uops <= hw_.wm_depth && params <= hw_.pm_depth;
}

const Load* LoadQueue::take() {
  const Load& load = loads_[next_++];
  time_ += cycles(load);
  return &load;
}

std::int64_t LoadQueue::cycles(const Load& load) const {
  if (load.features) return cost::feature_cycles(hw_, load.bytes);
  if (load.table > 0) return cost::bus_cycles(hw_, load.bytes);
  return cost::block_cycles(hw_, load.block);
}

}  // namespace reshift
