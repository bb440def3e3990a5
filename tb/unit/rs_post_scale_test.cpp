// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <Vrs_post_scale.h>
#include <gtest/gtest.h>

#include "harness/bench.hpp"
#include "harness/bits.hpp"

namespace reshift {
namespace {

constexpr int kWidth = RESHIFT_Width;
constexpr int kOutW = RESHIFT_OutW;
constexpr int64_t kMin = -(int64_t{1} << (kWidth - 1));

struct Scale : testing::Test {
  Scale() {
    bench->start_i = 0;
    bench.reset();
  }

  void check(int64_t x, int mult, int shift) {
    bench->start_i = 1;
    set_bits(bench->x_i, 0, kWidth, static_cast<uint64_t>(x));
    bench->scale_i = static_cast<uint32_t>(shift << 17 | mult);
    bench.tick();
    bench->start_i = 0;
    bench->scale_i = static_cast<uint32_t>(bench.random()() & 0x3fffff);
    const uint64_t begin = bench.cycle();
    bench.run_until([&] { return bench->ready_o != 0; });
    EXPECT_EQ(bench.cycle() - begin, 17u + 2 * static_cast<unsigned>(shift));
    const int64_t w = x * mult >> 2 * shift;
    const bool over = w != sign_extend(static_cast<uint64_t>(w), kOutW);
    ASSERT_EQ(bench->over_o, over) << x << " * " << mult << " >> 2 * " << shift;
    ASSERT_EQ(bench->negative_o, x * mult < 0);
    ASSERT_EQ(sign_extend(bench->w_o, kOutW), sign_extend(static_cast<uint64_t>(w), kOutW));
    (over ? too_large : fitting) += 1;
  }

  Bench<Vrs_post_scale> bench;
  int fitting = 0, too_large = 0;
};

TEST_F(Scale, Extremes) {
  for (int shift = 0; shift <= 23; ++shift) {
    for (const int mult : {0, 1, 2, 65535, 65536, 131071}) {
      for (const int64_t x : {kMin, kMin + 1, int64_t{-1}, int64_t{0}, int64_t{1}, -kMin - 1}) {
        check(x, mult, shift);
      }
    }
  }
  EXPECT_GT(fitting, 0);
  EXPECT_GT(too_large, 0);
}

TEST_F(Scale, Random) {
  for (int i = 0; i < 1000; ++i) {
    const int small = static_cast<int>(bench.random().uniform(0, kWidth - 1));
    check(bench.random().uniform(kMin >> small, (-kMin - 1) >> small),
          static_cast<int>(bench.random().uniform(0, 131071)),
          static_cast<int>(bench.random().uniform(0, 23)));
  }
  EXPECT_GT(fitting, 100);
  EXPECT_GT(too_large, 10);
}

}  // namespace
}  // namespace reshift
