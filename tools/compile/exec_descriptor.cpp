// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/exec_descriptor.hpp"

#include "base/error.hpp"
#include "base/integer.hpp"
#include "net/numerics.hpp"

namespace reshift {
namespace {

namespace x = spec::exec;
using spec::Descriptor;

/// The raster that an EXEC walks: of its source, or of the source's phases as they lie.
Layout walked(const spec::Hardware& hw, const QOp& op, const ExecPlan& exec, const Layout& layout) {
  return walks_flat(op, exec.source) ? layout.flat(hw) : layout;
}

void set_raster(const spec::Hardware& hw, const QOp& op, const ExecPlan& exec, Descriptor& d) {
  const Layout in = walked(hw, op, exec, exec.source);
  const int c_blocks = hw.m / hw.c;
  spec::set(d, x::kPitch, in.pitch);
  spec::set(d, x::kInHeight, in.phase_height());
  spec::set(d, x::kInWidth, in.phase_width());
  spec::set(d, x::kSrc0Base, (in.base + exec.source_word) * c_blocks);
  spec::set(d, x::kSrc0Step, in.words * c_blocks);
  if (op.shortcut < 0) return;
  spec::set(d, x::kSrc1Base, exec.shortcut.base * c_blocks);
  spec::set(d, x::kSrc1Step, exec.shortcut.words * c_blocks);
}

void set_destination(const spec::Hardware& hw, const QOp& op, const ExecPlan& exec, Descriptor& d) {
  const Layout out = walked(hw, op, exec, exec.destination);
  spec::set(d, x::kOutHeight, out.height);
  spec::set(d, x::kOutWidth, out.width);
  spec::set(d, x::kDstPolyphase, out.polyphase);
  spec::set(d, x::kDstBase, out.base + op.first_channel / hw.m + exec.first_m_block);
  spec::set(d, x::kDstWords, out.words);
  spec::set(d, x::kDstPhase, out.phase_words(hw));
  spec::set(d, x::kDstRowBank, out.pitch % hw.p);
  spec::set(d, x::kDstRowAddr, out.pitch / hw.p * out.words);
}

void set_residual(const spec::Hardware& hw, const QOp& op, const ExecPlan& exec, Descriptor& d) {
  const Layout& res = exec.residual;
  if (!residual_factor_ok(op.post)) {
    throw Error("the scale of its residual is more than 8 times that of its output");
  }
  spec::set(d, x::kResidual, 1);
  spec::set(d, x::kResPolyphase, res.polyphase);
  spec::set(d, x::kResBase, res.base + exec.first_m_block);
  spec::set(d, x::kResWords, res.words);
  spec::set(d, x::kResPhase, res.phase_words(hw));
  spec::set(d, x::kResRowBank, res.pitch % hw.p);
  spec::set(d, x::kResRowAddr, res.pitch / hw.p * res.words);
  spec::set_signed(d, x::kResZero, op.post.res_zero);
  spec::set(d, x::kResShift, op.post.res_shift);
  spec::set(d, x::kResMult, op.post.res_mult);
}

}  // namespace

Descriptor exec_descriptor(const spec::Hardware& hw, const QNet& net, const ExecPlan& exec,
                           bool keep_list) {
  const QOp& op = net.ops[exec.op];
  const bool maximum = op.kind == QKind::kMaxPool;
  Descriptor d{};
  try {
    spec::set(d, spec::common::kOpcode, static_cast<std::int64_t>(spec::Opcode::kExec));
    spec::set(d, x::kMaxMode, maximum);
    spec::set(d, x::kWaitPrevious, exec.wait_previous);
    spec::set(d, x::kKeepList, keep_list);
    spec::set(d, x::kUops, std::ssize(exec.list->headers));
    spec::set(d, x::kGroups, exec.groups);
    spec::set(d, x::kMBlocks, exec.m_blocks);
    set_raster(hw, op, exec, d);
    set_destination(hw, op, exec, d);
    if (op.residual >= 0) set_residual(hw, op, exec, d);
    spec::set_signed(d, x::kLo, op.post.lo);
    spec::set_signed(d, x::kHi, op.post.hi);
    spec::set_signed(d, x::kInZero,
                     maximum ? code_min(net.act_w) : net.tensors[index(op.input)].zero);
    spec::set_signed(d, x::kOutZero, op.post.out_zero);
    spec::set(d, x::kNeedFirst, exec.need.first);
    spec::set(d, x::kNeedStep, exec.need.step);
  } catch (const Error& error) {
    throw Error("operation {}: {}", op.name, error.what());
  }
  return d;
}

Access exec_access(const spec::Hardware& hw, const QNet& net, const ExecPlan& exec) {
  const QOp& op = net.ops[exec.op];
  // The words from the first to the last one of a tensor's rows in its first phases.
  const auto span = [&](const Layout& l, int phases) {
    return Span{l.base, l.base + l.extent(hw, phases)};
  };
  const Layout in = walked(hw, op, exec, exec.source);
  const Layout out = walked(hw, op, exec, exec.destination);
  Access access;
  access.engine = Engine::kExec;
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
