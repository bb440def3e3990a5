// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/spill.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "base/progress.hpp"
#include "compile/plan.hpp"
#include "compile/timing.hpp"
#include "spec/fields.hpp"

namespace reshift {
namespace {

std::size_t index(int i) { return static_cast<std::size_t>(i); }

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// From the last micro-op of an EXEC to the data of a transfer that waits for it.
constexpr std::int64_t kLatency = 110;

/// Goes through a schedule strip by strip: when LOAD has brought, EXEC has computed and STORE has
/// stored each, frame after frame: a first image with a region of its own is there, and LOAD brings
/// the next frame's behind all else.
class Cost {
 public:
  Cost(const spec::Hardware& hw, const QNet& net, const Allocation& allocation)
      : hw_(hw), net_(net), allocation_(allocation), made_(allocation.bases.size()) {}

  AllocationCost run() {
    for (std::size_t i = 0; i < allocation_.steps.size(); ++i) step(i);
    if (!allocation_.spilled[0]) load_image();
    return {std::max({loaded_, executed_, stored_}), bytes_};
  }

 private:
  /// Rows of a spilled tensor up to `end` are in memory.
  struct Made {
    int end = 0;
    std::int64_t time = 0;
  };

  void step(std::size_t i) {
    const Step& step = allocation_.schedule.steps[i];
    const StepAllocation& area = allocation_.steps[i];
    const QOp& op = net_.ops[step.op];
    const Layout& in = allocation_.layouts[index(op.input)];
    const Layout& out = allocation_.layouts[index(op.output)];
    const ListSize list = list_size(hw_, net_, op);
    const bool shared = images_share(hw_, list, area), whole = list.uops <= hw_.wm_depth / 2;
    stretch_ = out.polyphase ? transfer_beside_polyphase(
                                   hw_, kUnit, words_of(hw_, net_.written_channels(op)),
                                   list.group_cycles / words_of(hw_, net_.written_channels(op)))
                             : kUnit;
    const std::int64_t begin = executed_;
    std::vector<std::int64_t> executed, stored;  // by turn
    std::array<int, 3> kept{-1, -1, -1};         // what the last list depends on
    for (int image = step.first_image; image < step.first_image + step.images; ++image) {
      for (const Strip& strip : area.strips) {
        const std::size_t turn = executed.size();
        std::int64_t descriptors = 1;
        const auto bring = [&](int tensor, const std::vector<int>& buffers, const Rows& rows,
                               int phases, std::int64_t free) {
          if (buffers.empty()) return;
          if (turn >= buffers.size()) free = executed[turn - buffers.size()];
          for (const Made& made : made_[allocation_.schedule.copy(tensor, image)]) {
            free = std::max(free, made.time);
            if (made.end >= rows.first + rows.count) break;
          }
          descriptors += transfer(loaded_, free, tensor, rows, phases);
        };
        if (op.input == 0 && area.input_buffers.empty() && image == images_) {
          ++images_;
          load_image();
        }
        // Slots are free from the step before on, those of what it makes, when it is over.
        bring(op.input, area.input_buffers, strip.in, phases_read(op, in),
              just_made(net_, allocation_.schedule, i) ? begin : begin_);
        bring(op.shortcut, area.shortcut_buffers, strip.shortcut, 1, begin_);
        bring(op.residual, area.residual_buffers, strip.out,
              op.residual < 0 ? 0 : allocation_.layouts[index(op.residual)].phases(), begin_);
        std::int64_t start = std::max(executed_, loaded_);
        const std::int64_t pixels =
            std::int64_t{strip.out.count} * in.pitch * (walks_flat(op, in) ? 2 : 1);
        const std::int64_t cycles = ceil_div(pixels, hw_.p) * list.group_cycles;
        const std::array list_of{strip.pad_top, shift(op.input, strip.in),
                                 shift(op.shortcut, strip.shortcut)};
        if (std::exchange(kept, list_of) != list_of || !shared) {
          const std::int64_t bytes = list.uops * (tile_bytes_ + 4);
          loaded_ = std::max(loaded_, begin_) + bytes / bus_;
          bytes_ += bytes;
          ++descriptors;
          // The first pixel group walks a list as it comes; of a long one a part at a time.
          start = std::max(start, loaded_ - (whole ? list.group_cycles : cycles));
        }
        if (turn >= area.output_buffers.size() && !area.output_buffers.empty()) {
          start = std::max(start, stored[turn - area.output_buffers.size()]);
        }
        executed_ = start + std::max(cycles, descriptors * kLookCycles);
        executed.push_back(executed_);
        // No more of a list than three parts of four of the memory is ahead of EXEC.
        if (!whole) {
          loaded_ = std::max(loaded_, executed_ - cycles * hw_.wm_depth * 3 / 4 / list.uops);
        }
        if (area.output_buffers.empty()) continue;
        transfer(stored_, executed_, op.output, strip.out, out.phases());
        stored.push_back(stored_);
        made_[allocation_.schedule.copy(op.output, image)].push_back(
            {strip.out.first + strip.out.count, stored_});
      }
    }
    begin_ = begin;
  }

  void load_image() {
    const Layout& image = allocation_.layouts[0];
    transfer(loaded_, 0, 0, {0, image.height}, image.phases());
  }

  /// Position of the rows' first pixel in its group.
  int shift(int tensor, const Rows& rows) const {
    if (tensor < 0) return 0;
    return allocation_.layouts[index(tensor)].rows(hw_, rows.first, 1).shift;
  }

  /// Rows go over the bus, whose last transfer ended at `time`; returns how many descriptors say
  /// so.
  int transfer(std::int64_t& time, std::int64_t free, int tensor, const Rows& rows, int phases) {
    const Layout& layout = allocation_.layouts[index(tensor)];
    const std::int64_t bytes =
        layout.rows(hw_, rows.first, rows.count).bytes(hw_) / layout.phases() * phases;
    time = std::max(time, free + kLatency) + bytes * stretch_ / bus_ / kUnit;
    bytes_ += bytes;
    return phases;
  }

  const spec::Hardware& hw_;
  const QNet& net_;
  const Allocation& allocation_;
  const std::int64_t bus_ = hw_.axi_data_w / 8;
  const std::int64_t tile_bytes_ = spec::tile_bytes(hw_, weight_bits(hw_.exponents));
  std::vector<std::vector<Made>> made_;                  ///< by copy
  std::int64_t loaded_ = 0, executed_ = 0, stored_ = 0;  ///< when the engines are done so far
  std::int64_t begin_ = 0;                               ///< of the step before
  /// Cycles of kUnit beats of a transfer during the step.
  static constexpr std::int64_t kUnit = 256;
  std::int64_t stretch_ = kUnit;
  std::int64_t bytes_ = 0;
  int images_ = 1;  ///< that are in the buffer, if they have their region there
};

/// Finds what to spill.
class Search {
 public:
  Search(const spec::Hardware& hw, const std::vector<Lowered>& forms) : hw_(hw), forms_(forms) {}

  AllocatedNet run(int images) {
    find([&] { change_form(); });
    if (images > 1) {
      best_.reset();
      choice_.images = images;
      find([&] { move_cut(); });
    }
    return {form_, *best_};
  }

 private:
  /// The best of what `start` considers, and of what lies near it.
  template <typename Start>
  void find(Start start) {
    for (const bool padded :
         {false, true}) {  // which costs cycles: only where the rest does not do
      choice_.padded = padded;
      start();
      if (best_) break;
    }
    if (!best_) throw Error("{}", too_much_);
    if (best_->any_spilled()) {
      improve();
    } else {
      strip_image();
    }
  }

  /// Where all fits: whether the image is better in strips than whole, so that the first operation
  /// need not wait for all of it.
  void strip_image() {
    const auto reader = std::find_if(net().ops.begin(), net().ops.end(),
                                     [](const QOp& op) { return op.input == 0; });
    AllocationChoice choice = choice_;
    choice.spilled.assign(net().tensors.size(), false);
    choice.spilled[0] = true;
    choice.resident = choice.spilled;
    choice.resident.flip();
    choice.rows.assign(net().ops.size(), std::numeric_limits<int>::max());
    int& rows = choice.rows[index(static_cast<int>(reader - net().ops.begin()))];
    for (rows = net().tensors[index(reader->output)].height; rows > 1;) {
      rows = (rows + 1) / 2;
      consider(choice);
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
    std::optional<Allocation> allocation = allocate(hw_, net, choice, too_much_);
    if (!allocation) return false;
    const AllocationCost cost = allocation_cost(hw_, net, *allocation);
    if (best_ && cost >= cost_) return false;
    form_ = form;
    best_ = std::move(allocation);
    cost_ = cost;
    choice_ = choice;
    choice_.spilled = best_->spilled;
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
    return std::any_of(
        net().ops.begin() + static_cast<std::ptrdiff_t>(cut), net().ops.end(), [&](const QOp& op) {
          return op.input == tensor || op.shortcut == tensor || op.residual == tensor;
        });
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

  /// Whether smaller strips of an operation are better: EXEC begins earlier.
  bool cut_finer(std::size_t step) {
    const std::vector<Strip>& strips = best_->steps[step].strips;
    if (best_->steps[step].resident() || strips[0].out.count < 2) return false;
    AllocationChoice choice = choice_;
    choice.rows.resize(net().ops.size(), std::numeric_limits<int>::max());
    choice.rows[best_->schedule.steps[step].op] = (strips[0].out.count + 1) / 2;
    return consider(choice);
  }

  /// Spills a tensor more, or one less, or two that are used together, or a row of sums, as long as
  /// that helps.
  void improve() {
    for (bool better = true; better;) {
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
      for (std::size_t i = 0; i < best_->steps.size(); ++i) better |= cut_finer(i);
      better |= change_form();
      if (choice_.images > 1) better |= move_cut();
    }
  }

  const spec::Hardware& hw_;
  const std::vector<Lowered>& forms_;
  std::size_t form_ = 0;  ///< of the best one
  std::optional<Allocation> best_;
  AllocationCost cost_;
  AllocationChoice choice_;
  std::string too_much_;
};

}  // namespace

AllocationCost allocation_cost(const spec::Hardware& hw, const QNet& net,
                               const Allocation& allocation) {
  return Cost(hw, net, allocation).run();
}

AllocatedNet allocate_tensors(const spec::Hardware& hw, const std::vector<Lowered>& forms,
                              int images) {
  return Search(hw, forms).run(images);
}

}  // namespace reshift
