// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

// The source shows a word at a time; every taker gets every word once, none overtakes by two.

#include <Vrs_fork.h>
#include <gtest/gtest.h>

#include <array>

#include "harness/bench.hpp"

namespace reshift {
namespace {

constexpr int kTakers = RESHIFT_Takers;

void run(int words, int valid_percent, int ready_percent, std::uint64_t* cycles = nullptr) {
  Bench<Vrs_fork> bench;
  Random& random = bench.random();
  bench->in_valid_i = 0;
  bench->out_ready_i = 0;
  bench.reset();
  std::array<int, kTakers> taken{};
  int sent = 0;
  bool offering = false;
  const std::uint64_t begin = bench.cycle();
  while (sent < words) {
    ASSERT_LT(bench.cycle() - begin, 100000u);
    offering = offering || random.chance(valid_percent);
    bench->in_valid_i = offering;
    unsigned ready = 0;
    for (int i = 0; i < kTakers; ++i)
      ready |= static_cast<unsigned>(random.chance(ready_percent)) << i;
    bench->out_ready_i = static_cast<std::uint8_t>(ready);
    bench.settle();
    bool all = true;  // had taken it before this cycle
    for (int i = 0; i < kTakers; ++i) {
      int& count = taken[static_cast<std::size_t>(i)];
      const bool offered = (bench->out_valid_o >> i) & 1;
      all = all && count == sent + 1;
      // Offered exactly while this word is there and not yet taken.
      ASSERT_EQ(offered, offering && count == sent);
      if (offered && ((ready >> i) & 1)) ++count;
    }
    ASSERT_EQ(bench->in_ready_o && offering, all);
    if (all) {
      ++sent;
      offering = false;
    }
    bench.tick();
  }
  if (cycles) *cycles = bench.cycle() - begin;
}

TEST(Fork, Random) {
  run(2000, 70, 50);
  run(500, 100, 10);
}

TEST(Fork, AWordInTwoCyclesWhenAllTakeAtOnce) {
  std::uint64_t cycles = 0;
  run(1000, 100, 100, &cycles);
  EXPECT_EQ(cycles, 2000u);
}

}  // namespace
}  // namespace reshift
