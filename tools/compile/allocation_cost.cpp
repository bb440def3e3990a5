// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/allocation_cost.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
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
  std::int64_t begin = 0;  ///< of the step
  std::size_t turn = 0;
  std::vector<std::int64_t> executed{};  ///< when each turn was
  /// When each turn's rows of what a step makes were stored, by the step's tensor.
  std::vector<std::vector<std::int64_t>> stored{};
  std::size_t shared = SIZE_MAX;        ///< the operation of a list that stays
  std::array<int, 3> kept{-1, -1, -1};  ///< what that list depends on
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
    StepState state{step, allocation_.steps[i]};
    state.begin = times_.executed();
    state.stored.resize(state.area.tensors.size());
    // Strip buffers are free from the step before on, those of what it makes, when it is over.
    std::vector<std::int64_t> free;
    for (const StripTensor& t : state.area.tensors) {
      free.push_back(t.early ? begin_ : state.begin);
    }
    for (int image = step.first_image; image < step.first_image + step.images; ++image) {
      for (std::size_t strip = 0; strip < state.area.turns(); ++strip, ++state.turn) {
        for (std::size_t op = step.op; step.has(op); ++op) {
          if (state.area.strips[op - step.op][strip].out.count > 0) {
            this->strip(state, image, op, strip, free);
          }
        }
        state.executed.push_back(times_.executed());
      }
    }
    begin_ = state.begin;
  }

  void strip(StepState& s, int image, std::size_t number, std::size_t strip_number,
             const std::vector<std::int64_t>& free) {
    const QOp& op = net_.ops[number];
    const Strip& strip = s.area.strips[number - s.step.op][strip_number];
    const ListSize& list = (*allocation_.lists)[number];
    times_.begin_step(layout(op.output).polyphase ? list.words_beside : 0);
    if (op.input == 0 && s.area.of(0) == nullptr && image == images_) {
      ++images_;
      load_image();
    }
    std::int64_t descriptors = 1;
    std::int64_t start = times_.executed();
    for (std::size_t t = 0; t < s.area.tensors.size(); ++t) {
      const StripTensor& tensor = s.area.tensors[t];
      if (!tensor.made && uses(op, tensor.tensor) && first_use(s, number, strip_number, tensor)) {
        descriptors += bring(s, image, tensor, strip_number, free[t]);
      }
      const std::size_t buffers = tensor.buffers.size();
      if (tensor.stored && tensor.tensor == op.output && s.turn >= buffers) {
        start = std::max(start, s.stored[t][s.turn - buffers]);
      }
    }
    const Layout& in = layout(op.input);
    const std::int64_t pixels =
        std::int64_t{walk_of(op).rows(strip.out.count)} * in.pitch * (walks_flat(op, in) ? 2 : 1);
    const std::int64_t cycles = ceil_div(pixels, std::int64_t{hw_.p}) * list.group_cycles;
    start = std::max(start, times_.loaded());
    const bool whole = cost::list_stays(hw_, list.uops);
    if (needs_list(s, number, strip)) {
      times_.load_list(list.as_block, begin_);
      ++descriptors;
      // The first pixel group walks a list as it comes; of a long one a part at a time.
      start = std::max(start, times_.loaded() - (whole ? list.group_cycles : cycles));
    }
    times_.execute(start, std::max(cycles, descriptors * cost::kDescriptor));
    if (!whole) {
      times_.hold_load(times_.executed() - cycles * cost::most_uops_ahead(hw_) / list.uops);
    }
    for (std::size_t t = 0; t < s.area.tensors.size(); ++t) {
      const StripTensor& tensor = s.area.tensors[t];
      if (tensor.stored && tensor.tensor == op.output) store(s, image, t, strip.out);
    }
  }

  /// Whether no operation of the step before this one uses a tensor's rows of the strip.
  bool first_use(const StepState& s, std::size_t number, std::size_t strip,
                 const StripTensor& tensor) const {
    for (std::size_t op = s.step.op; op < number; ++op) {
      if (uses(net_.ops[op], tensor.tensor) && s.area.strips[op - s.step.op][strip].out.count > 0) {
        return false;
      }
    }
    return true;
  }

  /// Whether a strip's list is not the one that is in the weight memory.
  bool needs_list(StepState& s, std::size_t number, const Strip& strip) const {
    const QOp& op = net_.ops[number];
    const std::array list_of{strip.pad_top, shift(op.input, strip.in),
                             shift(op.shortcut, strip.shortcut)};
    const bool shared = images_share(hw_, (*allocation_.lists)[number], s.area);
    const bool same = std::exchange(s.kept, list_of) == list_of;
    return std::exchange(s.shared, number) != number || !same || !shared;
  }

  /// Loads a strip's rows of a tensor when they are made and their buffer is free; returns how many
  /// descriptors say so.
  int bring(const StepState& s, int image, const StripTensor& tensor, std::size_t strip,
            std::int64_t free) {
    const Rows& rows = tensor.rows[strip];
    const std::size_t buffers = tensor.buffers.size();
    if (s.turn >= buffers) {
      free = s.executed[s.turn - buffers];
      for (std::size_t t = 0; t < s.area.tensors.size(); ++t) {
        const StripTensor& other = s.area.tensors[t];
        const bool over = other.over == tensor.tensor && other.stored;
        if (over) free = std::max(free, s.stored[t][s.turn - buffers]);
      }
    }
    for (const Made& made : made_[allocation_.schedule.copy(tensor.tensor, image)]) {
      free = std::max(free, made.time);
      if (made.end >= rows.first + rows.count) break;
    }
    times_.load(bytes(tensor.tensor, rows, tensor.phases), free);
    return tensor.phases;
  }

  void store(StepState& s, int image, std::size_t tensor, const Rows& rows) {
    const int number = s.area.tensors[tensor].tensor;
    times_.store(bytes(number, rows, layout(number).phases()));
    s.stored[tensor].resize(s.turn + 1, times_.stored());
    made_[allocation_.schedule.copy(number, image)].push_back(
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
