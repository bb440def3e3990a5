// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// The control processor against its model: random programs, stalls, conditions and traps.
#include <Vrs_ctrl_cpu.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <deque>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "harness/bench.hpp"
#include "unit/models/ctrl_cpu_model.hpp"
#include "unit/models/ctrl_programs.hpp"

namespace reshift::ctrl {
namespace {

constexpr int kSlotBits = RESHIFT_SlotW;
constexpr int kBurstOffsetBits = RESHIFT_BurstOffsetW;
constexpr int kJumpCycles = 4 + RESHIFT_RamReg;

using Effect = CtrlCpuModel::Effect;

std::string text(const Effect& e) {
  if (e.event) return fmt::format("event {} with {:#x}", static_cast<int>(*e.event), e.value);
  return fmt::format("word {:#x} = {:#x}", e.address, e.value);
}

/// What is around the processor: the memories of code and of words, conditions and slots. Each
/// effect gives new conditions, each event new slots, so that they do not depend on stalls. Every
/// effect is compared with the model's next one.
class Surroundings : public Agent {
 public:
  Surroundings(Vrs_ctrl_cpu& dut, Random& random, std::vector<Instruction> code, Stalls stalls)
      : program(std::move(code)),
        model({program}, kSlotBits, kBurstOffsetBits),
        dut_(dut),
        random_(random),
        stall_(stalls, random()),
        pins_(random()) {
    for (std::uint32_t& word : model.memory) word = static_cast<std::uint32_t>(random());
    memory_ = model.memory;
    draw_conditions();
    draw_slots();
    drive();
  }

  void sample() override {
    ++cycle_;
    read_.reset();
    if (dut_.read_o) {
      EXPECT_FALSE(dut_.stall_i) << "a read while something else reads";
      read_ = memory_.at(dut_.raddr_o);
    }
    if (dut_.write_o || dut_.event_valid_o) effect();
    write_next_ = dut_.write_next_o;
    if (dut_.code_read_o) code_ = program[dut_.pc_o % program.size()];
    if (dut_.trap_i) model.trap();
  }

  void drive() override {
    dut_.instruction_i = pack(code_);
    dut_.rdata_i = read_ ? *read_ : static_cast<std::uint32_t>(pins_());
    dut_.stall_i = stall_.stall();
    dut_.trap_i = pins_.chance(trap_percent_) && pins_.chance(20);
    dut_.conditions_i = static_cast<std::uint16_t>(inputs_.conditions);
    dut_.slot_i = static_cast<std::uint8_t>(inputs_.slot);
    dut_.ask_slot_i = static_cast<std::uint8_t>(inputs_.ask_slot);
    dut_.fault_slot_i = static_cast<std::uint8_t>(inputs_.fault_slot);
  }

  void trap_sometimes() { trap_percent_ = 5; }
  bool memories_equal() const { return memory_ == model.memory; }

  std::vector<Instruction> program;
  CtrlCpuModel model;
  std::uint64_t effects = 0;
  std::vector<std::uint64_t> event_cycles;  ///< of all events

 private:
  void effect() {
    EXPECT_FALSE(dut_.write_o && dut_.event_valid_o);
    Effect actual{.event = {}, .address = 0, .value = dut_.wdata_o};
    if (dut_.event_valid_o) {
      actual.event = static_cast<Event>(dut_.event_o);
      if (!kEventValue.at(dut_.event_o)) actual.value = 0;
      event_cycles.push_back(cycle_);
    } else {
      EXPECT_TRUE(write_next_) << "a write that was not announced";
      actual.address = dut_.waddr_o;
      memory_.at(dut_.waddr_o) = dut_.wdata_o;
    }
    std::optional<Effect> expected;
    for (int i = 0; !expected && i < 2000; ++i) expected = model.step(inputs_);
    ++effects;
    if (!expected) {
      ADD_FAILURE() << "effect " << effects << ": " << text(actual) << ", the model gives none";
    } else if (!(*expected == actual)) {
      ADD_FAILURE() << "effect " << effects << ": " << text(actual) << ", expected "
                    << text(*expected);
    }
    draw_conditions();
    if (actual.event) draw_slots();
  }

  void draw_conditions() { inputs_.conditions = static_cast<unsigned>(random_.uniform(0, 511)); }
  void draw_slots() {
    const auto draw = [&] {
      return static_cast<unsigned>(random_.uniform(0, (1 << kSlotBits) - 1));
    };
    inputs_.slot = draw();
    inputs_.ask_slot = draw();
    inputs_.fault_slot = draw();
  }

  Vrs_ctrl_cpu& dut_;
  Random& random_;
  StallSource stall_;
  Random pins_;
  CtrlCpuModel::Inputs inputs_;
  std::vector<std::uint32_t> memory_;
  Instruction code_{};
  std::optional<std::uint32_t> read_;
  bool write_next_ = false;
  std::uint64_t cycle_ = 0;
  int trap_percent_ = 0;
};

struct Profile {
  const char* name;
  Stalls stalls;
  bool traps;
};

class RandomPrograms : public testing::TestWithParam<Profile> {};

TEST_P(RandomPrograms, EveryEffectIsTheModels) {
  Random random(run_seed());
  for (int i = 0; i < 100; ++i) {
    SCOPED_TRACE(i);
    Bench<Vrs_ctrl_cpu> bench(random());
    Surroundings around(bench.dut(), bench.random(), ProgramWriter(random).write(),
                        GetParam().stalls);
    bench.reset(8);
    if (GetParam().traps) around.trap_sometimes();
    around.drive();
    bench.add(around);
    bench.run_until([&] { return around.effects >= 600; }, 200000);
    EXPECT_TRUE(around.memories_equal());
    if (testing::Test::HasFailure()) return;
  }
}
INSTANTIATE_TEST_SUITE_P(CtrlCpu, RandomPrograms,
                         testing::Values(Profile{"quick", Stalls::none(), false},
                                         Profile{"light", Stalls::light(), false},
                                         Profile{"heavy", Stalls::heavy(), false},
                                         Profile{"traps", Stalls::none(), true},
                                         Profile{"traps_light", Stalls::light(), true},
                                         Profile{"traps_bursty", Stalls::bursty(), true}),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(CtrlCpu, OneInstructionPerCycleAndFourMoreForAJump) {
  const auto event = [](int code) {
    return Instruction{Op::kOut, Width::kAll, false, 0, static_cast<std::uint16_t>(code)};
  };
  const auto go = [](Condition condition, unsigned target) {
    return Instruction{Op::kBranch, Width::kAll, false, 0,
                       static_cast<std::uint16_t>(static_cast<unsigned>(condition) << 12 | target)};
  };
  const Instruction nothing = go(Condition::kNever, 0);
  const std::vector<Instruction> program{{Op::kLdi, Width::kAll, false, 0, 7},
                                         event(1),
                                         event(2),
                                         go(Condition::kNz, 6),
                                         nothing,
                                         nothing,
                                         event(3),
                                         go(Condition::kZ, 0),
                                         event(4),
                                         go(Condition::kAlways, 9)};
  Bench<Vrs_ctrl_cpu> bench;
  Surroundings around(bench.dut(), bench.random(), program, Stalls::none());
  bench.reset(8);
  bench.add(around);
  bench.run(60);
  const auto& at = around.event_cycles;
  ASSERT_EQ(at.size(), 4u);
  EXPECT_EQ(at[1] - at[0], 1u);
  EXPECT_EQ(at[2] - at[1], 3u + kJumpCycles) << "a jump, the instruction after it";
  EXPECT_EQ(at[3] - at[2], 2u) << "no jump";
}

}  // namespace
}  // namespace reshift::ctrl
