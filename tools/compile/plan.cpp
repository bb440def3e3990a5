// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/plan.hpp"

#include <algorithm>
#include <functional>

#include "base/error.hpp"
#include "base/integer.hpp"
#include "cost/constants.hpp"
#include "cost/memory_policy.hpp"
#include "cost/transfers.hpp"
#include "isa/fields.hpp"
#include "net/numerics.hpp"

namespace reshift {
namespace {

/// Whether an operation of stride 2 reads the row that a polyphase tensor of odd height is extended
/// with. A 1x1 shortcut never does.
bool reads_extension_row(const QNet& net, int tensor) {
  return std::any_of(net.ops.begin(), net.ops.end(), [&](const QOp& op) {
    const int rows = net.written(op).height;
    const int last = (rows - 1) * op.stride_h + (op.kernel_h - 1) * op.dilation_h - op.pad_top;
    return op.input == tensor && last >= net.tensors[index(tensor)].height;
  });
}

/// Pixel groups of the raster that an operation walks: all pixels of its destination, with the
/// extension of a polyphase one as far as it is read.
int raster_groups(const isa::Hardware& hw, const QNet& net, const QOp& op, const Rows& rows,
                  Layout source, Layout destination) {
  if (walks_flat(op, source)) {
    source = source.flat(hw);
    destination = destination.flat(hw);
  } else if (!destination.polyphase) {
    const Walk walk = walk_of(op);
    destination.height = walk.rows(rows.count);
    destination.width = walk.columns(net.written(op).width);
  }
  const int scale = destination.polyphase ? 2 : 1;
  const int height = destination.polyphase && reads_extension_row(net, op.output)
                         ? scale * destination.phase_height()
                         : destination.height;
  const int width = scale * destination.phase_width();
  return ((height - 1) * source.pitch + width - 1) / hw.p + 1;
}

/// An EXEC and its list, to which M-blocks are added.
struct OpenExec {
  ExecPlan exec;
  ReductionList list;
};

void append(OpenExec& open, const ReductionList& list) {
  open.list.headers.insert(open.list.headers.end(), list.headers.begin(), list.headers.end());
  open.list.tiles.insert(open.list.tiles.end(), list.tiles.begin(), list.tiles.end());
  open.exec.m_block_uops.push_back(list.uops());
  ++open.exec.m_blocks;
}

/// Where rows of a tensor lie: in the tensor itself, or in the strip's buffer.
Layout layout_of(const isa::Hardware& hw, const Layout& tensor, const std::vector<int>& buffers,
                 std::size_t turn, Rows rows) {
  Layout part = tensor.rows(hw, rows.first, rows.count);
  if (buffers.empty()) return part;
  part.base = buffers[turn % buffers.size()];
  part.phase_step = 0;
  return part;
}

/// Gives an EXEC the tensors of an image.
void locate_exec(const isa::Hardware& hw, const QNet& net, const Allocation& allocation, int image,
                 ExecPlan& exec) {
  const QOp& op = net.ops[exec.op];
  const StepAllocation& area = allocation.steps[exec.step];
  const Strip& strip = area.strips[exec.strip];
  exec.image = image;
  const int before = image - allocation.schedule.steps[exec.step].first_image;
  exec.turn = index(before) * area.strips.size() + exec.strip;
  const auto put = [&](int tensor, const std::vector<int>& buffers, Rows rows) {
    return layout_of(hw, allocation.layout(tensor, image), buffers, exec.turn, rows);
  };
  exec.source = put(op.input, area.input_buffers, strip.in);
  if (op.shortcut >= 0) exec.shortcut = put(op.shortcut, area.shortcut_buffers, strip.shortcut);
  exec.rows = strip.out;
  const bool apart = op.out_stride > 1;
  exec.destination =
      apart ? allocation.layout(op.output, image) : put(op.output, area.output_buffers, strip.out);
  if (op.residual < 0) return;
  exec.residual = apart || broadcasts(net, op) ? allocation.layout(op.residual, image)
                                               : put(op.residual, area.residual_buffers, strip.out);
}

/// M-blocks of a pooling operation that an EXEC has; 0: any number. Counted from its own first
/// word, the list of one is that of the next, which can keep it: worth while when it takes longer
/// to load than to walk.
int pooled_m_blocks(const isa::Hardware& hw, const QOp& op, int groups) {
  const std::int64_t load_cycles = cost::bus_cycles(hw, isa::tile_bytes(hw));
  if (op.kind == QKind::kConv || groups >= load_cycles) return 0;
  const int cycles = op.kernel_h * op.kernel_w * groups * hw.m / hw.c;
  return ceil_div(static_cast<int>(cost::kWorthADescriptor), cycles);
}

/// Whether an operation is the mean of a whole map that lies in the buffer so that its pixels can
/// be added P at a time.
bool sums_groups(const isa::Hardware& hw, const QNet& net, const QOp& op, const ExecPlan& exec) {
  const QTensor& in = net.tensors[index(op.input)];
  const QTensor& out = net.tensors[index(op.output)];
  const Layout &source = exec.source, &destination = exec.destination;
  const bool whole_map = op.kind == QKind::kAvgPool && out.height == 1 && out.width == 1 &&
                         op.kernel_h == in.height && op.kernel_w == in.width && op.pad_top == 0 &&
                         op.pad_left == 0 && source.height == in.height && op.residual < 0;
  const bool in_order = !source.polyphase && !destination.polyphase && source.shift == 0 &&
                        destination.shift == 0 &&
                        (source.pitch == source.width || source.pitch % hw.p == 0);
  const bool alike = std::adjacent_find(op.params.begin(), op.params.end(),
                                        std::not_equal_to<>()) == op.params.end();
  const std::int64_t most_rows = isa::field_mask(isa::exec::kPitch);
  return hw.post_lanes >= hw.m && whole_map && in_order && alike &&
         words_of(hw, in.channels) <= most_rows &&
         map_sum_list(hw, source).uops() <= index(hw.wm_depth);
}

std::vector<ExecPlan> closed(std::vector<OpenExec> execs) {
  execs.back().exec.last_of_strip = true;
  std::vector<ExecPlan> plans;
  for (OpenExec& e : execs) {
    e.exec.list = std::make_shared<const ReductionList>(std::move(e.list));
    plans.push_back(std::move(e.exec));
  }
  return plans;
}

/// The EXECs of a strip of a step's first image.
std::vector<ExecPlan> split_strip(const isa::Hardware& hw, const QNet& net,
                                  const Allocation& allocation, NetTiles& tiles,
                                  std::size_t step_number, std::size_t strip_number) {
  const Step& step = allocation.schedule.steps[step_number];
  const QOp& op = net.ops[step.op];
  const StepAllocation& area = allocation.steps[step_number];
  const Strip& strip = area.strips[strip_number];
  ExecPlan fresh;
  fresh.step = step_number;
  fresh.op = step.op;
  fresh.strip = strip_number;
  locate_exec(hw, net, allocation, step.first_image, fresh);
  const int words = words_of(hw, net.written_channels(op));
  fresh.sums_groups = sums_groups(hw, net, op, fresh);
  if (fresh.sums_groups) {
    fresh.groups = words;
    OpenExec exec{fresh, {}};
    append(exec, map_sum_list(hw, fresh.source));
    return closed({std::move(exec)});
  }
  fresh.groups = raster_groups(hw, net, op, fresh.rows, fresh.source, fresh.destination);
  // With several pixel groups, or images, the list stays for all of them.
  const ListSize size = (*allocation.lists)[step.op];
  const bool stays = fresh.groups > 1 || (step.images > 1 && images_share(hw, size, area));
  const std::int64_t part = cost::most_exec_uops(hw, size.uops);
  const int most_m_blocks = cost::most_exec_m_blocks(hw);
  std::vector<OpenExec> execs{{fresh, {}}};
  // No more than one EXEC may have anyway: each counts from its own first word.
  int pooled = std::min(pooled_m_blocks(hw, op, fresh.groups), most_m_blocks);
  if (stays) pooled = std::min(pooled, std::max(1, static_cast<int>(part / size.longest)));
  for (int m_block = 0; m_block < words; ++m_block) {
    if (pooled > 0 && m_block % pooled == 0 && m_block > 0) {
      execs.push_back({fresh, {}});
      execs.back().exec.first_m_block = execs.back().exec.source_word = m_block;
    }
    const MBlockTiles& made = tiles.of(step.op, m_block - execs.back().exec.source_word);
    const ReductionList list =
        reduction_list(hw, net, op, made, strip, fresh.source, fresh.shortcut);
    if (stays && list.uops() > index(hw.wm_depth)) {
      throw Error(
          "operation {}: {} weight tiles for {} output channels, the weight memory of {} holds {}",
          op.name, list.uops(), hw.m, hw.name, hw.wm_depth);
    }
    const OpenExec& open = execs.back();
    if (open.exec.m_blocks > 0 && (open.exec.m_blocks >= most_m_blocks ||
                                   (stays && open.list.uops() + list.uops() > index(part)))) {
      execs.push_back({fresh, {}});
      execs.back().exec.first_m_block = m_block;
    }
    append(execs.back(), list);
  }
  return closed(std::move(execs));
}

/// The EXECs of a step: all images for a part of the list where no image waits for a buffer, else
/// image by image, strip by strip.
std::vector<ExecPlan> plan_step(const isa::Hardware& hw, const QNet& net,
                                const Allocation& allocation, NetTiles& tiles, std::size_t number) {
  const Step& step = allocation.schedule.steps[number];
  const StepAllocation& area = allocation.steps[number];
  std::vector<ExecPlan> execs, of_image;
  for (std::size_t strip = 0; strip < area.strips.size(); ++strip) {
    std::vector<ExecPlan> parts = split_strip(hw, net, allocation, tiles, number, strip);
    std::move(parts.begin(), parts.end(), std::back_inserter(of_image));
  }
  const std::size_t together = area.resident() ? 1 : of_image.size();
  for (std::size_t first = 0; first < of_image.size(); first += together) {
    for (int n = 0; n < step.images; ++n) {
      for (std::size_t i = first; i < first + together; ++i) {
        execs.push_back(of_image[i]);
        locate_exec(hw, net, allocation, step.first_image + n, execs.back());
      }
    }
  }
  return execs;
}

}  // namespace

isa::Hardware with_weight_memory(const isa::Hardware& hw, int wm_depth) {
  isa::Hardware part = hw;
  part.wm_depth = wm_depth;
  return part;
}

bool images_share(const isa::Hardware& hw, const ListSize& list, const StepAllocation& area) {
  return cost::list_stays(hw, list.uops) || (area.resident() && list.longest <= hw.wm_depth);
}

std::vector<ExecPlan> plan_execs(const isa::Hardware& hw, const QNet& net,
                                 const Allocation& allocation, NetTiles& tiles) {
  std::vector<ExecPlan> execs;
  const auto layout = [&](int tensor) -> const Layout& {
    return allocation.layouts[index(tensor)];
  };
  for (std::size_t i = 0; i < allocation.schedule.steps.size(); ++i) {
    const StepAllocation& area = allocation.steps[i];
    const std::size_t first = execs.size();
    std::vector<ExecPlan> planned = plan_step(hw, net, allocation, tiles, i);
    std::move(planned.begin(), planned.end(), std::back_inserter(execs));
    // Only the first EXEC has the producer right before it, and that only when both are of the same
    // image; for the others it is complete, and so are the operations that wrote other slices of
    // its input. What was in memory, LOAD waited for.
    if (i == 0 || execs[first].image != execs[first - 1].image) continue;
    const QOp& op = net.ops[execs[first].op];
    const QOp& previous = net.ops[execs[first - 1].op];
    const bool whole = area.strips.size() == 1 && allocation.steps[i - 1].strips.size() == 1;
    const bool reads = op.input == previous.output && area.input_buffers.empty();
    // Pixels that lie in another order than rows are not counted, nor those of which another
    // operation writes the neighbours.
    const bool counted = whole && previous.out_stride == 1 && !walks_flat(op, layout(op.input)) &&
                         !walks_flat(previous, layout(previous.input)) &&
                         !execs[first].sums_groups && !execs[first - 1].sums_groups;
    ExecPlan& part = execs[first];
    part.wait_previous = (op.residual == previous.output && area.residual_buffers.empty()) ||
                         (op.shortcut == previous.output && area.shortcut_buffers.empty()) ||
                         (reads && !counted);
    if (reads && counted) {
      part.need = pixels_needed(hw, net, op, part.source, walk_of(previous),
                                allocation.layouts[index(previous.input)].pitch, part.groups);
    }
  }
  return execs;
}

}  // namespace reshift
