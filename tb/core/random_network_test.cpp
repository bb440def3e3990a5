// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

// Random small networks through the whole core: every tensor that reaches memory equals the
// reference model's, bit for bit.

#include "core/core_case.hpp"

#include RESHIFT_MODEL_HEADER

namespace reshift {
namespace {

class RandomNetwork : public testing::TestWithParam<int> {};

TEST_P(RandomNetwork, EveryTensorEqualsTheModel) {
  const auto seed = static_cast<std::uint64_t>(GetParam());
  const CoreCase core_case(seed, true, 1);
  CoreBench<RESHIFT_MODEL> core(kHardware, {}, seed);
  core_case.run_and_compare(core);
}

TEST_P(RandomNetwork, OverlappedFramesOnAnUnevenMemory) {
  const auto seed = static_cast<std::uint64_t>(GetParam());
  const CoreCase core_case(seed, false, 3);
  const CoreRunOptions options{
      .read_latency = 1 + GetParam() % 60, .stalls = true, .misalignment = GetParam() % 16};
  CoreBench<RESHIFT_MODEL> core(kHardware, options, seed);
  core_case.run_and_compare(core);
}

TEST_P(RandomNetwork, SeveralImagesAFrame) {
  const auto seed = static_cast<std::uint64_t>(GetParam());
  const CoreCase core_case(seed, false, 2, 2 + GetParam() % 2);
  CoreBench<RESHIFT_MODEL> core(
      kHardware, {.read_latency = 1 + GetParam() % 60, .max_cycles = 10'000'000}, seed);
  core_case.run_and_compare(core);
}

INSTANTIATE_TEST_SUITE_P(Quick, RandomNetwork, testing::Range(0, 16));
INSTANTIATE_TEST_SUITE_P(Full, RandomNetwork, testing::Range(16, 100));  // make core-test

}  // namespace
}  // namespace reshift
