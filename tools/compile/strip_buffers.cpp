// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/strip_buffers.hpp"

#include <algorithm>
#include <utility>

#include "base/integer.hpp"
#include "compile/reduction_list.hpp"
#include "compile/tensor_layouts.hpp"
#include "cost/memory_policy.hpp"

namespace reshift {

StripBuffers::StripBuffers(const isa::Hardware& hw, const QNet& net, const Allocation& allocation,
                           const AllocationChoice& choice)
    : hw_(hw),
      net_(net),
      allocation_(allocation),
      choice_(choice),
      states_(allocation.schedule.steps.size()) {
  reset();
}

void StripBuffers::reset() {
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const std::size_t op = allocation_.schedule.steps[i].last_op();
    states_[i].cuts.clear();
    states_[i].budget = hw_.fb_depth;
    states_[i].copies = !choice_.single.empty() && choice_.single[op] ? 1 : 2;
  }
}

const Step& StripBuffers::step_of(int step) const {
  return allocation_.schedule.steps[index(step)];
}

/// Whether a step loads its list once for all strips.
bool StripBuffers::lists_stay(int step) const {
  const Step& s = step_of(step);
  return s.ops == 1 && cost::list_stays(hw_, (*allocation_.lists)[s.op].uops);
}

const Layout& StripBuffers::layout(int tensor) const { return allocation_.layouts[index(tensor)]; }

const StepStrips& StripBuffers::cut(int step, int rows) {
  const auto [found, fresh] = states_[index(step)].cuts.try_emplace(rows);
  if (fresh) {
    found->second =
        reshift::cut_step(hw_, net_, allocation_.layouts, allocation_.spilled, step_of(step), rows);
  }
  return found->second;
}

int StripBuffers::copies(int step, const StepStrips& cut, const StripTensor& tensor) const {
  const bool turns = cut.strips.back().size() > 1 || step_of(step).images > 1;
  return turns && !(tensor.made && !tensor.stored) ? states_[index(step)].copies : 1;
}

int StripBuffers::words(int step, const StepStrips& cut) const {
  int words = 0;
  for (const StripTensor& t : cut.tensors) {
    if (t.over < 0) words += t.words(hw_, layout(t.tensor)) * copies(step, cut, t);
  }
  return words;
}

void StripBuffers::cut_step(int step, StepAllocation& area, std::vector<Region>& regions) {
  const std::size_t last_op = step_of(step).last_op();
  const int height = net_.written(net_.ops[last_op]).height;
  const int most_rows = choice_.rows.empty() ? height : choice_.rows[last_op];
  State& state = states_[index(step)];
  const StepStrips& whole = cut(step, height);
  state.words = words(step, whole);
  state.finest = state.words == 0;
  const bool finer = state.words > state.budget || (state.words > 0 && most_rows < height);
  StepStrips strips = finer ? cut_finer(step, most_rows) : whole;
  const auto steps = static_cast<int>(states_.size());
  for (StripTensor& tensor : strips.tensors) {
    const bool two = state.copies > 1;
    const bool ahead = (!choice_.early.empty() && choice_.early[last_op]) ||
                       !just_made(net_, allocation_.schedule, index(step), tensor.tensor);
    tensor.early = !tensor.made && ahead && two;
    const int first = std::max(tensor.early ? step - 1 : step, 0);
    const int last = std::min(tensor.stored && two ? step + 1 : step, steps);
    if (tensor.over >= 0) {  // loaded into the same buffers
      const auto residual =
          std::find_if(strips.tensors.begin(), strips.tensors.end(),
                       [&](const StripTensor& t) { return t.tensor == tensor.over; });
      tensor.buffers = residual->buffers;
      for (const int buffer : tensor.buffers) {
        Region& region = regions[index(buffer)];
        region.last = std::max(region.last, last);
        region.tenants.push_back({tensor.tensor, -1});
      }
      continue;
    }
    const int size = tensor.words(hw_, layout(tensor.tensor));
    for (int n = 0; size > 0 && n < copies(step, strips, tensor); ++n) {
      tensor.buffers.push_back(static_cast<int>(regions.size()));
      regions.push_back({first, last, size, 0, {{tensor.tensor, -1}}});
    }
  }
  area.strips = std::move(strips.strips);
  area.tensors = std::move(strips.tensors);
}

/// The fewest strips within the budget, but of `most_rows` rows at most where rows may be so few;
/// or the finest.
const StepStrips& StripBuffers::cut_finer(int step, int most_rows) {
  const int height = net_.written(net_.ops[step_of(step).last_op()]).height;
  State& state = states_[index(step)];
  const int unit = last_row_unit(hw_, net_, allocation_.layouts, step_of(step));
  const int units = ceil_div(height, unit);
  const StepStrips* strips = &cut(step, height);
  state.finest = true;
  for (int count = 2, rows = 0; count <= units; ++count) {
    const int fewer = ceil_div(units, count) * unit;
    if (fewer == rows || (fewer > most_rows && fewer > unit)) continue;
    rows = fewer;
    strips = &cut(step, rows);
    state.words = words(step, *strips);
    if (state.words > state.budget) continue;
    state.finest = count == units;
    break;
  }
  return *strips;
}

/// Fewer words for a step that may have them, the one with the largest buffers beside `step`; -1:
/// there is none. Rather one whose list stays in the weight memory: others load theirs for each
/// strip.
template <typename May>
int StripBuffers::shrink_one(int step, May may) {
  int best = -1;
  std::pair<bool, int> most;
  const int last = std::min(step + 1, static_cast<int>(states_.size()) - 1);
  for (int i = std::max(step - 1, 0); i <= last; ++i) {
    const State& state = states_[index(i)];
    if (!may(state) || state.words == 0) continue;
    const bool stays = lists_stay(i);
    const std::pair size{stays, state.words};
    if (best >= 0 && size <= most) continue;
    best = i;
    most = size;
  }
  if (best >= 0) states_[index(best)].budget = most.second * 7 / 8;
  return best;
}

bool StripBuffers::shrink(int step) {
  return shrink_one(step, [](const State& s) { return !s.finest; }) >= 0;
}

std::vector<bool> StripBuffers::single() const {
  std::vector<bool> single(net_.ops.size(), false);
  for (std::size_t i = 0; i < states_.size(); ++i) {
    if (states_[i].words > 0 && states_[i].copies == 1) {
      single[allocation_.schedule.steps[i].last_op()] = true;
    }
  }
  return single;
}

bool StripBuffers::merge(int step) {
  const int merged = shrink_one(step, [](const State& s) { return s.copies > 1; });
  if (merged >= 0) states_[index(merged)].copies = 1;
  return merged >= 0;
}

}  // namespace reshift
