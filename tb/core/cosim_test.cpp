// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

// Co-simulation of the whole core with the program interpreter: every write into the feature buffer
// is compared in the cycle in which it happens, so that a mismatch names cycle, operation and
// address. The networks of the suite Full and those that RESHIFT_COSIM_PROGRAM names are for
// tb/core/cosim.sh.

#include <gmock/gmock.h>

#include <cstdlib>
#include <cstring>
#include <type_traits>

#include "core/core_case.hpp"
#include "core/write_agent.hpp"
#include "data/samples.hpp"
#include "isa/descriptors.hpp"
#include "program/weight_block.hpp"

#include RESHIFT_MODEL_HEADER
#include RESHIFT_ROOT_HEADER

namespace reshift {
namespace {

using ::testing::HasSubstr;
using Root = std::remove_reference_t<decltype(*RESHIFT_MODEL::rootp)>;

/// Networks and writes compared, printed at the end.
class Totals : public ::testing::Environment {
 public:
  void add(const WriteChecker& checker) {
    ++networks_;
    writes_ += checker.count();
  }
  void TearDown() override {
    fmt::print("{}: {} networks, {} writes into the feature buffer equal\n", RESHIFT_CONFIG,
               networks_, writes_);
  }

 private:
  std::size_t networks_ = 0, writes_ = 0;
};
Totals* const totals =
    static_cast<Totals*>(::testing::AddGlobalTestEnvironment(new Totals));  // gtest's own

/// Runs `program` on the core, whose writes `checker` sees.
void cosimulate(const Program& program, const std::vector<std::uint8_t>& inputs, int frames,
                const CoreRunOptions& options, WriteChecker& checker) {
  CoreBench<RESHIFT_MODEL> core(kHardware, options);
  WriteAgent<Root> agent(*core.bench()->rootp, kHardware, checker);
  core.bench().add(agent);
  core.run(program, inputs, frames);
  checker.check_complete();
}

class Cosim : public ::testing::TestWithParam<int> {};

TEST_P(Cosim, EveryWriteEqualsTheInterpreter) {
  const int n = GetParam();
  // Two frames, so that the next image is loaded while one is computed; then batches; half of them
  // on a memory that makes everybody wait.
  const CoreCase core_case(static_cast<std::uint64_t>(n), n % 4 == 0, 2, 1 + n % 3 / 2);
  WriteChecker checker(core_case.program, core_case.inputs);
  cosimulate(core_case.program, core_case.inputs, core_case.frames,
             {.read_latency = 1 + n * 7 % 60, .stalls = n % 2 == 1, .max_cycles = 10'000'000},
             checker);
  totals->add(checker);
}

INSTANTIATE_TEST_SUITE_P(Quick, Cosim, ::testing::Range(0, 10));
INSTANTIATE_TEST_SUITE_P(Full, Cosim, ::testing::Range(10, 40));

/// What co-simulation says when the core gets another program than the interpreter.
std::string error_of(const CoreCase& core_case, const Program& program) {
  WriteChecker checker(core_case.program, core_case.inputs);
  try {
    cosimulate(program, core_case.inputs, core_case.frames, {}, checker);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

/// Index of the first descriptor with this opcode.
std::size_t find(const Program& program, isa::Opcode opcode) {
  std::size_t index = 0;
  while (isa::opcode(descriptor_of(program, index)) != opcode) ++index;
  return index;
}

TEST(CosimFault, AWrongWeightIsNamedWithCycleOperationAndAddress) {
  const CoreCase core_case(3, false, 1);
  Program damaged = core_case.program;
  // The first tile of the first operation with other exponents.
  const std::size_t at = find(damaged, isa::Opcode::kLoadWeights);
  auto load = isa::decode<isa::LoadWeights>(descriptor_of(damaged, at));
  const std::string operation = damaged.descriptors[find(damaged, isa::Opcode::kExec)];
  ASSERT_EQ(load.stream_items, 0) << "take a case whose first block has tiles";
  const WeightBlockSections sections(kHardware, load.param_blocks, load.uops, 0);
  for (int byte = 0; byte < isa::tile_bytes(kHardware); ++byte) {
    damaged.image[static_cast<std::size_t>(load.offset + sections.tiles + byte)] ^= 0x11;
  }
  load.block_checksum = block_checksum(
      std::span(damaged.image)
          .subspan(static_cast<std::size_t>(load.offset), static_cast<std::size_t>(load.bytes)));
  const isa::Descriptor words = isa::encode(load);
  std::memcpy(damaged.image.data() + at * isa::kDescriptorBytes, words.data(), sizeof words);
  const std::string error = error_of(core_case, damaged);
  EXPECT_THAT(error, ::testing::MatchesRegex("cycle [0-9]+: .*"));
  EXPECT_THAT(error, HasSubstr(operation));
  EXPECT_THAT(error, HasSubstr("pixel y "));
}

TEST(CosimFault, AWrongAddressIsNamed) {
  if (isa::post_pixels(kHardware) > 1) GTEST_SKIP() << "it is taken for the write of that address";
  const CoreCase core_case(3, false, 1);
  Program damaged = core_case.program;
  const std::size_t at = find(damaged, isa::Opcode::kExec);
  auto exec = isa::decode<isa::Exec>(descriptor_of(damaged, at));
  exec.dst_base += 1;
  const isa::Descriptor words = isa::encode(exec);
  std::memcpy(damaged.image.data() + at * isa::kDescriptorBytes, words.data(), sizeof words);
  EXPECT_THAT(
      error_of(core_case, damaged),
      HasSubstr(fmt::format("{} (descriptor {}, frame 0), pixel y 0 x 0, M-block 0: the core "
                            "writes bank 0 address {}, the model bank 0 address {}",
                            damaged.descriptors[at], at, exec.dst_base, exec.dst_base - 1)));
}

TEST(CosimFault, WhatIsMissingOrTooMuchIsNamed) {
  const CoreCase core_case(3, false, 1);
  WriteChecker checker(core_case.program, core_case.inputs);
  try {
    checker.check_complete();
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("the core made 0 of "));
  }
  cosimulate(core_case.program, core_case.inputs, 1, {}, checker);
  try {
    checker.check({Engine::kLoad, 7, 1, 2, {}});
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("cycle 7: LOAD writes bank 1 address 2 after the last"));
  }
}

TEST(CosimProgram, EveryWriteEqualsTheInterpreter) {
  const char* path = std::getenv("RESHIFT_COSIM_PROGRAM");
  if (!path) GTEST_SKIP() << "tb/core/cosim.sh names a program and its images";
  const Program program = Program::load(path);
  ASSERT_EQ(program.hw.name, kHardware.name);
  const auto data = open_samples(std::getenv("RESHIFT_COSIM_DATA"), "", program.net);
  constexpr int kFrames = 2;
  std::vector<std::uint8_t> inputs;
  for (std::size_t i = 0; i < kFrames; ++i) {
    const auto window = program.input_window(quantize_values(program.net, data->get(i).values));
    inputs.insert(inputs.end(), window.begin(), window.end());
  }
  WriteChecker checker(program, inputs);
  cosimulate(program, inputs, kFrames, {.max_cycles = 100'000'000}, checker);
  totals->add(checker);
}

}  // namespace
}  // namespace reshift
