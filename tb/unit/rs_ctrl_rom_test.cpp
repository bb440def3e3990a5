// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// The memory of the control program has what the model runs.
#include <Vrs_ctrl_rom.h>
#include <gtest/gtest.h>

#include "harness/bench.hpp"
#include "unit/models/control_program.hpp"

namespace reshift::ctrl {
namespace {

constexpr isa::Hardware kHardware{.name = "bench",
                                  .m = RESHIFT_M,
                                  .c = RESHIFT_C,
                                  .p = RESHIFT_P,
                                  .act_w = RESHIFT_ActW,
                                  .weight_format = RESHIFT_WeightFormat,
                                  .acc_w = RESHIFT_AccW,
                                  .mult_w = RESHIFT_MultW,
                                  .fb_depth = RESHIFT_FbDepth,
                                  .wm_depth = RESHIFT_WmDepth,
                                  .pm_depth = RESHIFT_PmDepth,
                                  .post_lanes = 1,
                                  .tables = RESHIFT_Tables,
                                  .axi_data_w = RESHIFT_AxiDataW,
                                  .neighbours = RESHIFT_Neighbours,
                                  .weight_streams = RESHIFT_WeightStreams,
                                  .requantise = RESHIFT_Requantise};

TEST(CtrlRom, EveryInstructionIsTheModels) {
  const auto program = control_program(kHardware);
  Bench<Vrs_ctrl_rom> bench;
  for (std::size_t pc = 0; pc < 512; ++pc) {
    const Instruction expected =
        pc < program.size() ? program[pc] : Instruction{Op::kBranch, Width::kAll, false, 0, 0};
    bench->read_i = 1;
    bench->addr_i = static_cast<std::uint16_t>(pc);
    bench.tick();
    EXPECT_EQ(bench->instruction_o, pack(expected)) << pc;
    bench->read_i = 0;
    bench->addr_i = 0;
    bench.tick();
    EXPECT_EQ(bench->instruction_o, pack(expected)) << "it stays";
  }
}

}  // namespace
}  // namespace reshift::ctrl
