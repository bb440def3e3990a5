// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/finalists.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/error.hpp"
#include "base/integer.hpp"
#include "compile/tensor_layouts.hpp"

namespace reshift {
namespace {

/// Finalists of a kind.
constexpr std::size_t kFinalists = 6;
/// A plan counts on so many tiles of the weight memory at least.
constexpr int kLeastMemory = 64;

}  // namespace

Finalists::Finalists(const isa::Hardware& hw, const std::vector<Lowered>& forms,
                     const FormLists& lists)
    : hw_(hw), forms_(forms), lists_(lists) {
  for (const Lowered& form : forms) {
    tiles_.emplace_back(hw, form.net, tiles_.empty() ? nullptr : &tiles_.front());
  }
}

void Finalists::add(Finalist fresh) {
  const std::size_t half = fresh.wm_depth < hw_.wm_depth ? 2 : 0;
  std::vector<Finalist>& best = best_[half + (fresh.allocation.spilled[0] ? 1 : 0)];
  const auto later = std::find_if(best.begin(), best.end(),
                                  [&](const Finalist& f) { return fresh.cost <= f.cost; });
  const bool known = later != best.end() && later->cost == fresh.cost;
  if (known || index(later - best.begin()) == kFinalists) return;
  best.insert(later, std::move(fresh));
  if (best.size() > kFinalists) best.pop_back();
}

void Finalists::clear() {
  for (std::vector<Finalist>& best : best_) best.clear();
}

NetPlan Finalists::fastest(bool quick) {
  std::optional<Candidate> fastest;
  const auto refine_and_keep = [&](std::optional<Candidate> candidate) {
    if (!candidate) return;
    int tries = most_tries(candidate->finalist);
    while (refine(candidate, tries)) {
    }
    if (!fastest || candidate->cost < fastest->cost) fastest = std::move(candidate);
  };
  for (const std::vector<Finalist>& finalists : best_) {
    std::optional<Candidate> all, part;  // of the weight memory
    if (quick) {
      if (!finalists.empty()) try_plan(finalists.front(), finalists.front().wm_depth, fastest);
      continue;
    }
    for (const Finalist& f : finalists) try_plan(f, f.wm_depth, all);
    if (!all) continue;
    for (int depth = all->finalist.wm_depth / 2; depth >= kLeastMemory; depth /= 2) {
      try_plan(all->finalist, depth, part);
      if (const auto cut = allocated_for(all->finalist, depth)) try_plan(*cut, depth, part);
    }
    refine_and_keep(std::move(all));
    refine_and_keep(std::move(part));
  }
  return std::move(fastest->plan);
}

/// Whether the program of a finalist is faster than that of the best one, which it becomes then.
bool Finalists::try_plan(const Finalist& finalist, int wm_depth, std::optional<Candidate>& best) {
  const Lowered& lowered = forms_[finalist.form];
  const isa::Hardware hw = with_weight_memory(hw_, wm_depth);
  NetPlan plan{finalist.form, finalist.allocation, {}, wm_depth};
  try {
    plan.execs = plan_execs(hw, lowered.net, plan.allocation, tiles_[plan.form]);
  } catch (const Error&) {  // a list longer than that
    if (wm_depth == hw_.wm_depth) throw;
    return false;
  }
  const std::int64_t cost = program_cost(hw_, lowered, plan);
  if (best && cost >= best->cost) return false;
  best = Candidate{finalist, std::move(plan), cost};
  return true;
}

/// The same choice with strips as for a smaller weight memory.
std::optional<Finalist> Finalists::allocated_for(Finalist finalist, int wm_depth) const {
  std::string too_much;
  std::optional<Allocation> allocation =
      allocate(with_weight_memory(hw_, wm_depth), forms_[finalist.form].net, lists_[finalist.form],
               finalist.choice, too_much);
  if (!allocation) return {};
  finalist.allocation = *std::move(allocation);
  return finalist;
}

/// The same with strips of so many rows in one step; nothing when that changes none.
std::optional<Finalist> Finalists::with_rows(const Candidate& candidate, std::size_t step,
                                             int rows) const {
  const Allocation& start = candidate.plan.allocation;
  const QNet& net = forms_[candidate.plan.form].net;
  Finalist near = candidate.finalist;
  near.choice.spilled = near.choice.resident = start.spilled;
  near.choice.resident.flip();
  near.choice.rows.resize(net.ops.size(), std::numeric_limits<int>::max());
  near.choice.rows[start.schedule.steps[step].last_op()] = rows;
  std::string too_much;
  std::optional<Allocation> allocation =
      allocate(hw_, net, lists_[near.form], near.choice, too_much);
  if (!allocation || allocation->strip_rows(step) == start.strip_rows(step)) return {};
  near.allocation = *std::move(allocation);
  return near;
}

/// How many programs are tried near a candidate: as many as together have so many bytes of tiles.
int Finalists::most_tries(const Finalist& finalist) const {
  constexpr std::int64_t kMost = 40, kMostBytes = std::int64_t{200} << 20;
  std::int64_t uops = 1;
  for (const ListSize& list : *finalist.allocation.lists) uops += list.uops;
  return static_cast<int>(std::min(kMost, kMostBytes / (uops * isa::tile_bytes(hw_))));
}

/// Whether smaller or larger strips of an operation make the program faster.
bool Finalists::refine(std::optional<Candidate>& best, int& tries) {
  bool better = false;
  const std::size_t steps = best->plan.allocation.steps.size();
  for (std::size_t i = 0; i < steps; ++i) {
    const int rows = best->plan.allocation.strip_rows(i);
    for (const int other : {(rows + 1) / 2, 2 * rows}) {
      if (best->plan.allocation.steps[i].resident() || tries == 0) break;
      const std::optional<Finalist> near = with_rows(*best, i, other);
      if (!near) continue;
      --tries;
      better |= try_plan(*near, best->plan.wm_depth, best);
    }
  }
  return better;
}

}  // namespace reshift
