// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <Vrs_post_scale.h>
#include <gtest/gtest.h>

#include "harness/bench.hpp"
#include "harness/bits.hpp"

namespace reshift {
namespace {

constexpr int kWidth = RESHIFT_Width;
constexpr int kFactorW = RESHIFT_FactorW;
constexpr int kBelow = RESHIFT_Below;
constexpr int kOutW = RESHIFT_OutW;
constexpr int64_t kMin = -(int64_t{1} << (kWidth - 1));
constexpr int64_t kFactorMin = -(int64_t{1} << (kFactorW - 1));

__extension__ using Wide = __int128;

struct Scale : testing::Test {
  Scale() {
    bench->start_i = 0;
    bench.reset();
  }

  void check(int64_t x, int64_t factor, int shift) {
    bench->start_i = 1;
    set_bits(bench->x_i, 0, kWidth, static_cast<uint64_t>(x));
    set_bits(bench->factor_i, 0, kFactorW, static_cast<uint64_t>(factor));
    bench->shift_i = static_cast<uint8_t>(shift);
    bench.tick();
    bench->start_i = 0;
    set_bits(bench->factor_i, 0, kFactorW, bench.random()());
    const uint64_t begin = bench.cycle();
    bench.run_until([&] { return bench->ready_o != 0; });
    EXPECT_EQ(bench.cycle() - begin, kFactorW + 2 * static_cast<unsigned>(shift));
    const Wide product = Wide{x} * factor * (Wide{1} << kBelow), w = product >> 2 * shift;
    const auto low = static_cast<int64_t>(static_cast<uint64_t>(w));  // kOutW bits of it count
    const bool over = w != sign_extend(static_cast<uint64_t>(low), kOutW);
    ASSERT_EQ(bench->over_o, over) << x << " * " << factor << " >> 2 * " << shift;
    ASSERT_EQ(bench->negative_o, product < 0);
    ASSERT_EQ(bench->more_o, w << 2 * shift != product);
    ASSERT_EQ(sign_extend(bench->w_o, kOutW), sign_extend(static_cast<uint64_t>(low), kOutW));
    (over ? too_large : fitting) += 1;
  }

  Bench<Vrs_post_scale> bench;
  int fitting = 0, too_large = 0;
};

TEST_F(Scale, Extremes) {
  for (int shift = 0; shift <= 31; ++shift) {
    for (const int64_t factor :
         {kFactorMin, int64_t{-1}, int64_t{0}, int64_t{1}, int64_t{2}, -kFactorMin - 1}) {
      for (const int64_t x : {kMin, kMin + 1, int64_t{-1}, int64_t{0}, int64_t{1}, -kMin - 1}) {
        check(x, factor, shift);
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
          bench.random().uniform(kFactorMin, -kFactorMin - 1),
          static_cast<int>(bench.random().uniform(0, 31)));
  }
  EXPECT_GT(fitting, 100);
  EXPECT_GT(too_large, 10);
}

}  // namespace
}  // namespace reshift
