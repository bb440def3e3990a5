// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/compile.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "base/error.hpp"
#include "compile/hardware.hpp"
#include "golden/graph_interpreter.hpp"
#include "golden/program_interpreter.hpp"
#include "golden/random_network.hpp"

namespace reshift {
namespace {

using Timing = ProgramInterpreter::Timing;

/// Runs two frames of a seed's network, and compares everything that reaches memory with the graph.
void check_program(const QNet& net, const Program& program, std::uint64_t seed, bool store_all,
                   Timing timing) {
  SCOPED_TRACE(fmt::format("{} of {} words, seed {} store_all {} late {}", program.hw.name,
                           program.hw.fb_depth, seed, store_all, timing == Timing::kLate));
  std::vector<std::uint8_t> input;
  std::vector<std::vector<std::vector<std::int32_t>>> expected;
  constexpr std::size_t kFrames = 2;
  for (std::size_t f = 0; f < kFrames; ++f) {
    const auto image = random_image(net, seed * 10 + f);
    expected.push_back(run_graph(net, image));
    const auto window = program.input_window(image);
    input.insert(input.end(), window.begin(), window.end());
  }
  const auto output = ProgramInterpreter(program.hw, program.image, timing)
                          .run(input, program.in_stride, program.out_stride);
  int words = 0;
  for (const BufferUse& a : program.buffer) {
    words = std::max(words, a.base + a.words);
    for (const BufferUse& b : program.buffer) {
      const bool together = &a != &b && a.first <= b.last && b.first <= a.last;
      ASSERT_FALSE(together && a.base < b.base + b.words && b.base < a.base + a.words)
          << a.name << " and " << b.name << " lie over one another";
    }
  }
  ASSERT_EQ(words, program.buffer_words);
  ASSERT_GE(program.stored.size(), store_all ? net.tensors.size() - 1 : 1);
  for (std::size_t f = 0; f < kFrames; ++f) {
    const auto window = std::span(output).subspan(f * static_cast<std::size_t>(program.out_stride),
                                                  static_cast<std::size_t>(program.out_stride));
    for (const StoredTensor& t : program.stored) {
      ASSERT_EQ(program.stored_codes(t, window), expected[f][static_cast<std::size_t>(t.tensor)])
          << "frame " << f << " tensor " << t.name;
    }
  }
}

void check_seed(const spec::Hardware& hw, std::uint64_t seed, bool store_all, Timing timing) {
  const QNet net = random_qnet(seed, {.slice_channels = hw.m});
  check_program(net, compile(hw, net, {store_all}), seed, store_all, timing);
}
class RandomNetworks : public ::testing::TestWithParam<spec::Hardware> {};

// Every shape; memories that take all of these networks (what does not fit is refused, see
// program_test.cpp).
TEST_P(RandomNetworks, ProgramEqualsGraph) {
  spec::Hardware hw = GetParam();
  hw.acc_w = std::max(hw.acc_w, 28);
  hw.fb_depth = std::max(hw.fb_depth, 8192);
  hw.wm_depth = std::max(hw.wm_depth, 4096);
  hw.pm_depth = std::max(hw.pm_depth, 128);
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    check_seed(hw, seed, seed % 2 == 0, seed % 4 < 2 ? Timing::kLate : Timing::kEager);
    if (HasFatalFailure()) return;
  }
}

// Half of the buffer, and half of that, until the network is refused: tensors in memory, strip by
// strip.
TEST_P(RandomNetworks, ProgramEqualsGraphWithTensorsInMemory) {
  spec::Hardware hw = GetParam();
  hw.acc_w = std::max(hw.acc_w, 28);
  hw.wm_depth = std::max(hw.wm_depth, 4096);
  hw.pm_depth = std::max(hw.pm_depth, 128);
  int spilled = 0;
  for (std::uint64_t seed = 1; seed <= 80; ++seed) {
    const bool store_all = seed % 2 == 0;
    const QNet net = random_qnet(seed, {.slice_channels = hw.m});
    for (hw.fb_depth = 4096; hw.fb_depth >= 8; hw.fb_depth /= 2) {
      std::optional<Program> program;
      try {
        program = compile(hw, net, {store_all});
      } catch (const Error&) {
        break;
      }
      const bool strips = std::any_of(program->ops.begin(), program->ops.end(),
                                      [](const OpReport& op) { return op.strips > 1; });
      if (!strips) continue;
      ++spilled;
      check_program(net, *program, seed, store_all, seed % 4 < 2 ? Timing::kLate : Timing::kEager);
      if (HasFatalFailure()) return;
    }
  }
  // The networks are too small for the widest core's words.
  EXPECT_GT(spilled, hw.m < 32 ? 0 : -1);
}

INSTANTIATE_TEST_SUITE_P(All, RandomNetworks, ::testing::ValuesIn(spec::kConfigurations),
                         [](const auto& param) { return "Hw" + std::string(param.param.name); });

}  // namespace
}  // namespace reshift
