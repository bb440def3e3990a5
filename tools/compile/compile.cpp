// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/compile.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/integer.hpp"
#include "compile/emit.hpp"
#include "compile/spill.hpp"
#include "cost/exec_cycles.hpp"
#include "cost/program_time.hpp"
#include "cost/transfers.hpp"
#include "isa/fields.hpp"

namespace reshift {
namespace {

void check_fits(const isa::Hardware& hw, const QNet& net) {
  net.validate();
  if (net.act_w > hw.act_w) {
    throw Error("network {} has activations of {} bits, {} has {}", net.name, net.act_w, hw.name,
                hw.act_w);
  }
  if (net.mult_w > hw.mult_w) {
    throw Error(
        "network {} has multipliers of {} bits, {} has {}; take hardware with MultW {} (--hw {}){}",
        net.name, net.mult_w, hw.name, hw.mult_w, net.mult_w,
        net.mult_w == 16 ? "16x16x8" : "16x16x8_mult32",
        hw.mult_w == 1 ? ", or scales that are powers of two (quantize --factor-bits 1; "
                         "train with scale_bits 1)"
                       : "");
  }
}

void check_supported(const std::vector<Support>& report, const isa::Hardware& hw) {
  std::string message;
  for (const Support& line : report) {
    if (line.verdict == Support::Verdict::kUnsupported) {
      message += fmt::format("\n  operation {}: {}", line.op, line.reason);
    }
  }
  if (!message.empty()) throw Error("{} cannot run this network:{}", hw.name, message);
}

/// Steps and their operations, in order.
std::vector<std::pair<std::size_t, std::size_t>> operations_of(const Schedule& schedule) {
  std::vector<std::pair<std::size_t, std::size_t>> operations;
  for (std::size_t i = 0; i < schedule.steps.size(); ++i) {
    const Step& step = schedule.steps[i];
    for (std::size_t op = step.op; step.has(op); ++op) operations.emplace_back(i, op);
  }
  return operations;
}

/// One report line per operation of a step, without what emit() adds.
std::vector<OpReport> report_ops(const isa::Hardware& hw, const QNet& original,
                                 const Lowered& lowered, const Allocation& allocation,
                                 const std::vector<ExecPlan>& execs) {
  std::vector<OpReport> reports;
  const Schedule& schedule = allocation.schedule;
  for (const auto& [i, number] : operations_of(schedule)) {
    const Step& step = schedule.steps[i];
    const QOp& op = lowered.net.ops[number];
    const Layout& out = allocation.layouts[index(op.output)];
    OpReport r;
    r.name = op.name;
    if (step.images < schedule.images) r.name += fmt::format(", image {}", step.first_image);
    r.kind = to_string(op.kind);
    r.note = lowered.notes[number];
    if (r.note.ends_with("; ")) r.note.resize(r.note.size() - 2);
    const int source = lowered.source_op[number];
    if (source >= 0) {
      const QOp& real = original.ops[index(source)];
      r.macs = original.macs(real) * op.terms * step.images;
    }
    if (source < 0) r.kind = "copy";
    r.terms = op.terms;
    r.m_blocks = words_of(hw, lowered.net.written_channels(op));
    const std::vector<bool>& in_place = allocation.steps[i].in_place;
    r.in_place = !in_place.empty() && in_place[number - step.op];
    r.strips = static_cast<int>(allocation.steps[i].turns());
    r.buffer_bytes = out.bytes(hw) / out.words * r.m_blocks * step.images;
    for (const ExecPlan& exec : execs) {
      if (exec.step != i || exec.op != number) continue;
      const cost::ExecCycles cycles = cost::exec_cycles(hw, exec.m_block_uops, exec.groups);
      ++r.execs;
      if (exec.first_m_block == 0) r.groups += exec.groups;
      if (exec.turn == 0) r.uops += static_cast<std::int64_t>(exec.list->uops());
      r.array_cycles += cycles.array;
      r.post_cycles += cycles.post;
      r.exec_cycles += cycles.exec;
    }
    reports.push_back(r);
  }
  return reports;
}

std::vector<BufferUse> buffer_uses(const QNet& net, const Allocation& allocation) {
  std::vector<BufferUse> uses;
  const Schedule& schedule = allocation.schedule;
  for (const Region& region : allocation.regions) {
    const std::size_t last = std::min(index(region.last), schedule.steps.size() - 1);
    BufferUse use{"", static_cast<int>(schedule.steps[index(region.first)].before),
                  static_cast<int>(schedule.place(last, schedule.steps[last].last_op())),
                  region.base, region.size};
    for (const Region::Tenant& t : region.tenants) {
      if (!use.name.empty()) use.name += ", ";
      if (t.image < 0) use.name += "strips of ";
      use.name += net.tensors[index(t.tensor)].name;
      if (t.image >= 0 && allocation.schedule.images > 1) {
        use.name += fmt::format(" of image {}", t.image);
      }
    }
    uses.push_back(std::move(use));
  }
  return uses;
}

/// What emit() made known: memory traffic, the bound of each operation, the frame's cycles.
void finish_reports(const NetPlan& plan, Program& program) {
  const std::vector<cost::FrameTime> frames = cost::frame_times(program.hw, program.image, 3);
  program.first_cycles = frames[0].cycles;
  program.cycles = frames[2].cycles;
  for (OpReport& r : program.ops) {
    r.memory_cycles = std::max(cost::bus_cycles(program.hw, r.weight_bytes_bus) +
                                   cost::feature_cycles(program.hw, r.feature_bytes_read),
                               cost::feature_cycles(program.hw, r.feature_bytes_written));
    if (r.memory_cycles > r.exec_cycles) {
      r.bound = "memory";
    } else {
      r.bound = r.post_cycles > r.array_cycles ? "post-processing" : "array";
    }
  }
  for (std::size_t e = 0; e < plan.execs.size(); ++e) {
    const std::size_t op = plan.allocation.schedule.place(plan.execs[e].step, plan.execs[e].op);
    program.ops[op].first_cycles += frames[0].execs.at(e);
    program.ops[op].cycles += frames[2].execs.at(e);
  }
}

}  // namespace

Program compile(const isa::Hardware& hw, const QNet& net, const CompileOptions& options) {
  check_fits(hw, net);
  if (options.batch < 1) throw Error("a batch of {} images: it has 1 at least", options.batch);
  Program program;
  program.hw = hw;
  program.batch = options.batch;
  program.net = net;
  program.support = check_support(hw, net);
  check_supported(program.support, hw);
  const std::vector<Lowered> forms = lower(hw, net);
  const NetPlan plan =
      plan_net(hw, forms, options.batch, {.may_fuse = !options.store_all, .quick = options.quick});
  const Lowered& lowered = forms[plan.form];
  const Allocation& allocation = plan.allocation;
  program.table = lowered.table;
  program.input = lowered.net.tensors[0];
  program.input_layout = allocation.layout(0, 0);
  program.buffer_words = allocation.words;
  program.naive_words = allocation.naive_words;
  program.buffer = buffer_uses(lowered.net, allocation);
  program.ops = report_ops(hw, net, lowered, allocation, plan.execs);
  for (const auto& [op, why] : lowered.left_out) {
    program.support[op] = {net.ops[op].name, Support::Verdict::kRewritten, why};
  }
  for (const auto& [step, number] : operations_of(allocation.schedule)) {
    const std::string& note = program.ops[allocation.schedule.place(step, number)].note;
    const int op = lowered.source_op[number];
    if (op < 0 || note.empty()) continue;
    Support& line = program.support[index(op)];
    line = {line.op, Support::Verdict::kRewritten, note};
  }
  emit(lowered, plan, options.store_all, program);
  finish_reports(plan, program);
  program.validate();
  return program;
}

}  // namespace reshift
