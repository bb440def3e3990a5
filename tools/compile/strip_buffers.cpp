// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/strip_buffers.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/integer.hpp"
#include "compile/reduction_list.hpp"
#include "compile/tensor_layouts.hpp"
#include "cost/memory_policy.hpp"

namespace reshift {

StripBuffers::StripBuffers(const isa::Hardware& hw, const QNet& net, const Allocation& allocation,
                           const std::vector<int>& most_rows)
    : hw_(hw),
      net_(net),
      allocation_(allocation),
      most_rows_(most_rows),
      states_(allocation.schedule.steps.size()) {
  reset();
}

void StripBuffers::reset() {
  for (State& state : states_) {
    state.budget = hw_.fb_depth;
    state.copies = 2;
  }
}

const QOp& StripBuffers::op_of(int step) const {
  return net_.ops[allocation_.schedule.steps[index(step)].op];
}

const ListSize& StripBuffers::list(int step) const {
  return (*allocation_.lists)[allocation_.schedule.steps[index(step)].op];
}

const Layout& StripBuffers::layout(int tensor) const { return allocation_.layouts[index(tensor)]; }

int StripBuffers::copies(int step, const std::vector<Strip>& strips) const {
  const bool turns = strips.size() > 1 || allocation_.schedule.steps[index(step)].images > 1;
  return turns ? states_[index(step)].copies : 1;
}

/// The largest strip of a spilled tensor, as it lies in a buffer.
int StripBuffers::buffer_words(int tensor, const std::vector<Strip>& strips, Rows Strip::*rows,
                               int phases) const {
  if (tensor < 0 || !allocation_.spilled[index(tensor)]) return 0;
  int words = 0;
  for (const Strip& s : strips) {
    Layout part = layout(tensor).rows(hw_, (s.*rows).first, (s.*rows).count);
    part.phase_step = 0;
    words = std::max(words, part.extent(hw_, phases));
  }
  return words;
}

StripBuffers::Sizes StripBuffers::sizes(const QOp& op, const std::vector<Strip>& strips) const {
  const int residual_phases = op.residual < 0 ? 1 : layout(op.residual).phases();
  return {buffer_words(op.input, strips, &Strip::in, phases_read(op, layout(op.input))),
          buffer_words(op.shortcut, strips, &Strip::shortcut, 1),
          buffer_words(op.residual, strips, &Strip::out, residual_phases),
          buffer_words(op.output, strips, &Strip::out, layout(op.output).phases())};
}

int StripBuffers::words(int step, const std::vector<Strip>& strips) const {
  const Sizes each = sizes(op_of(step), strips);
  return std::accumulate(each.begin(), each.end(), 0) * copies(step, strips);
}

void StripBuffers::cut_step(int step, StepAllocation& area, std::vector<Region>& regions) {
  const QOp& op = op_of(step);
  const std::size_t number = allocation_.schedule.steps[index(step)].op;
  const int height = net_.written(op).height;
  const int most_rows = most_rows_.empty() ? height : most_rows_[number];
  State& state = states_[index(step)];
  area.strips = cut(net_, op, layout(op.input).polyphase, height);
  state.words = words(step, area.strips);
  state.finest = state.words == 0;
  if (state.words > state.budget || (state.words > 0 && most_rows < height)) {
    area.strips = cut_finer(step, most_rows);
  }
  const Sizes each = sizes(op, area.strips);
  const auto steps = static_cast<int>(states_.size());
  const auto add = [&](int tensor, int size, int first, int last) {
    std::vector<int> buffers;
    for (int n = 0; size > 0 && n < copies(step, area.strips); ++n) {
      buffers.push_back(static_cast<int>(regions.size()));
      regions.push_back({std::max(first, 0), std::min(last, steps), size, 0, {{tensor, -1}}});
    }
    return buffers;
  };
  const bool late = just_made(net_, allocation_.schedule, index(step));
  area.input_buffers = add(op.input, each[0], late ? step : step - 1, step);
  area.shortcut_buffers = add(op.shortcut, each[1], step - 1, step);
  area.residual_buffers = add(op.residual, each[2], step - 1, step);
  area.output_buffers = add(op.output, each[3], step, step + 1);
}

/// The fewest strips within the budget, but of `most_rows` rows at most where rows may be so few;
/// or the finest.
std::vector<Strip> StripBuffers::cut_finer(int step, int most_rows) {
  const QOp& op = op_of(step);
  const int height = net_.written(op).height;
  State& state = states_[index(step)];
  int unit = row_unit(hw_, layout(op.output));
  if (op.residual >= 0) unit = std::lcm(unit, row_unit(hw_, layout(op.residual)));
  const int units = ceil_div(height, unit);
  const bool polyphase = layout(op.input).polyphase;
  std::vector<Strip> strips = cut(net_, op, polyphase, height);
  state.finest = true;
  for (int count = 2, rows = 0; count <= units; ++count) {
    const int fewer = ceil_div(units, count) * unit;
    if (fewer == rows || (fewer > most_rows && fewer > unit)) continue;
    rows = fewer;
    strips = cut(net_, op, polyphase, rows);
    state.words = words(step, strips);
    if (state.words > state.budget) continue;
    state.finest = count == units;
    break;
  }
  return strips;
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
    const bool stays = cost::list_stays(hw_, list(i).uops);
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

bool StripBuffers::merge(int step) {
  const int merged = shrink_one(step, [](const State& s) { return s.copies > 1; });
  if (merged >= 0) states_[index(merged)].copies = 1;
  return merged >= 0;
}

}  // namespace reshift
