// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/allocation_cost.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "base/integer.hpp"
#include "compile/plan.hpp"
#include "cost/constants.hpp"
#include "cost/engine_times.hpp"
#include "cost/memory_policy.hpp"

namespace reshift {
namespace {

/// What a strip does depends on more than itself: on what the strips of its step did before.
struct StepState {
  const Step& step;
  const StepAllocation& area;
  const QOp& op;
  ListSize list;
  bool shared = false;                             ///< a list that is loaded once
  std::int64_t begin = 0;                          ///< of the step
  std::vector<std::int64_t> executed{}, stored{};  ///< when each turn was
  std::array<int, 3> kept{-1, -1, -1};             ///< what the last list depends on
};

class ScheduleCost {
 public:
  ScheduleCost(const isa::Hardware& hw, const QNet& net, const Allocation& allocation)
      : hw_(hw), net_(net), allocation_(allocation), times_(hw), made_(allocation.bases.size()) {}

  AllocationCost run() {
    for (std::size_t i = 0; i < allocation_.steps.size(); ++i) step(i);
    if (!allocation_.spilled[0]) load_image();
    return {times_.done(), times_.bytes()};
  }

 private:
  /// Rows of a spilled tensor up to `end` are in memory.
  struct Made {
    int end = 0;
    std::int64_t time = 0;
  };

  const Layout& layout(int tensor) const { return allocation_.layouts[index(tensor)]; }

  void step(std::size_t i) {
    const Step& step = allocation_.schedule.steps[i];
    const StepAllocation& area = allocation_.steps[i];
    const QOp& op = net_.ops[step.op];
    StepState state{step, area, op, (*allocation_.lists)[step.op]};
    state.shared = images_share(hw_, state.list, area);
    state.begin = times_.executed();
    times_.begin_step(layout(op.output).polyphase ? state.list.words_beside : 0);
    // Strip buffers are free from the step before on, those of what it makes, when it is over.
    const std::int64_t input_free = just_made(net_, allocation_.schedule, i) ? state.begin : begin_;
    for (int image = step.first_image; image < step.first_image + step.images; ++image) {
      for (const Strip& strip : area.strips) this->strip(state, image, strip, input_free);
    }
    begin_ = state.begin;
  }

  void strip(StepState& s, int image, const Strip& strip, std::int64_t input_free) {
    if (s.op.input == 0 && s.area.input_buffers.empty() && image == images_) {
      ++images_;
      load_image();
    }
    const int residual_phases = s.op.residual < 0 ? 0 : layout(s.op.residual).phases();
    std::int64_t descriptors = 1;
    descriptors += bring(s, image, s.op.input, s.area.input_buffers, strip.in,
                         phases_read(s.op, layout(s.op.input)), input_free);
    descriptors +=
        bring(s, image, s.op.shortcut, s.area.shortcut_buffers, strip.shortcut, 1, begin_);
    descriptors +=
        bring(s, image, s.op.residual, s.area.residual_buffers, strip.out, residual_phases, begin_);
    const Layout& in = layout(s.op.input);
    const std::int64_t pixels = std::int64_t{walk_of(s.op).rows(strip.out.count)} * in.pitch *
                                (walks_flat(s.op, in) ? 2 : 1);
    const std::int64_t cycles = ceil_div(pixels, std::int64_t{hw_.p}) * s.list.group_cycles;
    const bool whole = cost::list_stays(hw_, s.list.uops);
    std::int64_t start = std::max(times_.executed(), times_.loaded());
    const std::array list_of{strip.pad_top, shift(s.op.input, strip.in),
                             shift(s.op.shortcut, strip.shortcut)};
    if (std::exchange(s.kept, list_of) != list_of || !s.shared) {
      times_.load_list(s.list.uops, begin_);
      ++descriptors;
      // The first pixel group walks a list as it comes; of a long one a part at a time.
      start = std::max(start, times_.loaded() - (whole ? s.list.group_cycles : cycles));
    }
    const std::size_t turn = s.executed.size(), buffers = s.area.output_buffers.size();
    if (buffers > 0 && turn >= buffers) start = std::max(start, s.stored[turn - buffers]);
    times_.execute(start, std::max(cycles, descriptors * cost::kDescriptor));
    s.executed.push_back(times_.executed());
    if (!whole) {
      times_.hold_load(times_.executed() - cycles * cost::most_uops_ahead(hw_) / s.list.uops);
    }
    if (buffers > 0) store(s, image, strip.out);
  }

  /// Loads rows of a tensor when they are made and their strip buffer is free; returns how many
  /// descriptors say so.
  int bring(const StepState& s, int image, int tensor, const std::vector<int>& buffers,
            const Rows& rows, int phases, std::int64_t free) {
    if (buffers.empty()) return 0;
    const std::size_t turn = s.executed.size();
    if (turn >= buffers.size()) free = s.executed[turn - buffers.size()];
    for (const Made& made : made_[allocation_.schedule.copy(tensor, image)]) {
      free = std::max(free, made.time);
      if (made.end >= rows.first + rows.count) break;
    }
    times_.load(bytes(tensor, rows, phases), free);
    return phases;
  }

  void store(StepState& s, int image, const Rows& rows) {
    times_.store(bytes(s.op.output, rows, layout(s.op.output).phases()));
    s.stored.push_back(times_.stored());
    made_[allocation_.schedule.copy(s.op.output, image)].push_back(
        {rows.first + rows.count, times_.stored()});
  }

  void load_image() {
    const Layout& image = layout(0);
    times_.load(bytes(0, {0, image.height}, image.phases()), 0);
  }

  /// Of rows of a tensor in its first phases.
  std::int64_t bytes(int tensor, const Rows& rows, int phases) const {
    const Layout& whole = layout(tensor);
    return whole.rows(hw_, rows.first, rows.count).bytes(hw_) / whole.phases() * phases;
  }

  /// Position of the rows' first pixel in its group.
  int shift(int tensor, const Rows& rows) const {
    return tensor < 0 ? 0 : layout(tensor).rows(hw_, rows.first, 1).shift;
  }

  const isa::Hardware& hw_;
  const QNet& net_;
  const Allocation& allocation_;
  cost::EngineTimes times_;
  std::vector<std::vector<Made>> made_;  ///< by copy
  std::int64_t begin_ = 0;               ///< of the step before
  int images_ = 1;  ///< that are in the buffer, if they have their region there
};

}  // namespace

AllocationCost allocation_cost(const isa::Hardware& hw, const QNet& net,
                               const Allocation& allocation) {
  return ScheduleCost(hw, net, allocation).run();
}

}  // namespace reshift
