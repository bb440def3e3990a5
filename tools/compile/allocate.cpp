// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/allocate.hpp"

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "base/integer.hpp"
#include "compile/lifetimes.hpp"
#include "compile/strip_buffers.hpp"
#include "compile/tensor_layouts.hpp"

namespace reshift {
namespace {

Allocation nothing_allocated(const isa::Hardware& hw, const QNet& net,
                             std::shared_ptr<const std::vector<ListSize>> lists,
                             const AllocationChoice& choice) {
  Allocation allocation;
  allocation.lists = std::move(lists);
  allocation.schedule = make_schedule(net, choice.images, choice.cut, choice.fused);
  allocation.layouts = tensor_layouts(hw, net);
  allocation.spilled.assign(net.tensors.size(), false);
  const auto tensors = static_cast<int>(net.tensors.size());
  allocation.bases.assign(allocation.schedule.copy(tensors, 0), 0);
  for (const Layout& l : allocation.layouts) {
    allocation.naive_words += l.size(hw) * choice.images;
  }
  return allocation;
}

/// Allocates the tensors of one choice of what is spilled.
class Allocator {
 public:
  Allocator(const isa::Hardware& hw, const QNet& net,
            std::shared_ptr<const std::vector<ListSize>> lists, const AllocationChoice& choice)
      : hw_(hw),
        net_(net),
        choice_(choice),
        allocation_(nothing_allocated(hw, net, std::move(lists), choice)),
        schedule_(allocation_.schedule),
        steps_(static_cast<int>(schedule_.steps.size())),
        lives_(lifetimes_of(net, schedule_)),
        strips_(hw, net, allocation_, choice) {
    for (int t = 0; t < static_cast<int>(choice.spilled.size()); ++t) {
      if (choice.spilled[index(t)]) spill(t);
    }
  }

  /// Makes strips smaller or spills more until all fits; nothing when that does not help,
  /// `too_much` says where.
  std::optional<Allocation> run(std::string& too_much) {
    while (true) {
      make_regions();
      fit();
      if (allocation_.words <= hw_.fb_depth) {
        allocation_.single = strips_.single();
        return allocation_;
      }
      const int worst = worst_step(allocation_.regions, hw_.fb_depth, steps_);
      if (strips_.shrink(worst)) continue;
      const int tensor = spillable(worst);
      if (tensor >= 0) {
        spill(tensor);
      } else if (!strips_.merge(worst)) {
        const Step& step = schedule_.steps[index(worst)];
        too_much = fmt::format(
            "operation {}{}: the feature buffer of {} is too small: {} words a bank are alive "
            "there, what can be in memory not counted, and {} needed in all, it has {}",
            net_.ops[step.last_op()].name,
            step.images > 1 ? fmt::format(" on {} images", step.images) : "", hw_.name,
            words_alive(allocation_.regions, worst), allocation_.words, hw_.fb_depth);
        return {};
      }
    }
  }

 private:
  bool kept(int tensor) const {
    return !choice_.resident.empty() && choice_.resident[index(tensor)];
  }
  bool spilled(int tensor) const { return tensor >= 0 && allocation_.spilled[index(tensor)]; }
  const Layout& layout(int tensor) const { return allocation_.layouts[index(tensor)]; }

  void spill(int tensor) {
    allocation_.spilled[index(tensor)] = true;
    strips_.reset();
    // Where words are scarce, outputs have their own only as long as they are there.
    for (const auto& [copy, step] : lives_.outputs_made) lives_.first[copy] = step;
    if (choice_.padded) pad_pitch(hw_, net_, tensor, allocation_.layouts);
  }

  void make_regions() {
    allocation_.regions.clear();
    region_of_.assign(allocation_.bases.size(), -1);
    allocation_.steps.assign(index(steps_), {});
    for (int image = 0; !spilled(0) && image < choice_.images; ++image) open(0, image);
    for (int i = 0; i < steps_; ++i) {
      const Step& step = schedule_.steps[index(i)];
      for (std::size_t op = step.op; step.has(op); ++op) {
        if (spilled(net_.ops[op].output)) continue;
        for (int n = 0; n < step.images; ++n) allocate_output(i, op, step.first_image + n);
      }
    }
    for (int i = 0; i < steps_; ++i) {
      strips_.cut_step(i, allocation_.steps[index(i)], allocation_.regions);
    }
  }

  /// Whether another operation of a step reads a tensor.
  bool read_beside(const Step& step, std::size_t number, int tensor) const {
    for (std::size_t op = step.op; step.has(op); ++op) {
      if (op != number && uses(net_.ops[op], tensor)) return true;
    }
    return false;
  }

  /// A region for what an operation of a step makes of an image.
  void allocate_output(int step, std::size_t number, int image) {
    const QOp& op = net_.ops[number];
    const Step& all = schedule_.steps[index(step)];
    // Later pixels still read the input, so it must not be the tensor that is overwritten. A
    // slice has another shape than the tensor that it is written into, and is never in place.
    const bool in_place =
        op.out_stride == 1 && op.residual > 0 && op.residual != op.input &&
        op.residual != op.shortcut && !net_.is_output(op.output) && !net_.is_output(op.residual) &&
        lives_.last[schedule_.copy(op.residual, image)] == step && !spilled(op.residual) &&
        !read_beside(all, number, op.residual) && layout(op.residual).same_shape(layout(op.output));
    std::vector<bool>& over = allocation_.steps[index(step)].in_place;
    over.resize(all.ops, false);
    if (in_place) over[number - all.op] = true;
    const std::size_t output = schedule_.copy(op.output, image);
    if (in_place) {
      const int region_number = region_of_[output] = region_of_[schedule_.copy(op.residual, image)];
      Region& region = allocation_.regions[index(region_number)];
      region.last = lives_.last[output];
      region.tenants.push_back({op.output, image});
    } else if (region_of_[output] < 0) {
      open(op.output, image);
    }
  }

  void open(int tensor, int image) {
    const std::size_t copy = schedule_.copy(tensor, image);
    region_of_[copy] = static_cast<int>(allocation_.regions.size());
    allocation_.regions.push_back(
        {lives_.first[copy], lives_.last[copy], layout(tensor).size(hw_), 0, {{tensor, image}}});
  }

  /// Addresses for tensors and strip buffers.
  void fit() {
    std::vector<Region>& regions = allocation_.regions;
    allocation_.words = fit_regions(regions, hw_.fb_depth, steps_);
    for (std::size_t c = 0; c < region_of_.size(); ++c) {
      if (region_of_[c] >= 0) allocation_.bases[c] = regions[index(region_of_[c])].base;
    }
    for (StepAllocation& step : allocation_.steps) {
      for (StripTensor& tensor : step.tensors) {
        for (int& buffer : tensor.buffers) buffer = regions[index(buffer)].base;
      }
    }
  }

  /// The smallest resident tensor alive at a step that is as large as what is too much, or else
  /// the largest, all images' copies together. -1: none.
  int spillable(int step) const {
    const int excess = allocation_.words - hw_.fb_depth;
    int best = -1, held = 0;
    for (int t = 0; t < static_cast<int>(net_.tensors.size()); ++t) {
      if (spilled(t) || kept(t) || !can_spill(net_, t)) continue;
      int size = 0;
      for (int image = 0; image < choice_.images; ++image) {
        const std::size_t copy = schedule_.copy(t, image);
        const bool alive = lives_.first[copy] <= step && lives_.last[copy] >= step;
        if (alive) size += layout(t).size(hw_);
      }
      if (size == 0) continue;
      if (best < 0 || (held < excess ? size > held : size >= excess && size < held)) {
        best = t;
        held = size;
      }
    }
    return best;
  }

  const isa::Hardware& hw_;
  const QNet& net_;
  const AllocationChoice& choice_;
  Allocation allocation_;
  const Schedule& schedule_;
  const int steps_;
  Lifetimes lives_;
  StripBuffers strips_;
  std::vector<int> region_of_;  ///< by copy, -1: none
};

}  // namespace

bool Allocation::any_spilled() const {
  return std::find(spilled.begin(), spilled.end(), true) != spilled.end();
}

Layout Allocation::layout(int tensor, int image) const {
  Layout l = layouts[index(tensor)];
  l.base = bases[schedule.copy(tensor, image)];
  return l;
}

bool Allocation::in_memory(const QNet& net, int tensor) const {
  if (!spilled[index(tensor)]) return false;
  return std::none_of(schedule.steps.begin(), schedule.steps.end(), [&](const Step& step) {
    for (std::size_t op = step.op; op < step.last_op(); ++op) {
      if (net.ops[op].output == tensor) return !read_outside(net, step, tensor);
    }
    return false;
  });
}

const StripTensor* StepAllocation::of(int tensor) const {
  const auto found = std::find_if(tensors.begin(), tensors.end(),
                                  [&](const StripTensor& t) { return t.tensor == tensor; });
  return found == tensors.end() ? nullptr : &*found;
}

std::optional<Allocation> allocate(const isa::Hardware& hw, const QNet& net,
                                   std::shared_ptr<const std::vector<ListSize>> lists,
                                   const AllocationChoice& choice, std::string& too_much) {
  return Allocator(hw, net, std::move(lists), choice).run(too_much);
}

}  // namespace reshift
