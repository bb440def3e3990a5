// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "cost/bank_ports.hpp"
#include "cost/constants.hpp"
#include "cost/engine_times.hpp"
#include "cost/exec_cycles.hpp"
#include "cost/memory_policy.hpp"
#include "cost/transfers.hpp"
#include "program/hardware.hpp"

namespace reshift::cost {
namespace {

/// A weight memory of 2048 tiles of 128 bytes, a bus of 16 bytes, 8 columns.
const isa::Hardware kCore = find_hardware("16x16x8");

TEST(MemoryPolicy, ShortListsMayTakeHalfLongOnesAQuarterAtATime) {
  EXPECT_TRUE(list_stays(kCore, 1024));
  EXPECT_FALSE(list_stays(kCore, 1025));
  EXPECT_EQ(most_exec_uops(kCore, 1024), 1024);
  EXPECT_EQ(most_exec_uops(kCore, 1025), 512);
  EXPECT_EQ(most_exec_uops(kCore, 1025) + most_uops_ahead(kCore), kCore.wm_depth);
}

TEST(ExecCycles, TheSlowerOfArrayAndPostProcessingSetsThePaceOfAnMBlock) {
  constexpr std::array<std::size_t, 2> kUops{3, 100};
  const ExecCycles cycles = exec_cycles(kCore, kUops, 10);
  EXPECT_EQ(cycles.array, 10 * 103);
  EXPECT_EQ(cycles.post, 10 * 16);
  EXPECT_EQ(cycles.exec, 10 * 108);
}

TEST(ExecCycles, FewLanesGoThroughPasses) {
  const isa::Hardware small = find_hardware("4x4x2");  // one lane for four channels
  EXPECT_EQ(post_cycles(small), 2 * 4 * (16 + kPostPass + kPostShift) + kPostPipeline);
}

TEST(Transfers, APolyphaseTensorBesideThemTakesTheirBanks) {
  EXPECT_EQ(bus_cycles(kCore, 1600), 100);
  EXPECT_EQ(tile_cycles(kCore, 10), 10 * 128 / 16);
  EXPECT_EQ(stream_cycles(kCore, 10), 10);
  // Long lists leave the banks alone most of the time.
  const auto beside = [](std::int64_t cycles) {
    return transfer_beside(kCore, 1000, words_beside_polyphase(kCore, 1, cycles));
  };
  EXPECT_LE(beside(1000), 1020);
  EXPECT_GT(beside(8), 1500);
}

// What tb/core/cost_test.cpp measures on the cores, for shapes that it does not simulate.
TEST(BankPorts, SumsIntoAPolyphaseTensorWait) {
  const auto group = [](const char* name, bool residual, bool polyphase, std::int64_t uops) {
    const isa::Hardware hw = find_hardware(name);
    isa::Exec exec{.residual = residual, .dst_polyphase = polyphase};
    exec.pitch = exec.out_width = 56;
    exec.dst_row_bank = exec.res_row_bank = 56 % hw.p;
    constexpr int kGroups = 1001;
    exec.groups = kGroups;
    return port_use(hw, exec, std::vector<std::int64_t>{uops}).further / (kGroups - 1);
  };
  // A pixel a cycle: only both together are slower than post-processing.
  EXPECT_EQ(group("32x16x7", true, false, 4), 7);
  EXPECT_EQ(group("32x16x7", false, true, 4), 7);
  EXPECT_GT(group("32x16x7", true, true, 4), 7.5);
  EXPECT_EQ(group("32x16x7", true, true, 40), 40);
  // Four pixels of a polyphase tensor are in two banks; the queues behind post-processing make up
  // for it.
  EXPECT_EQ(group("16x16x8_dsp", true, false, 1), 2);
  EXPECT_EQ(group("16x16x8_dsp", false, true, 1), 2);
  EXPECT_GT(group("16x16x8_dsp", true, true, 1), 2.5);
}

TEST(EngineTimes, EnginesWorkAtOnceAndWaitForOneAnother) {
  EngineTimes times(kCore);
  times.begin_step(0);
  times.load(1600, 0);
  EXPECT_EQ(times.loaded(), kExecToTransfer + 100);
  times.execute(times.loaded(), 5000);
  times.store(3200);
  EXPECT_EQ(times.stored(), times.executed() + kExecToTransfer + 200);
  isa::LoadWeights list;
  list.uops = 1000;
  list.bytes = 132000;
  times.load_list(list, times.loaded());  // while EXEC works
  EXPECT_EQ(times.loaded(), kExecToTransfer + 100 + 1000 * 132 / 16);
  EXPECT_EQ(times.done(), std::max(times.loaded(), times.stored()));
  EXPECT_EQ(times.bytes(), 1600 + 3200 + 132000);
}

}  // namespace
}  // namespace reshift::cost
