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
                  int lead, Layout source, Layout destination) {
  if (walks_flat(op, source)) {
    source = source.flat(hw);
    destination = destination.flat(hw);
  } else if (!destination.polyphase) {
    const Walk walk = walk_of(op);
    destination.height = walk.rows(rows.count);
    destination.width = walk.columns(net.written(op).width) + lead;
  }
  const int scale = destination.polyphase ? 2 : 1;
  const int height = destination.polyphase && reads_extension_row(net, op.output)
                         ? scale * destination.phase_height()
                         : destination.height;
  const int width = scale * destination.phase_width();
  return ((height - 1) * source.pitch + width - 1) / hw.p + 1;
}

int lead_of(const ExecPlan& exec) { return exec.neighbours ? exec.neighbours->lead : 0; }

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

/// Where rows of a tensor lie for an EXEC: in the tensor itself, or in the strip's buffer.
Layout layout_of(const isa::Hardware& hw, const Allocation& allocation, const ExecPlan& exec,
                 int tensor, const Rows& rows) {
  const Layout whole = allocation.layout(tensor, exec.image);
  const StripTensor* strip = allocation.steps[exec.step].of(tensor);
  if (strip == nullptr) return whole.rows(hw, rows.first, rows.count);
  const Rows& there = strip->rows[exec.strip];
  const Layout part = strip_layout(hw, allocation, exec, *strip);
  const bool all = rows.first == there.first && rows.count == there.count;
  return all ? part : part.rows(hw, rows.first - there.first, rows.count);
}

/// Gives an EXEC the tensors of an image.
void locate_exec(const isa::Hardware& hw, const QNet& net, const Allocation& allocation, int image,
                 ExecPlan& exec) {
  const QOp& op = net.ops[exec.op];
  const Strip& strip = allocation.strip(exec.step, exec.op, exec.strip);
  exec.image = image;
  const int before = image - allocation.schedule.steps[exec.step].first_image;
  exec.turn = index(before) * allocation.steps[exec.step].turns() + exec.strip;
  const auto put = [&](int tensor, const Rows& rows) {
    return layout_of(hw, allocation, exec, tensor, rows);
  };
  exec.source = put(op.input, strip.in);
  if (op.shortcut >= 0) exec.shortcut = put(op.shortcut, strip.shortcut);
  exec.rows = strip.out;
  const bool apart = op.out_stride > 1;
  exec.destination = apart ? allocation.layout(op.output, image) : put(op.output, strip.out);
  if (op.residual < 0) return;
  exec.residual = apart || broadcasts(net, op) ? allocation.layout(op.residual, image)
                                               : put(op.residual, strip.out);
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
  // Pixels beside the map count 0.
  const bool zero_stays = op.in_cut <= code_max(net.act_w);
  const bool in_order = !source.polyphase && !destination.polyphase && source.shift == 0 &&
                        destination.shift == 0 &&
                        (source.pitch == source.width || source.pitch % hw.p == 0);
  const bool alike = std::adjacent_find(op.params.begin(), op.params.end(),
                                        std::not_equal_to<>()) == op.params.end();
  const std::int64_t most_rows = isa::field_mask(isa::exec::kPitch);
  return hw.post_lanes >= hw.m && whole_map && zero_stays && in_order && alike &&
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

/// The EXECs of a strip of an operation on a step's first image. `fresh` says which.
std::vector<ExecPlan> split_strip(const isa::Hardware& hw, const QNet& net,
                                  const Allocation& allocation, NetTiles& tiles, ExecPlan fresh) {
  const Step& step = allocation.schedule.steps[fresh.step];
  const QOp& op = net.ops[fresh.op];
  const StepAllocation& area = allocation.steps[fresh.step];
  const Strip& strip = allocation.strip(fresh.step, fresh.op, fresh.strip);
  locate_exec(hw, net, allocation, step.first_image, fresh);
  const int words = words_of(hw, net.written_channels(op));
  fresh.sums_groups = sums_groups(hw, net, op, fresh);
  if (fresh.sums_groups) {
    fresh.groups = words;
    OpenExec exec{fresh, {}};
    append(exec, map_sum_list(hw, fresh.source));
    return closed({std::move(exec)});
  }
  fresh.neighbours = neighbours_of(hw, net, op);
  fresh.groups =
      raster_groups(hw, net, op, fresh.rows, lead_of(fresh), fresh.source, fresh.destination);
  // With several pixel groups, or images, the list stays for all of them.
  const ListSize size = (*allocation.lists)[fresh.op];
  const bool stays = fresh.groups > 1 || (step.images > 1 && images_share(hw, size, area));
  std::int64_t part = cost::most_exec_uops(hw, size.uops);
  if (fresh.neighbours) part = std::min<std::int64_t>(part, isa::kNeighbourUops);
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
    const MBlockTiles& made = tiles.of(fresh.op, m_block - execs.back().exec.source_word);
    const ReductionList list =
        reduction_list(hw, net, op, made, strip, fresh.source, fresh.shortcut);
    if (stays && list.uops() > index(hw.wm_depth)) {
      throw Error(
          "operation {}: {} weight tiles for {} output channels, the weight memory of {} holds {}",
          op.name, list.uops(), hw.m, hw.name, hw.wm_depth);
    }
    const OpenExec& open = execs.back();
    if (open.exec.m_blocks > 0 &&
        (open.exec.m_blocks >= most_m_blocks ||
         ((stays || fresh.neighbours) && open.list.uops() + list.uops() > index(part)))) {
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
  for (std::size_t strip = 0; strip < area.turns(); ++strip) {
    for (std::size_t op = step.op; step.has(op); ++op) {
      if (allocation.strip(number, op, strip).out.count == 0) continue;
      ExecPlan fresh;
      fresh.step = number;
      fresh.op = op;
      fresh.strip = strip;
      std::vector<ExecPlan> parts = split_strip(hw, net, allocation, tiles, fresh);
      std::move(parts.begin(), parts.end(), std::back_inserter(of_image));
    }
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

/// What an EXEC waits for of the one before it, of which it reads what that makes.
void order_after(const isa::Hardware& hw, const QNet& net, const Allocation& allocation,
                 const ExecPlan& before, ExecPlan& exec) {
  const QOp& op = net.ops[exec.op];
  const QOp& previous = net.ops[before.op];
  // What comes from memory, LOAD waited for.
  const auto reads = [&](int tensor) {
    const StripTensor* strip = allocation.steps[exec.step].of(tensor);
    return tensor == previous.output && (strip == nullptr || strip->made);
  };
  // Pixels that lie in another order than rows are not counted, nor those of which another
  // operation writes the neighbours.
  const bool counted = previous.out_stride == 1 && !walks_flat(op, exec.source) &&
                       !walks_flat(previous, before.source) && !exec.sums_groups &&
                       !before.sums_groups;
  exec.wait_previous = (op.residual >= 0 && reads(op.residual)) ||
                       (op.shortcut >= 0 && reads(op.shortcut)) || (reads(op.input) && !counted);
  if (!reads(op.input) || !counted) return;
  const Layout& raster = allocation.layouts[index(previous.input)];
  exec.need =
      pixels_needed(hw, net, op, allocation.strip(exec.step, exec.op, exec.strip), exec.source,
                    {walk_of(previous), raster.pitch, before.rows.first, lead_of(before)},
                    exec.groups, lead_of(exec));
}

}  // namespace

isa::Hardware with_weight_memory(const isa::Hardware& hw, int wm_depth) {
  isa::Hardware part = hw;
  part.wm_depth = wm_depth;
  return part;
}

Layout strip_layout(const isa::Hardware& hw, const Allocation& allocation, const ExecPlan& exec,
                    const StripTensor& strip) {
  Layout part = strip.layout(hw, allocation.layouts[index(strip.tensor)], exec.strip);
  part.base = strip.buffers[exec.turn % strip.buffers.size()];
  return part;
}

bool images_share(const isa::Hardware& hw, const ListSize& list, const StepAllocation& area) {
  return cost::list_stays(hw, list.uops) || (area.resident() && list.longest <= hw.wm_depth);
}

std::vector<ExecPlan> plan_execs(const isa::Hardware& hw, const QNet& net,
                                 const Allocation& allocation, NetTiles& tiles) {
  std::vector<ExecPlan> execs;
  for (std::size_t i = 0; i < allocation.schedule.steps.size(); ++i) {
    std::vector<ExecPlan> planned = plan_step(hw, net, allocation, tiles, i);
    std::move(planned.begin(), planned.end(), std::back_inserter(execs));
  }
  // Only the first EXEC of a strip may have the producer right before it, and that only when both
  // are of the same image; for the others it is complete, and so are the operations that wrote
  // other slices of its input.
  for (std::size_t e = 1; e < execs.size(); ++e) {
    if (execs[e].image != execs[e - 1].image || execs[e].op == execs[e - 1].op) continue;
    order_after(hw, net, allocation, execs[e - 1], execs[e]);
  }
  return execs;
}

}  // namespace reshift
