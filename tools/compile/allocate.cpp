// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/allocate.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "compile/reduction_list.hpp"

namespace reshift {
namespace {

constexpr int kMaxPitch = 4095;  // 12 bits of a descriptor

std::size_t index(int i) { return static_cast<std::size_t>(i); }

/// One raster, one pitch: an operation that walks its input flat writes its output with the pitch
/// of the input, and one with a shortcut walks it with the input.
void match_pitches(const QNet& net, std::vector<Layout>& layouts) {
  for (bool changed = true; changed;) {
    changed = false;
    const auto match = [&](int a, int b) {
      int &first = layouts[index(a)].pitch, &second = layouts[index(b)].pitch;
      changed |= first != second;
      first = second = std::max(first, second);
    };
    for (const QOp& op : net.ops) {
      if (walks_flat(op, layouts[index(op.input)])) match(op.input, op.output);
      if (op.shortcut >= 0) match(op.input, op.shortcut);
    }
  }
}

/// The largest strip of a tensor, as it lies in a buffer.
int strip_buffer_words(const spec::Hardware& hw, const Layout& layout,
                       const std::vector<Strip>& strips, Rows Strip::*rows, int phases) {
  int words = 0;
  for (const Strip& s : strips) {
    Layout part = layout.rows(hw, (s.*rows).first, (s.*rows).count);
    part.phase_step = 0;
    words = std::max(words, part.extent(hw, phases));
  }
  return words;
}

/// Allocates the tensors of one choice of what is spilled.
class Allocator {
 public:
  Allocator(const spec::Hardware& hw, const QNet& net, const AllocationChoice& choice)
      : hw_(hw), net_(net), choice_(choice), schedule_(allocation_.schedule), steps_(0) {
    schedule_ = make_schedule(net, choice.images, choice.cut);
    steps_ = static_cast<int>(schedule_.steps.size());
    forget_strips();
    strip_words_.assign(index(steps_), 0);
    finest_.assign(index(steps_), true);
    allocation_.layouts = tensor_layouts(hw, net);
    allocation_.spilled.assign(net.tensors.size(), false);
    const std::size_t copies = schedule_.copy(static_cast<int>(net.tensors.size()), 0);
    allocation_.bases.assign(copies, 0);
    for (const Layout& l : allocation_.layouts) {
      allocation_.naive_words += l.size(hw) * choice.images;
    }
    first_.assign(copies, steps_);
    last_.assign(copies, 0);
    for (int i = 0; i < steps_; ++i) {
      const QOp& op = op_of(i);
      for_images(i, [&](int image) {
        auto& opened = first_[schedule_.copy(op.output, image)];
        opened = std::min(opened, i);  // the first of the operations that write slices of it
        for (const int t : {op.input, op.shortcut, op.residual, op.output}) {
          if (t >= 0) last_[schedule_.copy(t, image)] = i;
        }
      });
    }
    for (int image = 0; image < choice.images; ++image) {
      first_[schedule_.copy(0, image)] = static_cast<int>(schedule_.loaded_from(image));
      last_[schedule_.copy(net.output, image)] = steps_;
    }
    output_made_ = std::exchange(first_[schedule_.copy(net.output, choice.images - 1)], 0);
    last_[0] = steps_;
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
      allocation_.regions = regions_;
      if (allocation_.words <= hw_.fb_depth) return allocation_;
      const int worst = worst_step();
      if (shrink_buffers(worst)) continue;
      const int tensor = spillable(worst);
      if (tensor < 0 && merge_buffers(worst)) continue;
      if (tensor < 0) {
        const int images = schedule_.steps[index(worst)].images;
        too_much = fmt::format(
            "operation {}{}: the feature buffer of {} is too small: {} words a bank are alive "
            "there, what can be in memory not counted, and {} needed in all, it has {}",
            op_of(worst).name, images > 1 ? fmt::format(" on {} images", images) : "", hw_.name,
            alive(worst), allocation_.words, hw_.fb_depth);
        return {};
      }
      spill(tensor);
    }
  }

 private:
  const QOp& op_of(int step) const { return net_.ops[schedule_.steps[index(step)].op]; }

  /// Calls visit(image) for the images of a step.
  template <typename Visit>
  void for_images(int step, Visit visit) const {
    const Step& s = schedule_.steps[index(step)];
    for (int n = 0; n < s.images; ++n) visit(s.first_image + n);
  }

  bool kept(int tensor) const {
    return !choice_.resident.empty() && choice_.resident[index(tensor)];
  }
  bool spilled(int tensor) const { return tensor >= 0 && allocation_.spilled[index(tensor)]; }
  const Layout& layout(int tensor) const { return allocation_.layouts[index(tensor)]; }

  void forget_strips() {
    budget_.assign(index(steps_), hw_.fb_depth);
    copies_.assign(index(steps_), 2);
  }

  void spill(int tensor) {
    allocation_.spilled[index(tensor)] = true;
    forget_strips();
    // Where words are scarce, the output has its own only as long as it is there.
    const std::size_t output = schedule_.copy(net_.output, choice_.images - 1);
    first_[output] = output_made_;
    if (!choice_.padded) return;
    int& pitch = allocation_.layouts[index(tensor)].pitch;
    pitch = (pitch + hw_.p - 1) / hw_.p * hw_.p;
    match_pitches(net_, allocation_.layouts);
  }

  void make_regions() {
    regions_.clear();
    region_of_.assign(allocation_.bases.size(), -1);
    allocation_.steps.assign(index(steps_), {});
    for (int image = 0; !spilled(0) && image < choice_.images; ++image) open(0, image);
    for (int i = 0; i < steps_; ++i) {
      const QOp& op = op_of(i);
      if (spilled(op.output)) continue;
      for_images(i, [&](int image) { allocate_output(i, op, image); });
    }
    for (int i = 0; i < steps_; ++i) cut_step(i);
  }

  /// A region for what a step makes of an image.
  void allocate_output(int step, const QOp& op, int image) {
    // Later pixels still read the input, so it must not be the tensor that is overwritten. A
    // slice has another shape than the tensor that it is written into, and is never in area.
    const bool in_place =
        op.residual > 0 && op.residual != op.input && op.residual != op.shortcut &&
        op.output != net_.output && op.residual != net_.output &&
        last_[schedule_.copy(op.residual, image)] == step && !spilled(op.residual) &&
        layout(op.residual).same_shape(layout(op.output));
    allocation_.steps[index(step)].in_place = in_place;
    const std::size_t output = schedule_.copy(op.output, image);
    if (in_place) {
      const int region = region_of_[output] = region_of_[schedule_.copy(op.residual, image)];
      regions_[index(region)].last = last_[output];
      regions_[index(region)].tenants.push_back({op.output, image});
    } else if (region_of_[output] < 0) {
      open(op.output, image);
    }
  }

  /// Gives the step with the largest buffers alive at a step a smaller budget; false when its
  /// strips are as small as can be.
  bool shrink_buffers(int step) {
    return shrink(step, [&](int i) { return !finest_[index(i)]; }) >= 0;
  }

  /// The one that it is, of those that may be; -1: none. Rather one whose list stays in the weight
  /// memory: others load theirs for each strip.
  template <typename May>
  int shrink(int step, May may) {
    int best = -1;
    std::pair<bool, int> most;
    for (int i = std::max(step - 1, 0); i <= std::min(step + 1, steps_ - 1); ++i) {
      if (!may(i) || strip_words_[index(i)] == 0) continue;
      const bool stays = list_size(hw_, net_, op_of(i)).uops <= hw_.wm_depth / 2;
      const std::pair size{stays, strip_words_[index(i)]};
      if (best >= 0 && size <= most) continue;
      best = i;
      most = size;
    }
    if (best >= 0) budget_[index(best)] = most.second * 7 / 8;
    return best;
  }

  /// Gives it a single buffer a tensor, which keeps LOAD and EXEC from working at once.
  bool merge_buffers(int step) {
    const int merged = shrink(step, [&](int i) { return copies_[index(i)] > 1; });
    if (merged >= 0) copies_[index(merged)] = 1;
    return merged >= 0;
  }

  void open(int tensor, int image) {
    const std::size_t copy = schedule_.copy(tensor, image);
    region_of_[copy] = static_cast<int>(regions_.size());
    regions_.push_back({first_[copy], last_[copy], layout(tensor).size(hw_), 0, {{tensor, image}}});
  }

  /// Strips of a step with spilled tensors, as few as its budget allows or as many as there can be,
  /// and their buffers: loaded while the step before runs, stored while the next one does.
  void cut_step(int i) {
    const int budget = budget_[index(i)];
    const QOp& op = op_of(i);
    const bool several_images = schedule_.steps[index(i)].images > 1;
    StepAllocation& area = allocation_.steps[index(i)];
    const int height = net_.tensors[index(op.output)].height;
    area.strips = cut(net_, op, layout(op.input).polyphase, height);
    std::array<int, 4> sizes{};
    const auto copies = [&] {
      return area.strips.size() > 1 || several_images ? copies_[index(i)] : 1;
    };
    const auto phases_of = [&](int tensor) { return tensor < 0 ? 1 : layout(tensor).phases(); };
    const auto buffer = [&](int tensor, Rows Strip::*rows, int phases) {
      return spilled(tensor) ? strip_buffer_words(hw_, layout(tensor), area.strips, rows, phases)
                             : 0;
    };
    const auto words = [&] {
      sizes = {buffer(op.input, &Strip::in, phases_read(op, layout(op.input))),
               buffer(op.shortcut, &Strip::shortcut, 1),
               buffer(op.residual, &Strip::out, phases_of(op.residual)),
               buffer(op.output, &Strip::out, phases_of(op.output))};
      return std::accumulate(sizes.begin(), sizes.end(), 0) * copies();
    };
    strip_words_[index(i)] = words();
    finest_[index(i)] = strip_words_[index(i)] == 0;
    const std::size_t number = schedule_.steps[index(i)].op;
    const int most = choice_.rows.empty() ? height : choice_.rows[number];
    if (words() > budget || (words() > 0 && most < height)) {
      finest_[index(i)] = true;
      int unit = row_unit(hw_, layout(op.output));
      if (op.residual >= 0) unit = std::lcm(unit, row_unit(hw_, layout(op.residual)));
      const int units = (height + unit - 1) / unit;
      for (int count = 2, rows = 0; count <= units; ++count) {
        const int fewer = (units + count - 1) / count * unit;
        if (fewer == rows || (fewer > most && fewer > unit)) continue;
        rows = fewer;
        area.strips = cut(net_, op, layout(op.input).polyphase, rows);
        strip_words_[index(i)] = words();
        if (strip_words_[index(i)] > budget) continue;
        finest_[index(i)] = count == units;
        break;
      }
    }
    const auto buffers = [&](int tensor, int size, int first, int last) {
      std::vector<int> regions;
      for (int n = 0; size > 0 && n < copies(); ++n) {
        regions.push_back(static_cast<int>(regions_.size()));
        regions_.push_back({std::max(first, 0), std::min(last, steps_), size, 0, {{tensor, -1}}});
      }
      return regions;
    };
    area.input_buffers =
        buffers(op.input, sizes[0], just_made(net_, schedule_, index(i)) ? i : i - 1, i);
    area.shortcut_buffers = buffers(op.shortcut, sizes[1], i - 1, i);
    area.residual_buffers = buffers(op.residual, sizes[2], i - 1, i);
    area.output_buffers = buffers(op.output, sizes[3], i, i + 1);
  }

  /// The largest first; where that does not do, what lives all the time before it, lest a small
  /// region finds words that are free at all times only beyond the end.
  void fit() {
    std::vector<std::size_t> order(regions_.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return regions_[a].size > regions_[b].size;
    });
    first_fit(order);
    if (allocation_.words > hw_.fb_depth) {
      std::stable_partition(order.begin(), order.end(), [&](std::size_t i) {
        return regions_[i].first == 0 && regions_[i].last == steps_;
      });
      first_fit(order);
    }
    for (std::size_t c = 0; c < region_of_.size(); ++c) {
      if (region_of_[c] >= 0) allocation_.bases[c] = regions_[index(region_of_[c])].base;
    }
    for (StepAllocation& step : allocation_.steps) {
      for (auto* buffers : {&step.input_buffers, &step.shortcut_buffers, &step.residual_buffers,
                            &step.output_buffers}) {
        for (int& buffer : *buffers) buffer = regions_[index(buffer)].base;
      }
    }
  }

  void first_fit(const std::vector<std::size_t>& order) {
    std::vector<const Region*> placed;  // by base
    allocation_.words = 0;
    for (const std::size_t number : order) {
      Region& region = regions_[number];
      region.base = 0;
      for (const Region* other : placed) {
        if (other->first > region.last || other->last < region.first) continue;
        if (other->base >= region.base + region.size) break;
        region.base = std::max(region.base, other->base + other->size);
      }
      allocation_.words = std::max(allocation_.words, region.base + region.size);
      placed.insert(
          std::upper_bound(placed.begin(), placed.end(), &region,
                           [](const Region* a, const Region* b) { return a->base < b->base; }),
          &region);
    }
  }

  int alive(int step) const {
    int words = 0;
    for (const Region& r : regions_) {
      if (r.first <= step && r.last >= step) words += r.size;
    }
    return words;
  }

  /// Of the steps at which something lies beyond the buffer, the one with most alive.
  int worst_step() const {
    int worst = -1;
    for (const Region& r : regions_) {
      if (r.base + r.size <= hw_.fb_depth) continue;
      for (int i = r.first; i <= std::min(r.last, steps_ - 1); ++i) {
        if (worst < 0 || alive(i) > alive(worst)) worst = i;
      }
    }
    return worst;
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
        if (first_[copy] <= step && last_[copy] >= step) size += layout(t).size(hw_);
      }
      if (size == 0) continue;
      if (best < 0 || (held < excess ? size > held : size >= excess && size < held)) {
        best = t;
        held = size;
      }
    }
    return best;
  }

  const spec::Hardware& hw_;
  const QNet& net_;
  const AllocationChoice& choice_;
  Allocation allocation_;
  Schedule& schedule_;
  int steps_;
  std::vector<int> first_, last_, region_of_;  ///< by copy
  int output_made_ = 0;                        ///< the step from which on there is a last output
  std::vector<int> budget_, strip_words_;      ///< by step: words its buffers may have, and do
  std::vector<int> copies_;                    ///< by step: buffers a tensor
  std::vector<bool> finest_;                   ///< its strips cannot be smaller
  std::vector<Region> regions_;
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

std::vector<Layout> tensor_layouts(const spec::Hardware& hw, const QNet& net) {
  std::vector<Layout> layouts;
  for (const QTensor& t : net.tensors) {
    Layout l{t.channels, t.height, t.width, t.width, false, words_of(hw, t.channels), 0};
    for (const QOp& op : net.ops) {
      const auto reads = [&](int tensor) {
        return tensor >= 0 && &net.tensors[index(tensor)] == &t;
      };
      l.polyphase |=
          (reads(op.input) && op.stride_h == 2) || (reads(op.shortcut) && op.shortcut_stride == 2);
    }
    layouts.push_back(l);
  }
  for (Layout& l : layouts) l.pitch = l.phase_width();
  for (const QOp& op : net.ops) {
    Layout& in = layouts[static_cast<std::size_t>(op.input)];
    const Layout& out = layouts[static_cast<std::size_t>(op.output)];
    if (walks_flat(op, in)) continue;
    in.pitch = std::max(in.pitch, out.polyphase ? 2 * out.phase_width() : out.width);
    if (in.pitch > kMaxPitch) {
      throw Error("operation {}: rows of {} pixels, a descriptor says at most {}", op.name,
                  in.pitch, kMaxPitch);
    }
  }
  match_pitches(net, layouts);
  return layouts;
}

bool can_spill(const QNet& net, int tensor) {
  const auto writers = std::count_if(net.ops.begin(), net.ops.end(),
                                     [&](const QOp& op) { return op.output == tensor; });
  return tensor != net.output && writers <= 1;
}

std::optional<Allocation> allocate(const spec::Hardware& hw, const QNet& net,
                                   const AllocationChoice& choice, std::string& too_much) {
  return Allocator(hw, net, choice).run(too_much);
}

}  // namespace reshift
