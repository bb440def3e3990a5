// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/compile.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.hpp"
#include "compile/hardware.hpp"
#include "golden/graph_interpreter.hpp"
#include "golden/program_interpreter.hpp"
#include "golden/random_network.hpp"

namespace reshift {
namespace {

using Timing = ProgramInterpreter::Timing;

/// Compiles the network of a seed, runs two frames, and compares everything that reaches memory
/// with the graph.
void check_seed(const spec::Hardware& hw, std::uint64_t seed, bool store_all, Timing timing) {
  SCOPED_TRACE(fmt::format("{} seed {} store_all {} late {}", hw.name, seed, store_all,
                           timing == Timing::kLate));
  const QNet net = random_qnet(seed, {.slice_channels = hw.m});
  const Program program = compile(hw, net, {store_all});
  std::vector<std::uint8_t> input;
  std::vector<std::vector<std::vector<std::int32_t>>> expected;
  constexpr std::size_t kFrames = 2;
  for (std::size_t f = 0; f < kFrames; ++f) {
    const auto image = random_image(net, seed * 10 + f);
    expected.push_back(run_graph(net, image));
    const auto window = program.input_window(image);
    input.insert(input.end(), window.begin(), window.end());
  }
  const auto output = ProgramInterpreter(hw, program.image, timing)
                          .run(input, program.in_stride, program.out_stride);
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

INSTANTIATE_TEST_SUITE_P(All, RandomNetworks, ::testing::ValuesIn(spec::kConfigurations),
                         [](const auto& param) { return "Hw" + std::string(param.param.name); });

}  // namespace
}  // namespace reshift
