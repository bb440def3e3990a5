// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "device/runtime.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "base/error.hpp"
#include "compile/compile.hpp"
#include "device/compare.hpp"
#include "device/cores.hpp"
#include "device/sim.hpp"
#include "golden/graph_interpreter.hpp"
#include "golden/program_interpreter.hpp"
#include "golden/random_network.hpp"
#include "program/hardware.hpp"

namespace reshift {
namespace {

namespace reg = isa::reg;
using ::testing::HasSubstr;

/// A core made of the program interpreter, with the registers that the runtime uses.
class ModelDevice : public Device {
 public:
  ModelDevice(const isa::Hardware& hw, std::size_t bytes) : hw_(hw), memory_(bytes) {
    const auto u = [](int v) { return static_cast<std::uint32_t>(v); };
    registers[reg::kId] = isa::kRegisterId;
    registers[reg::kVersion] = isa::kVersion;
    namespace s = reg::cap_shape;
    namespace f = reg::cap_format;
    registers[reg::kCapShape] =
        s::kM.put(u(hw.m)) | s::kC.put(u(hw.c)) | s::kP.put(u(hw.p)) | s::kActW.put(u(hw.act_w));
    registers[reg::kCapFormat] = f::kWeightFormat.put(u(hw.weight_format)) |
                                 f::kAccW.put(u(hw.acc_w)) | f::kMultW.put(u(hw.mult_w)) |
                                 f::kAxiBytes.put(u(hw.axi_data_w / 8));
    registers[reg::kCapFbDepth] = u(hw.fb_depth);
    registers[reg::kCapWmDepth] = u(hw.wm_depth);
    registers[reg::kCapPost] = reg::cap_post::kPmDepth.put(u(hw.pm_depth)) |
                               reg::cap_post::kRequantise.put(u(hw.requantise));
    registers[reg::kCapOptions] = reg::cap_options::kTables.put(u(hw.tables)) |
                                  reg::cap_options::kNeighbours.put(u(hw.neighbours));
  }

  std::uint32_t read_register(std::uint32_t offset) override { return registers[offset]; }
  void write_register(std::uint32_t offset, std::uint32_t value) override {
    if (offset == reg::kIrqStatus) {
      registers[offset] &= ~value;
    } else if (offset == reg::kCtrl) {
      if (reg::ctrl::kStart.get(value)) start();
      resets += static_cast<int>(reg::ctrl::kSoftReset.get(value));
    } else {
      registers[offset] = value;
    }
  }
  std::uint64_t memory_base() const override { return kBase; }
  std::uint64_t memory_bytes() const override { return memory_.size(); }
  void write_memory(std::uint64_t address, std::span<const std::uint8_t> bytes) override {
    std::copy(bytes.begin(), bytes.end(), window(address, bytes.size()).begin());
  }
  void read_memory(std::uint64_t address, std::span<std::uint8_t> bytes) override {
    const auto from = window(address, bytes.size());
    std::copy(from.begin(), from.end(), bytes.begin());
  }
  void wait_interrupt() override {
    if (registers[reg::kIrqStatus] == 0) throw Error("no interrupt");
  }

  std::map<std::uint32_t, std::uint32_t> registers;
  std::uint32_t fail_with = 0;  ///< error cause of the next starts
  int resets = 0;

 private:
  static constexpr std::uint64_t kBase = 0x1'0000'0000;  // beyond 32 bits

  std::span<std::uint8_t> window(std::uint64_t address, std::uint64_t bytes) {
    if (address < kBase || address - kBase + bytes > memory_.size())
      throw Error("address outside the memory");
    return std::span(memory_).subspan(address - kBase, bytes);
  }
  std::uint64_t address(std::uint32_t low) {
    return std::uint64_t{registers[low + 4]} << 32 | registers[low];
  }

  void start() {
    if (fail_with != 0) {
      registers[reg::kErrCause] = fail_with;
      registers[reg::kErrDescriptor] = 3;
      registers[reg::kIrqStatus] = reg::irq_status::kError.mask();
      return;
    }
    const std::uint64_t frames = registers[reg::kFrames];
    const auto image = window(address(reg::kProgBaseLo), registers[reg::kProgSize]);
    const auto output =
        ProgramInterpreter(hw_, image)
            .run(window(address(reg::kInBaseLo), frames * registers[reg::kInStride]),
                 registers[reg::kInStride], registers[reg::kOutStride]);
    write_memory(address(reg::kOutBaseLo), output);
    registers[reg::kFramesDone] = static_cast<std::uint32_t>(frames);
    registers[reg::kIrqStatus] = reg::irq_status::kDone.mask();
  }

  isa::Hardware hw_;
  std::vector<std::uint8_t> memory_;
};

class RuntimeTest : public ::testing::Test {
 protected:
  std::string error_of(const std::function<void()>& action) {
    try {
      action();
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  }
  const isa::Hardware& hw_ = find_hardware("4x4x3");
  const Program program_ = compile(hw_, random_qnet(5), {true});
  const std::vector<std::int32_t> image_ = random_image(program_.net, 7);
};

// Frame f goes to device f mod 3; the results come back in order, and a device without room for all
// of its frames starts several times.
TEST_F(RuntimeTest, CoresTakeFramesInTurn) {
  std::vector<std::unique_ptr<Device>> devices;
  const auto frame = static_cast<std::size_t>(program_.in_stride + program_.out_stride);
  const std::size_t room = (program_.image.size() / 4096 + 2) * 4096 + frame * 3 / 2;
  for (const std::size_t bytes : {std::size_t{1} << 24, room, std::size_t{1} << 24})
    devices.push_back(std::make_unique<ModelDevice>(hw_, bytes));
  constexpr std::size_t kFrames = 8;
  std::vector<std::uint8_t> input;
  for (std::size_t f = 0; f < kFrames; ++f) {
    const auto window = program_.input_window(random_image(program_.net, 100 + f));
    input.insert(input.end(), window.begin(), window.end());
  }
  std::atomic<std::size_t> done = 0;
  const CoresRun run =
      run_in_turn(devices, program_, input, [&](std::size_t frames) { done += frames; });
  EXPECT_EQ(done, kFrames);
  Comparison same(program_);
  const auto stride = static_cast<std::size_t>(program_.out_stride);
  for (std::size_t f = 0; f < kFrames; ++f) {
    same.add(f, {"cores", std::span(run.output).subspan(f * stride, stride)},
             LayerReference(program_.net).run(random_image(program_.net, 100 + f)));
  }
  EXPECT_EQ(same.mismatches(), 0u);
  ASSERT_EQ(run.cores.size(), 3u);
  EXPECT_EQ(run.cores[0].frames, 3u);
  EXPECT_EQ(run.cores[1].frames, 3u);
  EXPECT_EQ(run.cores[2].frames, 2u);
  EXPECT_EQ(run.cores[0].later_frames, 2u);
  EXPECT_EQ(run.cores[2].later_frames, 1u);
  EXPECT_LT(run.cores[1].later_frames, 2u);
}

TEST_F(RuntimeTest, RunsFramesAndComparesEveryLayer) {
  ModelDevice device(hw_, 1 << 24);
  Runtime runtime(device, program_);
  const auto window = program_.input_window(image_);
  std::vector<std::uint8_t> two = window;
  two.insert(two.end(), window.begin(), window.end());
  auto result = runtime.run(two);
  ASSERT_EQ(result.output.size(), static_cast<std::size_t>(2 * program_.out_stride));
  const auto tensors = LayerReference(program_.net).run(image_);
  EXPECT_EQ(tensors, run_graph(program_.net, image_));
  const auto second =
      std::span(result.output).subspan(static_cast<std::size_t>(program_.out_stride));
  Comparison same(program_);
  same.add(1, {"core", second}, tensors);
  EXPECT_EQ(same.mismatches(), 0u);
  ASSERT_EQ(same.pairs().size(), 1u);
  EXPECT_EQ(same.pairs()[0].actual + ", " + same.pairs()[0].expected, "core, graph");
  std::size_t codes = 0;
  for (const StoredTensor& t : program_.stored) {
    codes += program_.net.tensors[static_cast<std::size_t>(t.tensor)].size();
  }
  EXPECT_EQ(same.pairs()[0].codes, codes);

  const StoredTensor& last = program_.stored.back();
  second[static_cast<std::size_t>(last.offset)] ^= 1;  // channel 0 of pixel (0, 0)
  Comparison different(program_);
  different.add(1, {"core", second}, tensors);
  EXPECT_EQ(different.mismatches(), 1u);
  EXPECT_EQ(different.pairs()[0].mismatches, 1u);
  EXPECT_THAT(different.first(), HasSubstr("image 1, layer " + program_.net.ops.back().name));
  EXPECT_THAT(different.first(), HasSubstr("pixel y 0 x 0, channel 0"));
}

// As long as a frame of the program takes, but no shorter than its memory may be late.
TEST_F(RuntimeTest, SetsTheWatchdogByTheProgram) {
  Program program = program_;
  for (const auto& [cycles, watchdog] :
       {std::pair{1'000, 5'000u}, {70'000, 70'000u}, {12'345'678, 1'000'000u}}) {
    program.first_cycles = cycles;
    ModelDevice device(hw_, 1 << 24);
    Runtime runtime(device, program);
    EXPECT_EQ(device.registers[reg::kWatchdog], watchdog);
  }
}

TEST_F(RuntimeTest, RefusesAnotherCore) {
  ModelDevice other(find_hardware("16x16x8"), 1 << 24);
  EXPECT_THAT(error_of([&] { Runtime(other, program_); }),
              HasSubstr("compiled for 4x4x3 with M 4, the core has 16"));
  ModelDevice newer(hw_, 1 << 24);
  newer.registers[reg::kVersion] = isa::kVersion + 1;
  EXPECT_THAT(error_of([&] { Runtime(newer, program_); }),
              HasSubstr(fmt::format("contract version {}, this tool and its programs have {}",
                                    isa::kVersion + 1, isa::kVersion)));
  ModelDevice foreign(hw_, 1 << 24);
  foreign.registers[reg::kId] = 0;
  EXPECT_THAT(error_of([&] { Runtime(foreign, program_); }), HasSubstr("no ReShift core"));
  ModelDevice small(hw_, 4096);
  EXPECT_THAT(error_of([&] { Runtime(small, program_); }), HasSubstr("too small"));
}

TEST_F(RuntimeTest, NamesCauseAndPlaceOfAnErrorAndRunsAgain) {
  ModelDevice device(hw_, 1 << 24);
  Runtime runtime(device, program_);
  const auto window = program_.input_window(image_);
  device.fail_with = static_cast<std::uint32_t>(isa::Error::kReadDecerr);
  const std::string error = error_of([&] { runtime.run(window); });
  EXPECT_THAT(error, HasSubstr("read_decerr"));
  EXPECT_THAT(error, HasSubstr("descriptor 3 (" + program_.descriptors[3] + ")"));
  EXPECT_EQ(device.resets, 2) << "one before the program, one after the error";
  device.fail_with = 0;
  EXPECT_EQ(error_of([&] { runtime.run(window); }), "");
}

TEST(SimDevice, NamesTheCommandThatBuildsAMissingCore) {
  try {
    open_sim_device("no-such-core", {});
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("make sim CONFIG=no-such-core"));
  }
}

}  // namespace
}  // namespace reshift
