// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/plan.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace reshift {
namespace {

/// Pixel groups of the raster that an operation walks: all pixels of its destination, the extension
/// of a phased one included.
int raster_groups(const spec::Hardware& hw, const Layout& source, const Layout& destination) {
  const int scale = destination.phased ? 2 : 1;
  const int height = scale * destination.phase_height(), width = scale * destination.phase_width();
  return ((height - 1) * source.pitch + width - 1) / hw.p + 1;
}

void append(ExecPlan& exec, const ReductionList& list) {
  exec.list.headers.insert(exec.list.headers.end(), list.headers.begin(), list.headers.end());
  exec.list.tiles.insert(exec.list.tiles.end(), list.tiles.begin(), list.tiles.end());
  exec.m_group_entries.push_back(list.entries());
  ++exec.m_groups;
}

std::vector<ExecPlan> split_op(const spec::Hardware& hw, const QNet& net,
                               const Placement& placement, std::size_t index) {
  const QOp& op = net.ops[index];
  const Layout& source = placement.layouts[static_cast<std::size_t>(op.input)];
  const Layout& destination = placement.layouts[static_cast<std::size_t>(op.output)];
  ExecPlan fresh;
  fresh.op = index;
  fresh.groups = raster_groups(hw, source, destination);
  // With several pixel groups the list stays for all of them, and half of the memory is for the
  // next one.
  const bool resident = fresh.groups > 1;
  const auto half = static_cast<std::size_t>(hw.wm_depth / 2);
  std::vector<ExecPlan> execs{fresh};
  const int words = words_of(hw, net.written_channels(op));
  for (int m_group = 0; m_group < words; ++m_group) {
    const ReductionList list = reduction_list(hw, net, op, source, m_group);
    if (resident && list.entries() > 2 * half) {
      throw Error(
          "operation {}: {} weight tiles for {} output channels, the weight memory of {} holds {}",
          op.name, list.entries(), hw.m, hw.name, hw.wm_depth);
    }
    const ExecPlan& open = execs.back();
    if (open.m_groups > 0 && (open.m_groups >= hw.pm_depth / 2 ||
                              (resident && open.list.entries() + list.entries() > half))) {
      execs.push_back(fresh);
      execs.back().first_m_group = m_group;
    }
    append(execs.back(), list);
  }
  execs.front().first_of_op = execs.back().last_of_op = true;
  return execs;
}

}  // namespace

std::vector<ExecPlan> plan_execs(const spec::Hardware& hw, const QNet& net,
                                 const Placement& placement) {
  std::vector<ExecPlan> execs;
  for (std::size_t i = 0; i < net.ops.size(); ++i) {
    std::vector<ExecPlan> parts = split_op(hw, net, placement, i);
    if (i > 0) {
      // Only the first part has the producer right before it; for the others it is complete, and
      // so are the operations that wrote other slices of its input.
      const QOp& op = net.ops[i];
      const QOp& previous = net.ops[i - 1];
      parts.front().wait_previous = op.residual == previous.output;
      if (op.input == previous.output) {
        parts.front().need =
            pixels_needed(hw, net, op, placement.layouts[static_cast<std::size_t>(op.input)],
                          placement.layouts[static_cast<std::size_t>(previous.input)].pitch,
                          parts.front().groups);
      }
    }
    std::move(parts.begin(), parts.end(), std::back_inserter(execs));
  }
  return execs;
}

}  // namespace reshift
