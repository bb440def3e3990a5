// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "explore/space.hpp"

#include <algorithm>
#include <bit>

#include "base/error.hpp"
#include "compile/weight_format.hpp"

namespace reshift {
namespace {

const char* format_suffix(int weight_format) {
  if (weight_format == kHalfOctave) return "_half";
  if (weight_format == kDigits) return "_digit";
  return is_multiplier(weight_format) ? "_mult" : "";
}

/// An error's first two lines, which name the network and one operation.
std::string first_reason(std::string text) {
  const auto second = text.find('\n');
  if (second != std::string::npos) text.resize(std::min(text.find('\n', second + 1), text.size()));
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

/// The memories of a core of this shape for which a part has room: no pair can have a deeper
/// feature buffer or weight memory.
void add_memories(const FitModel& model, const Part& part, const Limits& limits,
                  Candidate candidate, std::vector<Candidate>& found) {
  isa::Hardware& hw = candidate.hw;
  // Logic does not depend on the depths of the memories.
  hw.fb_depth = hw.wm_depth = 256;
  hw.pm_depth = 32;
  if (!model.knows(hw)) return;
  if (!fits(needs_on(model, part, hw, candidate.cores), part, limits.share)) return;
  int widest = 0;
  for (int features = 32768 / (hw.m / hw.c); features >= 256; features /= 2) {
    for (int weights = 4096; weights > std::max(widest, 64); weights /= 2) {
      hw.fb_depth = features;
      hw.wm_depth = weights;
      hw.pm_depth = std::max(weights / 8, 16);
      candidate.needs = needs_on(model, part, hw, candidate.cores);
      if (!fits(candidate.needs, part, limits.share)) continue;
      candidate.name = std::make_shared<const std::string>(configuration_name(hw));
      candidate.hw.name = *candidate.name;
      found.push_back(candidate);
      widest = weights;
      break;
    }
  }
}

/// Post-processing of a core: a pixel a cycle, two, four, or one channel after the other.
std::vector<int> post_lanes(int m, int p) {
  std::vector<int> lanes{m, 1};
  for (const int pixels : {2, 4}) {
    if (p % pixels == 0 && p >= 2 * pixels) lanes.push_back(pixels * m);
  }
  return lanes;
}

/// All that fits of one shape, on `cores` cores. Returns whether anything does.
bool add_shape(const FitModel& model, const Part& part, const Limits& limits, const Task& task,
               const Candidate& shape, std::vector<Candidate>& found) {
  const std::size_t before = found.size();
  for (std::size_t format = 0; format < task.formats.size(); ++format) {
    for (const int lanes : post_lanes(shape.hw.m, shape.hw.p)) {
      for (int bus = limits.widest_bus; bus >= 32; bus /= 2) {
        Candidate candidate = shape;
        candidate.format = format;
        candidate.hw.weight_format = task.formats[format].weight_format;
        candidate.hw.post_lanes = lanes;
        candidate.hw.axi_data_w = bus;
        add_memories(model, part, limits, candidate, found);
      }
    }
  }
  return found.size() > before;
}

/// Leaves out the formats that the model knows nothing of.
void check_formats(const FitModel& model, const Part& part, isa::Hardware like, Task& task) {
  std::erase_if(task.formats, [&](const Format& format) {
    like.weight_format = format.weight_format;
    if (model.knows(like)) return false;
    task.left_out.push_back(fmt::format("weight format {}: the area model of {} has no such core",
                                        format.weight_format, part.family));
    return true;
  });
  if (task.formats.empty()) throw Error("{}", task.left_out.back());
}

}  // namespace

Task make_task(const std::vector<QNet>& nets) {
  Task task;
  int powers = 7;
  for (const QNet& net : nets) {
    task.act_w = std::max(task.act_w, net.act_w);
    task.mult_w = std::max(task.mult_w, net.mult_w);
    if (is_power_of_two(net.weight_format)) powers = std::max(powers, net.weight_format);
    const bool tables = std::any_of(net.ops.begin(), net.ops.end(),
                                    [](const QOp& op) { return !op.table.empty(); });
    if (tables) task.tables = 8;
  }
  task.acc_w = task.act_w > 8 ? 32 : 28;
  for (const int weight_format : {powers, kHalfOctave, kDigits, 128 + 8}) {
    Format format{weight_format, {}, {}};
    isa::Hardware hw;
    hw.name = "a core of that format";
    hw.weight_format = weight_format;
    try {
      for (const QNet& net : nets) {
        format.nets.push_back(in_format(hw, net));
        format.sizes.push_back(convolutions(format.nets.back()));
      }
      task.formats.push_back(std::move(format));
    } catch (const Error& e) {
      task.left_out.push_back(first_reason(e.what()));
    }
  }
  if (task.formats.empty())
    throw Error("no weight format holds all networks: {}", task.left_out[0]);
  return task;
}

std::vector<Candidate> candidates(const FitModel& model, const Part& part, const Limits& limits,
                                  Task& task) {
  Candidate base;
  base.hw.act_w = task.act_w;
  base.hw.acc_w = task.acc_w;
  base.hw.mult_w = task.mult_w;
  base.hw.tables = task.tables;
  isa::Hardware like = base.hw;
  like.m = like.c = like.p = 4;
  like.post_lanes = 4;
  like.fb_depth = like.wm_depth = like.pm_depth = 256;
  like.axi_data_w = limits.widest_bus;
  check_formats(model, part, like, task);
  std::vector<Candidate> found;
  for (int c = 2; c <= 32; c *= 2) {
    for (int m = c; m <= std::min(4 * c, 64); m *= 2) {
      for (int p = 2; p <= 15; ++p) {
        for (int cores = 1; cores <= limits.most_cores; ++cores) {
          Candidate shape = base;
          shape.hw.m = m;
          shape.hw.c = c;
          shape.hw.p = p;
          shape.cores = cores;
          if (!add_shape(model, part, limits, task, shape, found)) break;
        }
      }
    }
  }
  return found;
}

std::string configuration_name(const isa::Hardware& hw) {
  std::string name = fmt::format("{}x{}x{}{}", hw.m, hw.c, hw.p, format_suffix(hw.weight_format));
  if (hw.post_lanes < hw.m) name += fmt::format("_s{}", hw.post_lanes);
  if (hw.post_lanes > hw.m) name += fmt::format("_q{}", isa::post_pixels(hw));
  return name + fmt::format("_f{}_w{}_b{}", hw.fb_depth, hw.wm_depth, hw.axi_data_w);
}

}  // namespace reshift
