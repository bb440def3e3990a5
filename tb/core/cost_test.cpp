// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

// The constants of tools/cost, each against the counters of the core: small programs made by hand,
// of which one constant times a known number is what a frame takes.

#include <tuple>

#include "compile/program_image.hpp"
#include "compile/window.hpp"
#include "core/core_case.hpp"
#include "cost/bank_ports.hpp"
#include "cost/constants.hpp"
#include "cost/exec_cycles.hpp"
#include "cost/program_time.hpp"
#include "cost/transfers.hpp"
#include "program/weight_block.hpp"

#include RESHIFT_MODEL_HEADER

namespace reshift {
namespace {

/// Post-processing goes bit by bit.
constexpr bool kSerial = kHardware.post_lanes < kHardware.m;

/// Cycles of a frame among others, on the core, and as program_time.hpp expects them.
struct FrameCycles {
  double core = 0, expected = 0;
  double core_first = 0, expected_first = 0;  ///< of the first frame
};

/// What an EXEC does beside walking its list.
struct Also {
  bool wait_previous = false, polyphase = false, residual = false;
};

/// A program of a few descriptors. Its EXECs read pixels from word 0 of the feature buffer on and
/// write to `kDestination`; what waits for what is the compiler's to find out.
class SmallProgram {
 public:
  static constexpr int kDestination = kHardware.fb_depth / 2;
  static constexpr int kLastWord = kHardware.fb_depth - 1;

  SmallProgram() {
    isa::Init init;
    init.m = kHardware.m;
    init.c = kHardware.c;
    init.p = kHardware.p;
    init.act_w = kHardware.act_w;
    init.weight_format = kHardware.weight_format;
    init.mult_w = kHardware.mult_w;
    init.fb_depth = kHardware.fb_depth;
    init.wm_depth = kHardware.wm_depth;
    init.pm_depth = kHardware.pm_depth;
    image_.add(init, "init");
  }

  /// A list for the EXECs that follow: `m_blocks` M-blocks of so many micro-ops each. Shifts of
  /// post-processing are kPostShift.
  void load_weights(int m_blocks, int uops) {
    list_uops_ = m_blocks * uops;
    m_blocks_ = m_blocks;
    const std::vector<ChannelParams> params(static_cast<std::size_t>(m_blocks * kHardware.m),
                                            {0, 0, cost::kPostShift});
    std::vector<std::uint32_t> headers;
    for (int i = 0; i < list_uops_; ++i) {
      headers.push_back(encode_header({.last = i % uops == uops - 1}));
    }
    const std::vector<std::uint8_t> tiles(
        static_cast<std::size_t>(list_uops_ * isa::tile_bytes(kHardware)));
    const isa::LoadWeights d = append_weight_block(kHardware, params, headers, tiles, 0, blocks_);
    blocks_.resize(static_cast<std::size_t>(align_window(std::ssize(blocks_))));
    image_.add(d, "load_weights");
  }

  /// Walks the list for so many pixel groups; `last`: nothing walks it after that. Returns the
  /// descriptor, without its tokens.
  isa::Exec exec(int groups, bool last, const Also& also = {}) {
    isa::Exec d;
    d.uops = list_uops_;
    d.m_blocks = m_blocks_;
    d.groups = groups;
    d.keep_list = !last;
    d.wait_previous = also.wait_previous;
    constexpr int kLongestRow = 4095;
    d.in_height = d.out_height = also.polyphase ? 2 : 1;
    while (groups * kHardware.p / d.out_height > kLongestRow) d.in_height = d.out_height *= 2;
    d.pitch = d.in_width = d.out_width = groups * kHardware.p / d.out_height;
    const std::int64_t row = d.pitch / (also.polyphase ? 2 : 1);
    d.src0_step = isa::c_blocks_per_word(kHardware);
    d.dst_base = kDestination;
    d.dst_words = m_blocks_;
    d.dst_polyphase = also.polyphase;
    d.dst_phase = (groups + 3) / 4 * m_blocks_;
    d.dst_row_bank = row % kHardware.p;
    d.dst_row_addr = row / kHardware.p * m_blocks_;
    d.residual = also.residual;
    d.res_words = m_blocks_;
    d.res_row_bank = d.pitch % kHardware.p;
    d.res_row_addr = d.pitch / kHardware.p * m_blocks_;
    d.lo = code_min(kHardware.act_w);
    d.hi = code_max(kHardware.act_w);
    image_.add(d, "exec",
               {.buffer_reads = {{0, groups * (also.residual ? m_blocks_ : 1)}},
                .buffer_writes = {{kDestination, kDestination + (groups + 4) * m_blocks_}}});
    return d;
  }

  /// Loads or stores `groups` pixel groups of a word from `base` on.
  template <typename Transfer>
  void transfer(int base, int groups) {
    Transfer d;
    d.base = base;
    d.words = 1;
    d.groups = groups;
    const Span words{base, base + groups};
    const bool store = d.kOpcode == isa::Opcode::kStoreFeatures;
    image_.add(d, "transfer",
               {.buffer_reads = store ? std::vector{words} : std::vector<Span>{},
                .buffer_writes = store ? std::vector<Span>{} : std::vector{words}});
  }

  /// Runs it; a frame ends with the store of a word.
  FrameCycles run(int latency = cost::kMemoryLatency) {
    transfer<isa::StoreFeatures>(kDestination, 1);
    image_.add(isa::End{}, "end");
    Program program;
    program.hw = kHardware;
    program.in_stride = program.out_stride = std::int64_t{1} << 20;
    program.image = image_.assemble(kHardware, blocks_);
    CoreBench<RESHIFT_MODEL> core(kHardware, {.read_latency = latency, .write_latency = latency});
    constexpr int kFrames = 2;
    core.run(program, {}, kFrames);
    EXPECT_EQ(core.get(isa::reg::kErrCause), 0u);
    const double first = core.get(isa::reg::kCyclesFirst);
    const double later = core.get(isa::reg::kCycles) - first;
    const auto times = cost::frame_times(kHardware, program.image, kFrames);
    const auto expected = static_cast<double>(times[1].cycles);
    return {later, expected, first, static_cast<double>(times[0].cycles)};
  }

 private:
  ProgramImage image_;
  std::vector<std::uint8_t> blocks_;
  int list_uops_ = 0, m_blocks_ = 0;
};

/// Says what was measured; the difference from the constant is at most `percent` of it, or 3
/// cycles.
void expect_constant(const char* name, double measured, std::int64_t constant, double percent) {
  fmt::print("{:<16} {:<44} {:>8} {:>10.1f}\n", kHardware.name, name, constant, measured);
  const auto expected = static_cast<double>(constant);
  EXPECT_NEAR(measured, expected, std::max(3.0, expected * percent / 100)) << name;
}

/// Micro-ops and pixel groups of an EXEC that the array holds up, not post-processing, and that
/// takes a thousand cycles: enough for the control program to come to the descriptors after it.
constexpr int kUops = 24 + (kSerial ? 800 : kHardware.p);
constexpr int kGroups = std::max(2, 1000 / kUops);
constexpr int kExecCycles = kUops * kGroups;
/// With fewer lanes than channels the last M-block goes through post-processing bit by bit, which
/// drain_cycles() leaves out.
const std::int64_t kDrain =
    cost::drain_cycles(kHardware) + (kSerial ? cost::post_cycles(kHardware) : 0);

/// Cycles that a descriptor more takes: `Add(program)` adds it. Both programs have a list and an
/// EXEC before.
template <typename Add>
double marginal_cycles(Add add, int latency = cost::kMemoryLatency) {
  // With 4, the model's second frame is 15 % too long on 16x16x8: what the first one asked for
  // behind `end` holds up the ring there, and not in the core.
  constexpr int kFew = 6, kMany = 14;
  const auto cycles = [&](int count) {
    SmallProgram p;
    p.load_weights(1, kUops);
    for (int i = 0; i < count; ++i) add(p, i + 1 == count);
    const FrameCycles frame = p.run(latency);
    if (!kSerial && latency == cost::kMemoryLatency) {
      EXPECT_NEAR(frame.core, frame.expected, 0.05 * frame.expected);
    }
    return frame.core;
  };
  return (cycles(kMany) - cycles(kFew)) / (kMany - kFew);
}

double chain_with_load(int latency) {
  return marginal_cycles(
      [](SmallProgram& p, bool last) {
        p.transfer<isa::LoadFeatures>(0, 1);
        p.exec(kGroups, last);
      },
      latency);
}

double drained_exec() {
  return marginal_cycles(
      [](SmallProgram& p, bool last) { p.exec(kGroups, last, {.wait_previous = true}); });
}

TEST(Cost, ControlProgram) {
  const auto cycles = [](int transfers) {
    SmallProgram p;
    for (int i = 0; i < transfers; ++i) p.transfer<isa::LoadFeatures>(SmallProgram::kLastWord, 1);
    return p.run();
  };
  const FrameCycles few = cycles(16), many = cycles(48);
  fmt::print("{:<16} first frame {:.0f} / {:.0f}, second {:.0f} / {:.0f}, expected / measured\n",
             kHardware.name, few.expected_first, few.core_first, few.expected, few.core);
  const double descriptor = (many.core - few.core) / 32;
  expect_constant("kDescriptor", descriptor, cost::kDescriptor, 20);
  EXPECT_GT(cost::kWorthADescriptor, descriptor);
  // The first frame begins with `init`, and the second one drops what was asked for behind `end`.
  EXPECT_NEAR(few.core_first, few.expected_first, 0.15 * few.expected_first);
  EXPECT_NEAR(few.core, few.expected, 0.07 * few.expected);
}

TEST(Cost, ExecAfterExec) {
  const double gap =
      marginal_cycles([](SmallProgram& p, bool last) { p.exec(kGroups, last); }) - kExecCycles;
  expect_constant("kExecGap", gap, cost::kExecGap, 0);
  const double drain = drained_exec() - kExecCycles;
  expect_constant("drain_cycles(), with kDrainStages", drain, kDrain, kSerial ? 20 : 3);
  EXPECT_GE(cost::kExecFill, gap);
  EXPECT_LE(cost::kExecFill, drain);
}

TEST(Cost, Tokens) {
  const double data = static_cast<double>(
      cost::feature_cycles(kHardware, std::int64_t{kHardware.p} * isa::word_bytes(kHardware)));
  const double drained = drained_exec();
  const double load = chain_with_load(cost::kMemoryLatency) - drained - data;
  expect_constant("kTransferStart + kExecStart, LOAD", load,
                  cost::kTransferStart + cost::kExecStart, 25);
  const double store = marginal_cycles([](SmallProgram& p, bool last) {
                         p.exec(kGroups, last);
                         p.transfer<isa::StoreFeatures>(SmallProgram::kDestination, 1);
                       }) -
                       drained - data;
  expect_constant("kTransferStart + kExecStart, STORE", store,
                  cost::kTransferStart + cost::kExecStart, 25);
  // A small core waits for descriptors meanwhile.
  expect_constant("kMemoryLatency", chain_with_load(1 + cost::kMemoryLatency) - chain_with_load(1),
                  cost::kMemoryLatency, isa::small_core(kHardware) ? 25 : 0);
  if (kSerial) return;
  expect_constant("kExecToTransfer", drained - kExecCycles + load - double{cost::kExecStart},
                  cost::kExecToTransfer, 40);
}

TEST(Cost, PostProcessing) {
  constexpr int kBlocks = 4;
  const auto cycles = [](int groups) {
    SmallProgram p;
    p.load_weights(kBlocks, 1);
    p.exec(groups, true);
    return p.run().core;
  };
  constexpr int kFew = kSerial ? 4 : 100, kMore = 2 * kFew;
  const double post = (cycles(kFew + kMore) - cycles(kFew)) / (kMore * kBlocks);
  expect_constant("post_cycles()", post, cost::post_cycles(kHardware), 15);
}

// The residual's reads and the writes of a polyphase tensor meet in the banks.
TEST(Cost, Banks) {
  if (kSerial) GTEST_SKIP() << "its few lanes take so long that nothing meets";
  for (const auto& [m_blocks, uops, also] : std::vector<std::tuple<int, int, Also>>{
           {1, 1, {}},
           {1, 2, {}},
           {1, kHardware.p, {}},
           {3, 1, {}},
           {1, 1, {.polyphase = true}},
           {3, 1, {.polyphase = true}},
           {1, 1, {.residual = true}},
           {1, 2, {.residual = true}},
           {1, kHardware.p, {.residual = true}},
           {2, 1, {.residual = true}},
           {3, 1, {.residual = true}},
           {1, 1, {.polyphase = true, .residual = true}},
           {1, kHardware.p, {.polyphase = true, .residual = true}},
           {3, 1, {.polyphase = true, .residual = true}}}) {
    isa::Exec exec;
    const auto cycles = [&](int groups) {
      SmallProgram p;
      p.load_weights(m_blocks, uops);
      exec = p.exec(groups, true, also);
      return p.run().core;
    };
    constexpr int kFew = 400, kMany = 640;  // so many take longer than the descriptors
    const double group = (cycles(kMany) - cycles(kFew)) / (kMany - kFew);
    const std::vector<std::int64_t> list(static_cast<std::size_t>(m_blocks), uops);
    const auto further = [&](int groups) {
      exec.groups = groups;
      return cost::port_use(kHardware, exec, list).further;
    };
    const double expected = (further(kMany) - further(kFew)) / (kMany - kFew);
    fmt::print("{:<16} {} M-blocks of {} micro-ops{}{}: {:.2f} cycles a group, expected {:.2f}\n",
               kHardware.name, m_blocks, uops, also.residual ? ", residual" : "",
               also.polyphase ? ", polyphase" : "", group, expected);
    // How both fall together, and so the mean, depends on each stage of the pipeline.
    EXPECT_NEAR(group, expected, (also.residual && also.polyphase ? 0.15 : 0.03) * expected);
  }
}

/// Four loads of so many pixel groups, beside an EXEC of `exec_groups` groups, of `uops` micro-ops,
/// that writes a polyphase tensor. Another EXEC at the end waits for the loads.
double load_frame(int groups, int exec_groups, int uops = kHardware.p) {
  SmallProgram p;
  p.load_weights(1, uops);
  if (exec_groups > 0) p.exec(exec_groups, false, {.polyphase = true});
  for (int i = 0; i < 4; ++i) {
    p.transfer<isa::LoadFeatures>(SmallProgram::kLastWord - groups, groups);
  }
  p.transfer<isa::LoadFeatures>(0, 1);
  p.exec(1, true);
  return p.run(1).core;  // with a long latency, gaps between the bursts of a wide bus
}

// `2x2x2` takes 222 cycles where the model says 200, and 217.5 before contract 6; the cause is not
// known, and no gap in the model stands for it.
TEST(Cost, Transfers) {
  const double cycles = (load_frame(500, 0) - load_frame(400, 0)) / 4;
  const std::int64_t words = std::int64_t{100} * kHardware.p;
  expect_constant("feature_cycles()", cycles,
                  cost::feature_cycles(kHardware, words * isa::word_bytes(kHardware)),
                  kSerial ? 12 : 10);
}

// A list for each EXEC, which has a single pixel group: LOAD sets the pace.
TEST(Cost, WeightBlocks) {
  if (kSerial) GTEST_SKIP() << "post-processing takes longer than lists of so many micro-ops";
  constexpr int kListUops = kHardware.axi_data_w < 128 ? 200 : 100;
  constexpr std::int64_t kListCycles =
      cost::header_cycles(kHardware, kListUops) + cost::tile_cycles(kHardware, kListUops);
  if (kListCycles < 2 * cost::kDescriptor) {
    GTEST_SKIP() << "the control program takes longer for two descriptors";
  }
  const auto cycles = [](int lists) {
    SmallProgram p;
    for (int i = 0; i < lists; ++i) {
      p.load_weights(1, kListUops);
      p.exec(1, true);
    }
    return p.run();
  };
  constexpr int kFew = 10, kMany = 20;
  const FrameCycles few = cycles(kFew), many = cycles(kMany);
  const double list = (many.core - few.core) / (kMany - kFew);
  const double expected = (many.expected - few.expected) / (kMany - kFew);
  fmt::print("list: {:.1f} cycles, expected {:.1f}, to load alone {}\n", list, expected,
             kListCycles);
  EXPECT_NEAR(list, expected, 0.03 * expected);
}

// While it runs, the bus moves fewer beats.
TEST(Cost, TransfersBesideAPolyphaseTensor) {
  if (kSerial || kHardware.axi_data_w < 128) GTEST_SKIP() << "other rules, see architecture.md";
  constexpr int kFew = 100, kMany = 200;
  constexpr std::int64_t kBeats = 1000;
  // With several pixels at a time post-processing follows lists that are shorter, too.
  for (const int uops : {kHardware.p, isa::block_cycles(kHardware)}) {
    const double lost = load_frame(400, kMany, uops) - load_frame(400, kFew, uops);
    const double exec = (kMany - kFew) * uops;
    expect_constant(
        "transfer_beside()", kBeats / (1 - lost / exec),
        cost::transfer_beside(kHardware, kBeats, cost::words_beside_polyphase(kHardware, 1, uops)),
        15);
  }
}

}  // namespace
}  // namespace reshift
