// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/plan.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "net/numerics.hpp"
#include "spec/fields.hpp"

namespace reshift {
namespace {

/// Pixel groups of the raster that an operation walks: all pixels of its destination, the extension
/// of a phased one included.
int raster_groups(const spec::Hardware& hw, const QOp& op, Layout source, Layout destination) {
  if (walks_flat(op, source)) {
    source = source.flat(hw);
    destination = destination.flat(hw);
  }
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

/// Where rows of a tensor lie: in the tensor itself, or in the strip's slot.
Layout place_of(const spec::Hardware& hw, const Layout& tensor, const std::vector<int>& slots,
                std::size_t strip, Rows rows) {
  Layout part = tensor.rows(hw, rows.first, rows.count);
  if (slots.empty()) return part;
  part.base = slots[strip % slots.size()];
  part.phase_step = 0;
  return part;
}

/// M-groups of a pooling operation that an EXEC has; 0: any number. Counted from its own first
/// word, the list of one is that of the next, which can keep it: worth while when it takes longer
/// to load than to walk.
int pooled_m_groups(const spec::Hardware& hw, const QOp& op, int groups) {
  constexpr int kWorthADescriptor = 256;  // cycles
  const int load_cycles = spec::tile_bytes(hw, weight_bits(hw.exponents)) * 8 / hw.axi_data_w;
  if (op.kind == QKind::kConv || groups >= load_cycles) return 0;
  const int cycles = op.kernel_h * op.kernel_w * groups * hw.m / hw.c;
  return (kWorthADescriptor + cycles - 1) / cycles;
}

std::vector<ExecPlan> split_strip(const spec::Hardware& hw, const QNet& net,
                                  const Placement& placement, std::size_t index,
                                  std::size_t number) {
  const QOp& op = net.ops[index];
  const OpPlacement& place = placement.ops[index];
  const Strip& strip = place.strips[number];
  const auto layout = [&](int tensor) -> const Layout& {
    return placement.layouts[static_cast<std::size_t>(tensor)];
  };
  ExecPlan fresh;
  fresh.op = index;
  fresh.strip = number;
  fresh.source = place_of(hw, layout(op.input), place.input_slots, number, strip.in);
  fresh.destination = place_of(hw, layout(op.output), place.output_slots, number, strip.out);
  if (op.residual >= 0) {
    fresh.residual = place_of(hw, layout(op.residual), place.residual_slots, number, strip.out);
  }
  fresh.groups = raster_groups(hw, op, fresh.source, fresh.destination);
  // With several pixel groups the list stays for all of them, and half of the memory is for the
  // next one; of a longer list, three parts of four.
  const bool resident = fresh.groups > 1;
  const auto half = static_cast<std::size_t>(hw.wm_depth / 2);
  const std::size_t part = list_size(hw, net, op).entries <= hw.wm_depth / 2 ? half : half / 2;
  std::vector<ExecPlan> execs{fresh};
  const int pooled = pooled_m_groups(hw, op, fresh.groups);
  const int words = words_of(hw, net.written_channels(op));
  for (int m_group = 0; m_group < words; ++m_group) {
    if (pooled > 0 && m_group % pooled == 0 && m_group > 0) {
      execs.push_back(fresh);
      execs.back().first_m_group = execs.back().source_word = m_group;
    }
    const ReductionList list =
        reduction_list(hw, net, op, strip, fresh.source, m_group - execs.back().source_word);
    if (resident && list.entries() > 2 * half) {
      throw Error(
          "operation {}: {} weight tiles for {} output channels, the weight memory of {} holds {}",
          op.name, list.entries(), hw.m, hw.name, hw.wm_depth);
    }
    const ExecPlan& open = execs.back();
    if (open.m_groups > 0 && (open.m_groups >= hw.pm_depth / 2 ||
                              (resident && open.list.entries() + list.entries() > part))) {
      execs.push_back(fresh);
      execs.back().first_m_group = m_group;
    }
    append(execs.back(), list);
  }
  execs.back().last_of_strip = true;
  return execs;
}

}  // namespace

std::vector<ExecPlan> plan_execs(const spec::Hardware& hw, const QNet& net,
                                 const Placement& placement) {
  std::vector<ExecPlan> execs;
  const auto layout = [&](int tensor) -> const Layout& {
    return placement.layouts[static_cast<std::size_t>(tensor)];
  };
  for (std::size_t i = 0; i < net.ops.size(); ++i) {
    const QOp& op = net.ops[i];
    const OpPlacement& place = placement.ops[i];
    const std::size_t first = execs.size();
    for (std::size_t strip = 0; strip < place.strips.size(); ++strip) {
      std::vector<ExecPlan> parts = split_strip(hw, net, placement, i, strip);
      std::move(parts.begin(), parts.end(), std::back_inserter(execs));
    }
    if (i == 0) continue;
    // Only the first part has the producer right before it; for the others it is complete, and
    // so are the operations that wrote other slices of its input. What was in memory, LOAD waited
    // for.
    const QOp& previous = net.ops[i - 1];
    const bool whole = place.strips.size() == 1 && placement.ops[i - 1].strips.size() == 1;
    const bool reads = op.input == previous.output && place.input_slots.empty();
    // Pixels that lie in another order than rows are not counted.
    const bool counted =
        whole && !walks_flat(op, layout(op.input)) && !walks_flat(previous, layout(previous.input));
    ExecPlan& part = execs[first];
    part.wait_previous =
        (op.residual == previous.output && place.residual_slots.empty()) || (reads && !counted);
    if (reads && counted) {
      part.need = pixels_needed(hw, net, op, part.source,
                                placement.layouts[static_cast<std::size_t>(previous.input)].pitch,
                                part.groups);
    }
  }
  return execs;
}

}  // namespace reshift
