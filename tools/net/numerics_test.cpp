// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// Post-processing against the rational number that it stands for.
#include "net/numerics.hpp"

#include <gtest/gtest.h>

#include <random>

namespace reshift {
namespace {

__extension__ using Wide = __int128;

/// The integer nearest to numerator / 2^bits, as each mode is defined: by the distance to both
/// neighbours, of which there are two as near only in the middle.
Wide nearest(Wide numerator, int bits, RoundMode mode) {
  const Wide unit = Wide{1} << bits;
  Wide below = numerator / unit;
  if (below * unit > numerator) --below;  // division rounds to zero
  const Wide distance = numerator - below * unit, rest = unit - distance;
  if (distance != rest) return distance < rest ? below : below + 1;
  if (mode == RoundMode::kHalfUp) return below + 1;
  if (mode == RoundMode::kHalfEven) return below % 2 == 0 ? below : below + 1;
  return numerator < 0 ? below : below + 1;
}

/// post_process in exact arithmetic: the sum of two fractions, rounded once, or of a code and one.
std::int32_t exact(std::int64_t acc, std::int32_t residual, const ChannelParams& c,
                   const PostParams& p, int act_w) {
  const Wide read = Wide{residual} - p.res_zero;
  const Wide scaled = (Wide{acc} + c.bias) * (p.product ? read : Wide{c.mult});
  const Wide added = p.product ? Wide{0} : read * p.res_factor;
  const int f = act_w + 8, bits = std::max<int>(f, c.shift);
  if (p.early > 0) {
    const Wide code =
        std::clamp<Wide>(nearest(scaled, c.shift, p.round), code_min(act_w), code_max(act_w));
    const Wide sum = code * (Wide{1} << (f + p.early - 12)) + added;
    return static_cast<std::int32_t>(
        std::clamp<Wide>(nearest(sum, f, p.round) + p.out_zero, p.lo, p.hi));
  }
  const Wide sum = scaled * (Wide{1} << (bits - c.shift)) + added * (Wide{1} << (bits - f));
  return static_cast<std::int32_t>(
      std::clamp<Wide>(nearest(sum, bits, p.round) + p.out_zero, p.lo, p.hi));
}

class Numerics : public ::testing::TestWithParam<std::tuple<int, int, RoundMode>> {
 protected:
  std::int64_t pick(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random_);
  }
  int code() { return static_cast<int>(pick(code_min(act_w_), code_max(act_w_))); }
  /// A number of any size.
  std::int64_t any(int bits) {
    const int small = static_cast<int>(pick(0, bits));
    return pick(-(std::int64_t{1} << small), (std::int64_t{1} << small) - 1);
  }

  void check(std::int64_t acc, std::int32_t residual, const ChannelParams& c, const PostParams& p) {
    const std::int32_t is = post_process(acc, residual, c, p, act_w_);
    ASSERT_EQ(is, exact(acc, residual, c, p, act_w_))
        << acc << " + " << c.bias << ", " << c.mult << " >> " << int{c.shift} << ", residual "
        << residual << " - " << p.res_zero << " * " << p.res_factor << (p.product ? " product" : "")
        << ", early " << p.early << ", zero " << p.out_zero << ", bounds " << p.lo << ' ' << p.hi;
    (is == p.lo || is == p.hi ? clamped_ : inside_) += 1;
  }

  const int act_w_ = std::get<0>(GetParam()), mult_w_ = std::get<1>(GetParam());
  const RoundMode mode_ = std::get<2>(GetParam());
  std::mt19937_64 random_{7};
  int clamped_ = 0, inside_ = 0;
};

TEST_P(Numerics, AnythingIsRoundedAsTheExactNumber) {
  for (int i = 0; i < 200000; ++i) {
    PostParams p{.out_zero = code(), .lo = code(), .res_zero = code(), .round = mode_};
    p.hi = static_cast<int>(pick(p.lo, code_max(act_w_)));
    if (i % 2 == 0) std::tie(p.lo, p.hi) = std::pair(code_min(act_w_), code_max(act_w_));
    p.product = i % 4 == 0;
    if (i % 7 < 3) p.early = static_cast<int>(pick(1, kMostEarly));
    const std::int64_t acc = any(30), bias = any(30);
    ChannelParams c{static_cast<std::int32_t>(bias), 1, 0};
    if (!p.product) {
      c.mult = static_cast<std::uint32_t>(pick(0, (std::int64_t{1} << mult_w_) - 1));
      if (i % 3 != 0) p.res_factor = static_cast<std::uint32_t>(pick(0, max_res_factor(act_w_)));
    }
    // Mostly what brings the result into the codes.
    const int size = std::bit_width(static_cast<std::uint64_t>(std::abs(acc + bias))) +
                     (p.product ? act_w_ : std::bit_width(c.mult));
    c.shift = static_cast<std::uint8_t>(
        i % 5 == 0 ? pick(0, max_shift(mult_w_))
                   : std::clamp<std::int64_t>(size - act_w_ + pick(0, 3), 0, max_shift(mult_w_)));
    check(acc, code(), c, p);
  }
  EXPECT_GT(clamped_, 10000);
  EXPECT_GT(inside_, 50000);
}

TEST_P(Numerics, TiesOnBothSidesOfZero) {
  for (int shift = 1; shift <= 20; ++shift) {
    for (int sum = -9; sum <= 9; ++sum) {
      for (const int off : {-1, 0, 1}) {
        for (const int zero : {-3, 0, 2}) {
          const ChannelParams c{0, 1, static_cast<std::uint8_t>(shift)};
          const PostParams p{
              .out_zero = zero, .lo = code_min(act_w_), .hi = code_max(act_w_), .round = mode_};
          check((std::int64_t{sum} << shift) + (std::int64_t{1} << (shift - 1)) + off, 0, c, p);
        }
      }
    }
  }
}

/// Two fractions that make a tie together, or miss it by what only the sum's last bits say.
TEST_P(Numerics, TiesOfTheSum) {
  for (int i = 0; i < 20000; ++i) {
    const int shift = static_cast<int>(pick(1, max_shift(mult_w_)));
    PostParams p{.lo = code_min(act_w_),
                 .hi = code_max(act_w_),
                 .res_factor = static_cast<std::uint32_t>(pick(1, max_res_factor(act_w_))),
                 .round = mode_};
    const int residual = static_cast<int>(pick(-8, 8));
    // sum = (n + 1/2) - residual's part, as near as the accumulator comes to it
    const Wide half = (Wide{2 * pick(-20, 20) + 1} << (act_w_ + 7)) - Wide{residual} * p.res_factor;
    const int f = act_w_ + 8;
    const Wide acc = shift >= f ? half * (Wide{1} << (shift - f)) : half / (Wide{1} << (f - shift));
    if (acc < -(1ll << 31) || acc >= 1ll << 31) continue;
    check(static_cast<std::int64_t>(acc) + pick(-1, 1), residual,
          {0, 1, static_cast<std::uint8_t>(shift)}, p);
  }
}

TEST_P(Numerics, EndsOfAllRanges) {
  const std::int64_t low = -(std::int64_t{1} << 31), high = -low - 1;
  const std::uint32_t most = static_cast<std::uint32_t>((std::uint64_t{1} << mult_w_) - 1);
  for (int shift = 0; shift <= max_shift(mult_w_); ++shift) {
    for (const std::uint32_t mult : {0u, 1u, most / 2 + 1, most}) {
      for (const std::int64_t acc :
           {low, low + 1, std::int64_t{-1}, std::int64_t{0}, std::int64_t{1}, high}) {
        for (const int residual : {code_min(act_w_), code_max(act_w_)}) {
          for (const std::uint32_t factor : {0u, 1u, max_res_factor(act_w_)}) {
            PostParams p{.out_zero = residual,
                         .lo = code_min(act_w_),
                         .hi = code_max(act_w_),
                         .res_zero = -1 - residual,
                         .res_factor = factor,
                         .round = mode_};
            check(acc, residual, {0, mult, static_cast<std::uint8_t>(shift)}, p);
            p.res_factor = 0;
            p.product = true;
            check(acc, residual, {0, 1, static_cast<std::uint8_t>(shift)}, p);
          }
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Numerics,
                         ::testing::Combine(::testing::Values(6, 8, 10, 16),
                                            ::testing::Values(16, 32),
                                            ::testing::Values(RoundMode::kHalfUp,
                                                              RoundMode::kHalfEven,
                                                              RoundMode::kHalfAway)));

TEST(RoundMode, ByHand) {
  const auto rounded = [](int quarters, RoundMode mode, bool more = false) {
    return round_fraction(quarters, more, 2, mode);
  };
  using enum RoundMode;
  for (const RoundMode mode : {kHalfUp, kHalfEven, kHalfAway}) {
    EXPECT_EQ(rounded(5, mode), 1);          // 1.25
    EXPECT_EQ(rounded(-5, mode), -1);        // -1.25
    EXPECT_EQ(rounded(-7, mode), -2);        // -1.75
    EXPECT_EQ(rounded(-6, mode, true), -1);  // a little more than -1.5
  }
  EXPECT_EQ(rounded(6, kHalfUp), 2);  // 1.5
  EXPECT_EQ(rounded(-6, kHalfUp), -1);
  EXPECT_EQ(rounded(10, kHalfEven), 2);  // 2.5
  EXPECT_EQ(rounded(-6, kHalfEven), -2);
  EXPECT_EQ(rounded(-10, kHalfEven), -2);
  EXPECT_EQ(rounded(10, kHalfAway), 3);
  EXPECT_EQ(rounded(-10, kHalfAway), -3);
}

}  // namespace
}  // namespace reshift
