// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// Registers, sequencer, LOAD, STORE and DMA together, around a fake EXEC.
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "harness/bench.hpp"
#include "unit/rs_frontend_model.hpp"

namespace reshift {
namespace {

using isa::Error;
namespace reg = isa::reg;

constexpr uint64_t kProgram = 0x10000, kInput = 0x40000, kOutput = 0x80000;
constexpr size_t kMemory = 1 << 20;
constexpr uint32_t kBusy = 1, kDone = 2, kError = 4, kResetting = 8;

struct Traffic {
  const char* name;
  Stalls bus, core;
  int latency;
};

class Frontend {
 public:
  explicit Frontend(const Traffic& traffic = {"quick", Stalls::none(), Stalls::none(), 5})
      : memory(config(traffic)),
        core(bench.dut(), traffic.core),
        lite([this] { bench.tick(); }, 2000),
        port_(bench.dut(), memory),
        lite_port_(bench.dut(), lite) {
    bench.add(port_);
    bench.add(lite_port_);
    bench.add(core);
    bench.reset();
  }

  /// Puts program and random inputs into memory, sets the registers.
  void prepare(const Program& program, uint32_t frames) {
    prog_base = kProgram + 4 * static_cast<uint64_t>(bench.random().uniform(0, 20));
    in_base = kInput + static_cast<uint64_t>(bench.random().uniform(0, 100));
    out_base = kOutput + static_cast<uint64_t>(bench.random().uniform(0, 100));
    in_stride = program.bytes + program.in_offset + 5;
    out_stride = program.bytes + program.out_offset + 9;
    image.assign(kMemory, 0);
    for (uint8_t& byte : image) byte = static_cast<uint8_t>(bench.random()());
    const Bytes text = program.image();
    std::copy(text.begin(), text.end(), image.begin() + static_cast<long>(prog_base));
    memory.write(0, image);
    prog_size = static_cast<uint32_t>(program.window.size());
    configure(frames);
  }
  void configure(uint32_t frames) {
    lite.write_ok(reg::kProgBaseLo, static_cast<uint32_t>(prog_base));
    lite.write_ok(reg::kProgBaseHi, 0);
    lite.write_ok(reg::kProgSize, prog_size);
    lite.write_ok(reg::kInBaseLo, static_cast<uint32_t>(in_base));
    lite.write_ok(reg::kInBaseHi, 0);
    lite.write_ok(reg::kInStride, in_stride);
    lite.write_ok(reg::kOutBaseLo, static_cast<uint32_t>(out_base));
    lite.write_ok(reg::kOutBaseHi, 0);
    lite.write_ok(reg::kOutStride, out_stride);
    lite.write_ok(reg::kFrames, frames);
    lite.write_ok(reg::kIrqEnable, 3);
    lite.write_ok(reg::kIrqStatus, 7);
    bench.run(2);
    EXPECT_FALSE(bench->irq_o);
  }
  void start() { lite.write_ok(reg::kCtrl, 1); }
  void wait_irq(uint64_t cycles = 200000) {
    bench.run_until([&] { return bench->irq_o != 0; }, cycles);
  }

  /// Runs the program prepared and checks everything that comes of it.
  void run_ok(const Program& program, uint32_t frames) {
    start();
    wait_irq();
    ASSERT_EQ(lite.read_ok(reg::kErrCause), 0u) << "at " << lite.read_ok(reg::kErrDescriptor);
    EXPECT_EQ(lite.read_ok(reg::kStatus) & 0xf, kDone);
    EXPECT_EQ(lite.read_ok(reg::kFramesDone), frames);
    EXPECT_EQ(lite.read_ok(reg::kIrqStatus), 0b101u);
    bench.run(1500);  // reads that went too far come back
    EXPECT_EQ(lite.read_ok(reg::kStatus), kDone);
    EXPECT_TRUE(memory.quiet());
    EXPECT_EQ(core.execs, Program::kExecs * frames);
    EXPECT_TRUE(core.params == repeat(program.params, frames));
    EXPECT_TRUE(core.headers == repeat(program.headers, frames));
    EXPECT_TRUE(core.tiles == repeat(program.tiles, frames));
    EXPECT_TRUE(core.items == repeat(program.items, frames));
    EXPECT_EQ(core.stream_ends, program.stream_ends * static_cast<int>(frames));
    EXPECT_TRUE(core.tables == repeat(program.tables, frames));
    Bytes expected = image;
    for (uint32_t f = 0; f < frames; ++f) {
      const uint64_t in = in_base + f * in_stride + program.in_offset;
      const auto from = image.begin() + static_cast<long>(in);
      Bytes result{from, from + program.bytes};
      for (const uint32_t offset : {program.first_offset, program.out_offset}) {
        result = Program::result(result);
        std::copy(result.begin(), result.end(),
                  expected.begin() + static_cast<long>(out_base + f * out_stride + offset));
      }
    }
    Bytes actual(kMemory);
    memory.read(0, actual);
    EXPECT_TRUE(actual == expected) << "outputs differ, or something else was written";
  }
  void expect_error(Error cause, uint32_t index, uint64_t address = 0) {
    wait_irq();
    bench.run(200);
    EXPECT_EQ(lite.read_ok(reg::kErrCause), static_cast<uint32_t>(cause));
    EXPECT_EQ(lite.read_ok(reg::kErrDescriptor), index);
    EXPECT_EQ(lite.read_ok(reg::kErrAddrLo), static_cast<uint32_t>(address));
    EXPECT_EQ(lite.read_ok(reg::kErrAddrHi), static_cast<uint32_t>(address >> 32));
    EXPECT_EQ(lite.read_ok(reg::kStatus) & 0xf, kError);
    EXPECT_EQ(lite.read_ok(reg::kIrqStatus) & 3, 2u);
    EXPECT_TRUE(memory.quiet());
    EXPECT_EQ(lite.write(reg::kCtrl, 1), AxiResponse::kSlverr) << "start in error";
  }
  void soft_reset() {
    lite.write_ok(reg::kCtrl, 2);
    bench.run_until([&] { return (lite.read_ok(reg::kStatus) & kResetting) == 0; }, 100);
    EXPECT_TRUE(memory.quiet());
    EXPECT_EQ(lite.read_ok(reg::kStatus), 0u);
    EXPECT_EQ(lite.read_ok(reg::kErrCause), 0u);
    EXPECT_EQ(lite.read_ok(reg::kIrqStatus), 0u);
    EXPECT_EQ(lite.read_ok(reg::kProgBaseLo), static_cast<uint32_t>(prog_base));
    EXPECT_FALSE(bench->irq_o);
    memory.clear_failures();
  }
  /// A good program after whatever went wrong.
  void recover() {
    soft_reset();
    core.hang = false;
    Program good(bench.random());
    prepare(good, 2);
    run_ok(good, 2);
  }

  Bench<Vrs_frontend_bench> bench;
  AxiMemory memory;
  FakeCore core;
  AxiLiteMaster lite;
  uint64_t prog_base = 0, in_base = 0, out_base = 0;
  uint32_t prog_size = 0, in_stride = 0, out_stride = 0;
  Bytes image;

 private:
  static AxiMemoryConfig config(const Traffic& traffic) {
    AxiMemoryConfig c;
    c.bytes = kMemory;
    c.data_width = hw::kAxiDataW;
    c.read_latency = c.write_latency = traffic.latency;
    c.early_beats = 16;
    c.declared_reads = c.declared_writes = 9;
    c.ar = c.r = c.aw = c.w = c.b = traffic.bus;
    return c;
  }
  static Bytes repeat(const Bytes& bytes, uint32_t times) {
    Bytes out;
    for (uint32_t i = 0; i < times; ++i) out.insert(out.end(), bytes.begin(), bytes.end());
    return out;
  }

  AxiMemoryPort<Vrs_frontend_bench> port_;
  AxiLitePort<Vrs_frontend_bench> lite_port_;
};

class Runs : public testing::TestWithParam<Traffic> {};

TEST_P(Runs, RandomPrograms) {
  Frontend s(GetParam());
  for (int i = 0; i < 12; ++i) {
    SCOPED_TRACE(i);
    const Program program(s.bench.random());
    const auto frames = static_cast<uint32_t>(s.bench.random().uniform(1, 5));
    s.prepare(program, frames);
    s.run_ok(program, frames);
    if (testing::Test::HasFailure()) return;
  }
}
INSTANTIATE_TEST_SUITE_P(Frontend, Runs,
                         testing::Values(Traffic{"quick", Stalls::none(), Stalls::none(), 1},
                                         Traffic{"far", Stalls::none(), Stalls::light(), 100},
                                         Traffic{"heavy", Stalls::heavy(), Stalls::heavy(), 10},
                                         Traffic{"bursty", Stalls::bursty(), Stalls::bursty(), 30}),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(Frontend, Registers) {
  Frontend s;
  EXPECT_EQ(s.lite.read_ok(reg::kId), isa::kRegisterId);
  EXPECT_EQ(s.lite.read_ok(reg::kVersion), isa::kVersion);
  EXPECT_EQ(s.lite.read_ok(reg::kCapShape),
            static_cast<uint32_t>(hw::kM | hw::kC << 8 | hw::kP << 16 | hw::kActW << 24));
  EXPECT_EQ(s.lite.read_ok(reg::kCapFormat),
            static_cast<uint32_t>(hw::kWeightFormat | hw::kAccW << 8 | hw::kMultW << 16 |
                                  hw::kAxiDataW / 8 << 24));
  EXPECT_EQ(s.lite.read_ok(reg::kCapFbDepth), static_cast<uint32_t>(hw::kFbDepth));
  EXPECT_EQ(s.lite.read_ok(reg::kCapWmDepth), static_cast<uint32_t>(hw::kWmDepth));
  EXPECT_EQ(s.lite.read_ok(reg::kCapPost),
            static_cast<uint32_t>(hw::kPmDepth | hw::kRequantise << 16));
  EXPECT_EQ(s.lite.read_ok(reg::kCapOptions),
            static_cast<uint32_t>(hw::kTables | hw::kNeighbours << 16));
  EXPECT_EQ(s.lite.read_ok(reg::kStatus), 0u);

  struct Writable {
    uint32_t offset, mask;
  };
  const Writable writable[] = {
      {reg::kIrqEnable, 7},   {reg::kProgBaseLo, ~0u}, {reg::kProgBaseHi, 0xff},
      {reg::kProgSize, ~0u},  {reg::kInBaseLo, ~0u},   {reg::kInBaseHi, 0xff},
      {reg::kInStride, ~0u},  {reg::kOutBaseLo, ~0u},  {reg::kOutBaseHi, 0xff},
      {reg::kOutStride, ~0u}, {reg::kFrames, ~0u},     {reg::kWatchdog, ~0u}};
  std::vector<uint32_t> values;
  using Order = AxiLiteMaster::Order;
  for (const Writable& w : writable) {
    values.push_back(static_cast<uint32_t>(s.bench.random()()));
    const Order order =
        std::array{Order::kTogether, Order::kAddressFirst, Order::kDataFirst}[values.size() % 3];
    EXPECT_EQ(s.lite.write(w.offset, values.back(), order), AxiResponse::kOkay);
  }
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(s.lite.read_ok(writable[i].offset), values[i] & writable[i].mask);
  }
  s.lite.write_ok(reg::kProgSize, 0x11223344);
  EXPECT_EQ(s.lite.write(reg::kProgSize, 0xaabbccdd, Order::kTogether, 0b0101), AxiResponse::kOkay);
  EXPECT_EQ(s.lite.read_ok(reg::kProgSize), 0x11bb33ddu);

  const auto known = [&](uint32_t offset) {
    for (const Writable& w : writable) {
      if (w.offset == offset) return true;
    }
    return offset == reg::kCtrl || offset == reg::kIrqStatus;
  };
  for (uint32_t offset = 0; offset < 0x100; offset += 4) {
    if (!known(offset)) {
      EXPECT_EQ(s.lite.write(offset, 0), AxiResponse::kSlverr) << offset;
    }
  }
  for (const uint32_t hole : {0x4cu, 0x5cu, 0x6cu, 0x7cu, 0xb0u, 0x400u, 0xffcu}) {
    EXPECT_EQ(s.lite.read(hole).response, AxiResponse::kSlverr) << hole;
  }
  for (uint32_t offset = reg::kCycles; offset <= reg::kWriteBeats; offset += 4) {
    EXPECT_EQ(s.lite.read_ok(offset), 0u);
  }
  s.lite.write_ok(reg::kFrames, 0);
  EXPECT_EQ(s.lite.write(reg::kCtrl, 1), AxiResponse::kSlverr) << "start without frames";
}

TEST(Frontend, CountersAndFrameInterrupt) {
  Frontend s({"far", Stalls::none(), Stalls::none(), 20});
  const Program program(s.bench.random());
  s.prepare(program, 3);
  s.lite.write_ok(reg::kIrqEnable, 4);
  s.start();
  EXPECT_EQ(s.lite.write(reg::kCtrl, 1), AxiResponse::kSlverr) << "start while busy";
  const uint64_t begin = s.bench.cycle();
  const auto near = [&](uint32_t offset) {
    const uint64_t cycles = s.bench.cycle() - begin;
    EXPECT_NEAR(s.lite.read_ok(offset), static_cast<double>(cycles), 16.0) << offset;
  };
  for (uint32_t frame = 1; frame <= 3; ++frame) {
    s.wait_irq();
    if (frame == 3) near(reg::kCycles);
    if (frame == 1) near(reg::kCyclesFirst);
    EXPECT_EQ(s.lite.read_ok(reg::kFramesDone), frame);
    s.lite.write_ok(reg::kIrqStatus, 4);
    s.bench.run(2);
    EXPECT_FALSE(s.bench->irq_o);
  }
  s.lite.write_ok(reg::kIrqEnable, 1);
  s.wait_irq();
  EXPECT_EQ(s.lite.read_ok(reg::kStatus) & 0xf, kDone);
  const uint64_t beats = (program.bytes + 2 * hw::kAxiDataW / 8 - 2) / (hw::kAxiDataW / 8);
  EXPECT_NEAR(s.lite.read_ok(reg::kWriteBeats), static_cast<double>(3 * 2 * beats), 6.0);
  EXPECT_EQ(s.lite.read_ok(reg::kWriteBeats), s.memory.write_beats());
  EXPECT_GE(s.lite.read_ok(reg::kReadBeats), 3 * 2 * beats);
  EXPECT_LE(s.lite.read_ok(reg::kReadBeats), s.memory.read_beats());
  EXPECT_NEAR(s.lite.read_ok(reg::kExecBusy), static_cast<double>(s.core.busy_cycles), 2.0);
  EXPECT_GT(s.lite.read_ok(reg::kStallIdle), 0u);
  EXPECT_EQ(s.lite.read_ok(reg::kStallResidual), 0u);
  EXPECT_LE(s.lite.read_ok(reg::kExecBusy) + s.lite.read_ok(reg::kStallIdle) +
                s.lite.read_ok(reg::kStallLoad),
            s.lite.read_ok(reg::kCycles));
}

/// One thing wrong in a program.
struct Flaw {
  const char* name;
  Error cause;
  size_t index;
  std::function<void(Program&)> make;
  bool seal = true;
};

Flaw field(const char* name, Error cause, size_t index, const isa::Field& f, uint32_t value) {
  return {name, cause, index, [=](Program& p) { isa::put(p.descriptors[index], f, value); }};
}

std::vector<Flaw> flaws() {
  using P = Program;
  using namespace isa;
  std::vector<Flaw> list = {
      {"checksum_init", Error::kBadChecksum, P::kInit,
       [](P& p) { p.descriptors[P::kInit][20] ^= 0x100; }, false},
      {"checksum_end", Error::kBadChecksum, P::kEnd, [](P& p) { p.descriptors[P::kEnd][31] += 1; },
       false},
      {"checksum_exec", Error::kBadChecksum, P::kMove,
       [](P& p) { p.descriptors[P::kMove][7] ^= 0x80000000; }, false},
      field("opcode_0", Error::kBadOpcode, P::kWeights, common::kOpcode, 0),
      field("opcode_9", Error::kBadOpcode, P::kExec, common::kOpcode, 9),
      field("opcode_15", Error::kBadOpcode, P::kEnd, common::kOpcode, 15),
      {"init_missing", Error::kBadOpcode, 0,
       [](P& p) { p.descriptors[0] = p.descriptors[P::kWeights]; }},
      {"init_twice", Error::kBadOpcode, P::kExec,
       [](P& p) { p.descriptors[P::kExec] = p.descriptors[P::kInit]; }},
      field("magic", Error::kBadConfig, 0, init::kMagic, 0x505353),
      field("version", Error::kBadVersion, 0, init::kVersion, 0x31),
      field("m", Error::kBadConfig, 0, init::kM, hw::kM * 2),
      field("c", Error::kBadConfig, 0, init::kC, hw::kC / 2),
      field("p", Error::kBadConfig, 0, init::kP, hw::kP + 1),
      field("act_w", Error::kBadConfig, 0, init::kActW, hw::kActW + 1),
      field("exponents", Error::kBadConfig, 0, init::kWeightFormat, 6),
      field("fb_depth", Error::kBadConfig, 0, init::kFbDepth, hw::kFbDepth + 1),
      field("wm_depth", Error::kBadConfig, 0, init::kWmDepth, hw::kWmDepth + 1),
      field("pm_depth", Error::kBadConfig, 0, init::kPmDepth, 0x8000),
      field("tables", Error::kBadConfig, 0, init::kTables, hw::kTables + 1),
      field("neighbours", Error::kBadConfig, 0, init::kNeighbours, hw::kNeighbours + 1),
      field("requantise", Error::kBadConfig, 0, init::kRequantise, hw::kRequantise + 1),
      {"weights_behind_window", Error::kBadWindow, P::kWeights + 3,
       [](P& p) {
         Descriptor& d = p.descriptors[P::kWeights + 3];
         put(d, load_weights::kOffset, get(d, load_weights::kOffset) + 1);
       }},
      field("weights_offset_wraps", Error::kBadWindow, P::kWeights, load_weights::kOffset,
            0xffffffe0),
      {"weights_too_long", Error::kBadField, P::kWeights,
       [](P& p) {
         Descriptor& d = p.descriptors[P::kWeights];
         put(d, load_weights::kBytes, get(d, load_weights::kBytes) + 32);
       }},
      {"weights_checksum", Error::kBadBlock, P::kWeights,
       [](P& p) {
         Descriptor& d = p.descriptors[P::kWeights];
         put(d, load_weights::kBlockChecksum, get(d, load_weights::kBlockChecksum) ^ 0x10000);
       }},
      {"weights_first_bit", Error::kBadBlock, P::kWeights,
       [](P& p) { p.window[get(p.descriptors[P::kWeights], load_weights::kOffset)] ^= 1; }},
      {"weights_last_bit", Error::kBadBlock, P::kWeights,
       [](P& p) {
         const Descriptor& d = p.descriptors[P::kWeights];
         p.window[get(d, load_weights::kOffset) + get(d, load_weights::kBytes) - 1] ^= 0x80;
       }},
      {"weights_none", Error::kBadField, P::kWeights,
       [](P& p) {
         Descriptor& d = p.descriptors[P::kWeights];
         put(d, load_weights::kUops, 0);
         put(d, load_weights::kParamBlocks, 0);
         put(d, load_weights::kStreamItems, 0);
         put(d, load_weights::kBytes, 0);
       }},
      {"input_behind_window", Error::kBadWindow, P::kFeatures,
       [](P& p) { put(p.descriptors[P::kFeatures], load_features::kOffset, p.in_offset + 6); }},
      field("input_offset_wraps", Error::kBadWindow, P::kFeatures, load_features::kOffset,
            0xffffffff),
      {"output_behind_window", Error::kBadWindow, P::kStore,
       [](P& p) { put(p.descriptors[P::kStore], store_features::kOffset, p.out_offset + 10); }},
      {"reload_behind_window", Error::kBadWindow, P::kReload,
       [](P& p) { put(p.descriptors[P::kReload], reload_features::kOffset, p.out_offset + 10); }},
      field("reload_no_groups", Error::kBadField, P::kReload, reload_features::kGroups, 0),
      field("input_no_words", Error::kBadField, P::kFeatures, load_features::kWords, 0),
      field("input_no_groups", Error::kBadField, P::kFeatures, load_features::kGroups, 0),
      field("input_base", Error::kBadField, P::kFeatures, load_features::kBase, hw::kFbDepth),
      field("input_groups", Error::kBadField, P::kFeatures, load_features::kGroups,
            hw::kFbDepth + 1),
      field("output_no_words", Error::kBadField, P::kStore, store_features::kWords, 0),
      field("output_groups", Error::kBadField, P::kStore, store_features::kGroups, 0xfffff),
      {"no_end", Error::kBadWindow, P::kEnd + 1,
       [](P& p) {
         p.descriptors[P::kEnd] = p.descriptors[P::kExec];
         p.window.resize((P::kEnd + 1) * kDescriptorBytes);
         p.descriptors[P::kWeights] = p.descriptors[P::kExec];
         if (hw::kTables > 0) p.descriptors[P::kTable] = p.descriptors[P::kExec];
         p.descriptors[P::kWeights + 3] = p.descriptors[P::kExec];
       }},
      {"no_program", Error::kBadWindow, 0, [](P& p) { p.window.resize(kDescriptorBytes - 1); }},
  };
  const auto bad_exec = [&](const char* name, const Field& f, uint32_t value) {
    list.push_back(field(name, Error::kBadField, P::kMove, f, value));
  };
  bad_exec("exec_uops_0", exec::kUops, 0);
  bad_exec("exec_groups_0", exec::kGroups, 0);
  bad_exec("exec_m_blocks_0", exec::kMBlocks, 0);
  bad_exec("exec_m_blocks_many", exec::kMBlocks, 10);
  bad_exec("exec_pitch_0", exec::kPitch, 0);
  bad_exec("exec_pitch_7", exec::kPitch, 7);
  bad_exec("exec_in_height_0", exec::kInHeight, 0);
  bad_exec("exec_in_height", exec::kInHeight, 4096);
  bad_exec("exec_in_width_0", exec::kInWidth, 0);
  bad_exec("exec_in_width", exec::kInWidth, 4096);
  bad_exec("exec_out_height_0", exec::kOutHeight, 0);
  bad_exec("exec_out_height", exec::kOutHeight, 4096);
  bad_exec("exec_out_width_0", exec::kOutWidth, 0);
  bad_exec("exec_src0_base", exec::kSrc0Base, hw::kFbDepth * (hw::kM / hw::kC));
  bad_exec("exec_src1_base", exec::kSrc1Base, hw::kFbDepth * (hw::kM / hw::kC));
  bad_exec("exec_src0_step", exec::kSrc0Step, hw::kFbDepth * (hw::kM / hw::kC) + 1);
  bad_exec("exec_dst_base", exec::kDstBase, hw::kFbDepth);
  bad_exec("exec_dst_words_0", exec::kDstWords, 0);
  bad_exec("exec_dst_words", exec::kDstWords, hw::kFbDepth + 1);
  bad_exec("exec_dst_phase", exec::kDstPhase, hw::kFbDepth + 1);
  bad_exec("exec_dst_row_addr", exec::kDstRowAddr, hw::kFbDepth + 1);
  bad_exec("exec_dst_row_bank", exec::kDstRowBank, hw::kP);
  bad_exec("exec_res_words_0", exec::kResidual, 1);
  bad_exec("exec_hi", exec::kHi, 1u << (hw::kActW - 1));
  bad_exec("exec_lo", exec::kLo, 0x7fff);
  bad_exec("exec_lo_above_hi", exec::kHi, static_cast<uint16_t>(-129));
  bad_exec("exec_in_zero", exec::kInZero, 1u << (hw::kActW - 1));
  bad_exec("exec_out_zero", exec::kOutZero, 0x8000);
  bad_exec("exec_dst_bank", exec::kDstBank, hw::kP);
  bad_exec("exec_table_index", exec::kTableIndex, hw::kTables + 1);
  if (hw::kTables > 0) {
    for (const uint32_t number : {0, hw::kTables + 1}) {
      list.push_back(
          field("table_number", Error::kBadField, P::kTable, load_table::kNumber, number));
    }
    list.push_back({"table_behind_window", Error::kBadWindow, P::kTable, [](P& p) {
                      Descriptor& d = p.descriptors[P::kTable];
                      put(d, load_table::kOffset,
                          static_cast<uint32_t>(p.window.size()) - kTableBytes + 1);
                    }});
  }
  bad_exec("exec_round_mode", exec::kRoundMode, 3);
  list.push_back({"exec_uops_many", Error::kBadField, P::kMove, [](P& p) {
                    put(p.descriptors[P::kMove], exec::kGroups, 2);
                    put(p.descriptors[P::kMove], exec::kUops, hw::kWmDepth + 1);
                  }});
  return list;
}

TEST(Frontend, EveryFlawIsFoundInItsPlace) {
  Frontend s({"mixed", Stalls::light(), Stalls::light(), 10});
  for (const Flaw& flaw : flaws()) {
    SCOPED_TRACE(flaw.name);
    Program program(s.bench.random());
    flaw.make(program);
    if (flaw.seal) {
      for (isa::Descriptor& d : program.descriptors) isa::seal(d);
    }
    s.prepare(program, 2);
    s.start();
    s.expect_error(flaw.cause, static_cast<uint32_t>(flaw.index));
    s.recover();
    if (testing::Test::HasFailure()) return;
  }
}

TEST(Frontend, BusErrors) {
  Frontend s({"mixed", Stalls::light(), Stalls::none(), 10});
  const uint64_t line = hw::kAxiDataW / 8;
  const uint64_t burst = 16 * line;
  // Addresses are those of bursts, which end at multiples of 16 beats.
  const auto burst_of = [&](uint64_t address, uint64_t first) {
    return std::max(address / burst * burst, first / line * line);
  };
  for (int i = 0; i < 8; ++i) {
    SCOPED_TRACE(i);
    const AxiResponse response = i % 2 ? AxiResponse::kDecerr : AxiResponse::kSlverr;
    Program program(s.bench.random());
    s.prepare(program, 2);
    const auto read_cause = i % 2 ? Error::kReadDecerr : Error::kReadSlverr;
    const auto write_cause = i % 2 ? Error::kWriteDecerr : Error::kWriteSlverr;
    uint64_t address = 0, first = 0;
    uint32_t index = 0;
    Error cause = read_cause;
    if (i / 2 == 0) {  // a descriptor: a read has one, or four in larger cores
      index = hw::kM * hw::kC * hw::kP > 64 ? 4 : 6;
      first = s.prog_base + index * isa::kDescriptorBytes;
      address = s.prog_base + 6 * isa::kDescriptorBytes + isa::kDescriptorBytes / 2;
    } else if (i / 2 == 1) {
      const auto& d = program.descriptors[Program::kWeights];
      first = s.prog_base + isa::get(d, isa::load_weights::kOffset);
      address = first + isa::get(d, isa::load_weights::kBytes) - 1;
      index = Program::kWeights;
    } else if (i / 2 == 2) {
      first = s.in_base + program.in_offset;
      address = first + program.bytes / 2;
      index = Program::kFeatures;
    } else {
      first = s.out_base + program.out_offset;
      address = first + program.bytes / 2;
      index = Program::kStore;
      cause = write_cause;
    }
    s.memory.fail_addresses(address, 1, response);
    s.start();
    s.expect_error(cause, index, burst_of(address, first));
    s.recover();
    if (testing::Test::HasFailure()) return;
  }
}

// As the weight memory says so of row streams that do not make the tiles of their block.
TEST(Frontend, RowStreamsThatMakeOtherTiles) {
  Frontend s({"mixed", Stalls::light(), Stalls::none(), 10});
  for (int i = 0; i < 6; ++i) {
    SCOPED_TRACE(i);
    Program program(s.bench.random());
    uint32_t index = Program::kWeights;
    const auto streams = [&](uint32_t at) {
      const isa::Descriptor& d = program.descriptors[at];
      return isa::opcode(d) == isa::Opcode::kLoadWeights &&
             isa::get(d, isa::load_weights::kStreamItems) > 0;
    };
    while (index < program.descriptors.size() && !streams(index)) ++index;
    if (index == program.descriptors.size()) continue;
    s.prepare(program, 2);
    s.core.stream_ends = 0;
    s.start();
    s.bench.run_until([&] { return s.core.stream_ends > 0; }, 200000);
    s.core.stream_fault = true;
    s.expect_error(Error::kBadStream, index);
    s.recover();
    if (testing::Test::HasFailure()) return;
  }
}

TEST(Frontend, WatchdogStopsAHang) {
  Frontend s;
  Program program(s.bench.random());
  s.prepare(program, 2);
  s.core.hang = true;
  s.lite.write_ok(reg::kWatchdog, 500);
  s.start();
  s.wait_irq();
  // The descriptor named is the one that the sequencer waits for or tries to dispatch.
  const uint32_t index = s.lite.read_ok(reg::kErrDescriptor);
  EXPECT_LE(index, Program::kEnd);
  s.expect_error(Error::kWatchdog, index);
  s.recover();
}

TEST(Frontend, ProgramsThatComputeDoNotTripTheWatchdog) {
  Frontend s;
  s.core.exec_cycles = 900;
  s.lite.write_ok(reg::kWatchdog, 300);
  for (int i = 0; i < 3; ++i) {
    const Program program(s.bench.random());
    s.prepare(program, 2);
    s.run_ok(program, 2);
  }
}

TEST(Frontend, SoftResetAtAnyTime) {
  for (const Traffic& traffic : {Traffic{"quick", Stalls::none(), Stalls::none(), 1},
                                 Traffic{"far", Stalls::light(), Stalls::heavy(), 50}}) {
    Frontend s(traffic);
    for (int i = 0; i < 30; ++i) {
      const Program program(s.bench.random());
      s.prepare(program, 3);
      s.start();
      s.bench.run(static_cast<uint64_t>(s.bench.random().uniform(0, 1500)));
      s.recover();
      if (testing::Test::HasFailure()) return;
    }
  }
}

}  // namespace
}  // namespace reshift
