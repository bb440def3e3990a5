// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/emit.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "base/integer.hpp"
#include "compile/exec_descriptor.hpp"
#include "compile/load_plan.hpp"
#include "compile/program_image.hpp"
#include "compile/window.hpp"
#include "cost/constants.hpp"
#include "cost/exec_cycles.hpp"
#include "isa/descriptors.hpp"
#include "program/weight_block.hpp"

namespace reshift {
namespace {

/// Loads are in the program at least this many EXECs ahead.
constexpr std::size_t kLookAhead = 2;

/// Puts the descriptors of a frame in order.
class Emitter {
 public:
  Emitter(const Lowered& lowered, const NetPlan& plan, bool store_all, Program& program)
      : net_(lowered.net),
        allocation_(plan.allocation),
        execs_(plan.execs),
        program_(program),
        hw_(with_weight_memory(program.hw, plan.wm_depth)),
        tables_(tables_of(net_)),
        blocks_(hw_, net_),
        window_(hw_, lowered, allocation_, store_all),
        plan_(plan_loads(hw_, net_, allocation_, execs_, tables_, blocks_)),
        queue_(hw_, plan_.loads) {}

  void run() {
    program_.in_stride = align_window(allocation_.layouts[0].bytes(hw_));
    program_.out_stride = window_.size();
    program_.stored = window_.stored();
    init();
    loads_for(std::min(kLookAhead, execs_.size()));
    std::int64_t exec_time = 0;
    for (std::size_t e = 0; e < execs_.size(); ++e) {
      exec(e);
      exec_time +=
          cost::exec_cycles(hw_, execs_[e].m_block_uops, execs_[e].groups).exec + cost::kExecFill;
      loads_for(e + 1);  // the rest of a list longer than the memory: it is walked as it comes
      store_results(e);  // after all that they wait for: the ring of descriptors is short
      loads_for(std::min(e + 1 + kLookAhead, execs_.size()));
      while (const Load* next = queue_.take_ahead(exec_time)) load(*next);
    }
    image_.add(isa::End{}, "end");
    program_.image = image_.assemble(hw_, blocks_.bytes());
    program_.descriptors = image_.names();
  }

 private:
  OpReport& report_of(std::size_t exec) {
    return program_.ops[allocation_.schedule.place(execs_[exec].step, execs_[exec].op)];
  }

  /// Which image a descriptor is about, where there are several.
  std::string of_image(int image) const {
    return allocation_.schedule.images > 1 ? fmt::format(", image {}", image) : "";
  }

  void init() {
    isa::Init d;
    d.m = hw_.m;
    d.c = hw_.c;
    d.p = hw_.p;
    d.act_w = hw_.act_w;
    d.weight_format = hw_.weight_format;
    d.mult_w = hw_.mult_w;
    d.fb_depth = allocation_.words;
    d.wm_depth = hw_.wm_depth;
    d.pm_depth = hw_.pm_depth;
    d.tables = plan_.table_places;
    const bool beside = std::any_of(execs_.begin(), execs_.end(),
                                    [](const ExecPlan& e) { return e.neighbours.has_value(); });
    d.neighbours = beside ? hw_.neighbours : 0;
    d.requantise = std::any_of(net_.ops.begin(), net_.ops.end(),
                               [](const QOp& op) { return op.post.early > 0 || op.in_cut > 0; });
    image_.add(d, "init");
  }

  void loads_for(std::size_t end) {
    while (const Load* next = queue_.take_for(end)) load(*next);
  }

  void load(const Load& load) {
    if (load.features) {
      report_of(load.exec).feature_bytes_read += load.bytes;
      load.transfer.tensor == 0 ? transfer<isa::LoadFeatures>("load_features", load.transfer)
                                : transfer<isa::ReloadFeatures>("reload_features", load.transfer);
      return;
    }
    OpReport& report = report_of(load.exec);
    report.weight_bytes_bus += load.bytes;
    if (load.table > 0) {
      isa::LoadTable d;
      d.number = load.place;
      d.offset = blocks_.add_table(load.table, tables_.codes[index(load.table - 1)]);
      report.weight_bytes_dense += load.bytes;
      if (in_file_.insert(d.offset).second) report.file_bytes += load.bytes;
      image_.add(d, fmt::format("load_table {}", load.table),
                 {.table_written = {load.place, load.table}});
      return;
    }
    report.weight_bytes_dense +=
        WeightBlockSections(hw_, load.block.param_blocks, load.block.uops, 0).bytes;
    if (in_file_.insert(load.block.offset).second) report.file_bytes += load.bytes;
    image_.add(load.block, "load_weights " + net_.ops[execs_[load.exec].op].name);
  }

  /// A descriptor for each phase: what lies together in the buffer lies together in memory.
  template <typename Descriptor>
  void transfer(std::string_view kind, const Transfer& t) {
    const Layout& whole = allocation_.layouts[index(t.tensor)];
    const Layout part = whole.rows(hw_, t.rows.first, t.rows.count);
    const bool all = t.rows.count == whole.height;
    const std::int64_t word_bytes = std::int64_t{hw_.p} * isa::word_bytes(hw_);
    const std::int64_t tensor = t.tensor == 0
                                    ? t.image * program_.in_stride
                                    : t.image * program_.out_stride + window_.offset(t.tensor);
    for (int phase = 0; phase < (all ? 1 : t.phases); ++phase) {
      Descriptor d;
      d.base = t.layout.base + std::int64_t{phase} * t.layout.phase_words(hw_);
      d.words = whole.words;
      d.groups = t.layout.phase_groups(hw_) * (all ? t.phases : 1);
      d.offset = tensor + (part.base - whole.base + std::int64_t{phase} * part.phase_words(hw_)) *
                              word_bytes;
      const std::int64_t words = d.groups * d.words;
      image_.add(
          d, fmt::format("{} {}{}", kind, net_.tensors[index(t.tensor)].name, of_image(t.image)),
          access_of(d.kOpcode, {d.base, d.base + words},
                    {d.offset, d.offset + words * word_bytes}));
    }
  }

  /// What a transfer reads and writes.
  static Access access_of(isa::Opcode opcode, Span buffer, Span memory) {
    if (opcode == isa::Opcode::kStoreFeatures) {
      return {.buffer_reads = {buffer}, .memory_writes = {memory}};
    }
    Access access{.buffer_writes = {buffer}};
    if (opcode == isa::Opcode::kReloadFeatures) access.memory_reads = {memory};
    return access;
  }

  void exec(std::size_t e) {
    const ExecPlan& exec = execs_[e];
    Access access = exec_access(hw_, net_, exec);
    access.table_read = {plan_.places[e], tables_.number_of[exec.op]};
    image_.add(exec_descriptor(hw_, net_, exec, plan_.keeps[e], plan_.places[e]),
               "exec " + net_.ops[exec.op].name + of_image(exec.image), std::move(access));
    queue_.add_exec();
  }

  /// A spilled tensor strip by strip, another one when it is complete.
  void store_results(std::size_t e) {
    const ExecPlan& exec = execs_[e];
    const int tensor = net_.ops[exec.op].output;
    const StepAllocation& area = allocation_.steps[exec.step];
    if (!exec.last_of_strip) return;
    if (const StripTensor* strip = area.of(tensor)) {
      if (strip->stored) store(e, strip_transfer(hw_, allocation_, exec, *strip));
    } else if (window_.stored(tensor) && window_.completes(exec.op) &&
               exec.strip + 1 == area.turns()) {
      const Layout whole = allocation_.layout(tensor, exec.image);
      store(e, {tensor, exec.image, {0, whole.height}, whole.phases(), whole});
    }
  }

  void store(std::size_t e, const Transfer& t) {
    report_of(e).feature_bytes_written += t.bytes(hw_);
    transfer<isa::StoreFeatures>("store_features", t);
  }

  const QNet& net_;
  const Allocation& allocation_;
  const std::vector<ExecPlan>& execs_;
  Program& program_;
  const isa::Hardware hw_;
  const Tables tables_;
  WeightBlocks blocks_;
  std::set<std::int64_t> in_file_;  ///< offsets of the blocks and tables that are counted
  OutputWindow window_;
  LoadPlan plan_;
  LoadQueue queue_;
  ProgramImage image_;
};

}  // namespace

void emit(const Lowered& lowered, const NetPlan& plan, bool store_all, Program& program) {
  Emitter(lowered, plan, store_all, program).run();
}

}  // namespace reshift
