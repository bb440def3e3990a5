// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

// Three frames of random networks: cycles of the core, against those that program_time.hpp expects.

#include <cmath>

#include "core/core_case.hpp"
#include "cost/constants.hpp"
#include "cost/program_time.hpp"

#include RESHIFT_MODEL_HEADER

namespace reshift {
namespace {

constexpr int kTimedFrames = 3;

/// Cycles of the core over those expected.
double ratio(std::uint64_t seed) {
  const CoreCase core_case(seed, false, kTimedFrames);
  constexpr int kLatency = cost::kMemoryLatency;
  CoreBench<RESHIFT_MODEL> core(kHardware, {.read_latency = kLatency, .write_latency = kLatency},
                                seed);
  core.run(core_case.program, core_case.inputs, kTimedFrames);
  EXPECT_EQ(core.get(isa::reg::kErrCause), 0u);
  const double cycles = core.get(isa::reg::kCycles);
  double expected = 0;
  for (const cost::FrameTime& frame :
       cost::frame_times(kHardware, core_case.program.image, kTimedFrames)) {
    expected += static_cast<double>(frame.cycles);
  }
  return cycles / expected;
}

class RandomCost : public testing::TestWithParam<int> {};

TEST_P(RandomCost, NineteenOfTwentyWithinFivePercent) {
  int within = 0;
  double least = 1, most = 1;
  for (int seed = 0; seed < GetParam(); ++seed) {
    const double r = ratio(static_cast<std::uint64_t>(seed));
    within += std::abs(r - 1) <= 0.05 ? 1 : 0;
    least = std::min(least, r);
    most = std::max(most, r);
  }
  fmt::print("{}: {} of {} random networks within 5 %, from {:+.1f} to {:+.1f} %\n", kHardware.name,
             within, GetParam(), 100 * (least - 1), 100 * (most - 1));
  EXPECT_GE(within * 20, GetParam() * 19);
}

INSTANTIATE_TEST_SUITE_P(Quick, RandomCost, testing::Values(20));
INSTANTIATE_TEST_SUITE_P(Full, RandomCost, testing::Values(200));  // make core-test

}  // namespace
}  // namespace reshift
