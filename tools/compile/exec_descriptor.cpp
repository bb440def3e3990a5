// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/exec_descriptor.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/integer.hpp"
#include "net/numerics.hpp"

namespace reshift {
namespace {

/// The raster that an EXEC walks: of its source, or of the source's phases as they lie.
Layout walked(const isa::Hardware& hw, const QOp& op, const ExecPlan& exec, const Layout& layout) {
  return walks_flat(op, exec.source) ? layout.flat(hw) : layout;
}

void set_raster(const isa::Hardware& hw, const QOp& op, const ExecPlan& exec, isa::Exec& d) {
  const Layout in = walked(hw, op, exec, exec.source);
  const int c_blocks = isa::c_blocks_per_word(hw);
  d.pitch = in.pitch;
  d.in_height = in.phase_height();
  d.in_width = in.phase_width();
  d.src0_base = (in.base + exec.source_word) * c_blocks;
  d.src0_step = in.words * c_blocks;
  if (op.shortcut < 0) return;
  d.src1_base = exec.shortcut.base * c_blocks;
  d.src1_step = exec.shortcut.words * c_blocks;
}

/// Where a tensor keeps the first pixel that an EXEC writes or adds, and how far the next row is.
struct Place {
  int base, bank, row_pitch;
};

Place place_of(const isa::Hardware& hw, const QOp& op, const ExecPlan& exec, const Layout& tensor) {
  if (op.out_stride == 1) return {tensor.base, 0, tensor.pitch};
  const int row = exec.rows.first * op.out_stride + op.out_row;
  const int pixel = row * tensor.pitch + op.out_column;
  return {tensor.base + pixel / hw.p * tensor.words, pixel % hw.p, op.out_stride * tensor.pitch};
}

void set_destination(const isa::Hardware& hw, const QNet& net, const QOp& op, const ExecPlan& exec,
                     isa::Exec& d) {
  const Layout out = walked(hw, op, exec, exec.destination);
  const Walk walk = walk_of(op);
  const bool flat = walks_flat(op, exec.source);
  d.out_height = flat ? out.height : walk.rows(exec.rows.count);
  d.out_width = flat ? out.width : walk.columns(net.written(op).width);
  d.skip_rows = walk.row - 1;
  d.skip_columns = walk.column - 1;
  d.dst_polyphase = out.polyphase;
  const Place place = place_of(hw, op, exec, out);
  d.dst_base = place.base + op.first_channel / hw.m + exec.first_m_block;
  d.dst_bank = place.bank;
  d.dst_double = op.out_stride == 2;
  d.dst_words = out.words;
  d.dst_phase = out.phase_words(hw);
  d.dst_row_bank = place.row_pitch % hw.p;
  d.dst_row_addr = place.row_pitch / hw.p * out.words;
}

void set_residual(const isa::Hardware& hw, const QNet& net, const QOp& op, const ExecPlan& exec,
                  isa::Exec& d) {
  const Layout& res = exec.residual;
  d.res_broadcast = broadcasts(net, op);
  const Place place = d.res_broadcast ? Place{res.base, 0, 0} : place_of(hw, op, exec, res);
  d.residual = true;
  d.res_polyphase = res.polyphase;
  d.res_base = place.base + exec.first_m_block;
  d.res_bank = place.bank;
  d.res_double = !d.res_broadcast && op.out_stride == 2;
  d.res_words = res.words;
  d.res_phase = res.phase_words(hw);
  d.res_row_bank = place.row_pitch % hw.p;
  d.res_row_addr = place.row_pitch / hw.p * res.words;
  d.res_zero = op.post.res_zero;
  // The core counts in units by its own width of activations, which may be more than the network's.
  d.res_factor = std::int64_t{op.post.res_factor}
                 << (fraction_bits(hw.act_w) - fraction_bits(net.act_w));
  d.product = op.post.product;
}

/// The raster of sums: a row of P pixels for each word of the source's pixels, of which the first
/// one is written.
void set_sums(const isa::Hardware& hw, const ExecPlan& exec, isa::Exec& d) {
  d.sum_group = true;
  d.pitch = d.in_width = hw.p;
  d.in_height = d.out_height = exec.groups;
  d.out_width = 1;
  d.skip_rows = d.skip_columns = 0;
  d.src0_step = isa::c_blocks_per_word(hw);
  d.dst_words = 1;
  d.dst_row_bank = 0;
  d.dst_row_addr = 1;
  d.in_zero = 0;
}

}  // namespace

isa::Exec exec_descriptor(const isa::Hardware& hw, const QNet& net, const ExecPlan& exec,
                          bool keep_list, int table) {
  const QOp& op = net.ops[exec.op];
  const bool maximum = op.kind == QKind::kMaxPool;
  isa::Exec d;
  d.max_mode = maximum;
  d.wait_previous = exec.wait_previous;
  d.keep_list = keep_list;
  d.uops = std::ssize(exec.list->headers);
  d.groups = exec.groups;
  d.m_blocks = exec.m_blocks;
  set_raster(hw, op, exec, d);
  set_destination(hw, net, op, exec, d);
  if (op.residual >= 0) set_residual(hw, net, op, exec, d);
  d.lo = op.post.lo;
  d.hi = op.post.hi;
  // With its bound: what a row takes of columns to its left before the first ones is not bounded.
  d.in_zero = std::min(maximum ? code_min(net.act_w) : net.tensors[index(op.input)].zero,
                       code_max(net.act_w) - op.in_cut);
  d.out_zero = op.post.out_zero;
  d.table_index = table;
  d.early = op.post.early;
  // The core counts from its own highest code.
  if (op.in_cut > 0) d.in_cut = op.in_cut + code_max(hw.act_w) - code_max(net.act_w);
  d.round_mode = static_cast<std::int64_t>(op.post.round);
  d.need_first = exec.need.first;
  d.need_step = exec.need.step;
  if (exec.neighbours) {
    d.neighbours = true;
    d.lead = exec.neighbours->lead;
    d.out_width += d.lead;
  }
  if (exec.sums_groups) set_sums(hw, exec, d);
  return d;
}

Access exec_access(const isa::Hardware& hw, const QNet& net, const ExecPlan& exec) {
  const QOp& op = net.ops[exec.op];
  // The words from the first to the last one of a tensor's rows in its first phases.
  const auto span = [&](const Layout& l, int phases) {
    return Span{l.base, l.base + l.extent(hw, phases)};
  };
  const Layout in = walked(hw, op, exec, exec.source);
  const Layout out = walked(hw, op, exec, exec.destination);
  Access access;
  access.buffer_reads = {span(in, phases_read(op, in))};
  access.buffer_writes = {span(out, out.phases())};
  if (op.shortcut >= 0) {
    access.buffer_reads.push_back(span(exec.shortcut, exec.shortcut.phases()));
  }
  if (op.residual >= 0) {
    access.buffer_reads.push_back(span(exec.residual, exec.residual.phases()));
  }
  return access;
}

}  // namespace reshift
