// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// A channel a cycle through the post-processing lane, each with parameters of its own, against
// post_process.
#include <Vrs_post_lane.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <deque>
#include <limits>

#include "golden/post_sample.hpp"
#include "harness/bench.hpp"
#include "harness/bits.hpp"

namespace reshift {
namespace {

constexpr int kActW = RESHIFT_ActW;
constexpr int kAccW = RESHIFT_AccW;
constexpr int kMultW = RESHIFT_MultW;
constexpr bool kEarly = RESHIFT_Early;
constexpr std::size_t kRounded = kEarly ? 12 : 8;
constexpr std::size_t kLatency = kRounded + 1;

class PostLane : public testing::Test {
 protected:
  ~PostLane() override { EXPECT_GT(compared_, 0); }

  /// Sends the sample; inputs of later stages follow it.
  void send(const PostSample& sample) {
    stages_.push_front(sample);
    if (stages_.size() < kLatency) stages_.resize(kLatency, sample);
    const auto put = [](auto& port, int width, int64_t value) {
      set_bits(port, 0, static_cast<unsigned>(width), static_cast<uint64_t>(value));
    };
    const auto stage = [&](std::size_t s) -> const PostSample& { return stages_[s - 1]; };
    put(bench->acc_i, kAccW, stage(1).acc);
    put(bench->bias_i, 32, stage(1).channel.bias);
    put(bench->mult_i, kMultW + 1, kept_mult(stage(1).channel));
    put(bench->shift_i, 5, stage(1).channel.shift / 2);
    bench->residual_valid_i = stage(1).post.reads_residual() || random.chance(50);
    bench->product_i = stage(1).post.product;
    put(bench->residual_i, kActW, stage(2).residual);
    put(bench->res_zero_i, kActW, stage(2).post.res_zero);
    put(bench->res_factor_i, kActW + 12, stage(5).post.res_factor);
    bench->early_round_i = static_cast<uint8_t>(stage(8).post.round);
    bench->early_i = static_cast<uint8_t>(stage(9).post.early);
    bench->round_i = static_cast<uint8_t>(stage(kRounded).post.round);
    put(bench->out_zero_i, kActW, stage(kRounded).post.out_zero);
    put(bench->lo_i, kActW, stage(kRounded).post.lo);
    put(bench->hi_i, kActW, stage(kRounded).post.hi);
    bench.tick();
    if (++sent_ < kLatency) return;
    const PostSample& s = stage(kLatency);
    ASSERT_EQ(sign_extend(bench->code_o, kActW),
              post_process(s.acc, s.residual, s.channel, s.post, kActW))
        << s;
    ++compared_;
    stages_.pop_back();
  }
  void drain() {
    for (std::size_t i = 0; i < kLatency; ++i) send(wide());
  }

  /// No bounds but the code's, nothing added.
  PostSample wide() {
    PostSample s;
    s.post.lo = code_min(kActW);
    s.post.hi = code_max(kActW);
    s.post.round = random_round(random);
    if (kEarly && random.chance(50)) s.post.early = static_cast<int>(random.uniform(1, kMostEarly));
    return s;
  }

  Bench<Vrs_post_lane> bench;
  Random& random = bench.random();

 private:
  std::deque<PostSample> stages_;
  std::size_t sent_ = 0;
  int compared_ = 0;
};

constexpr int32_t kAccMin = static_cast<int32_t>(-(int64_t{1} << (kAccW - 1)));
constexpr int32_t kAccMax = static_cast<int32_t>((int64_t{1} << (kAccW - 1)) - 1);
/// A residual factor that the lane takes: without multipliers the next lower power of two.
uint32_t taken(uint32_t factor) { return kMultW == 1 ? std::bit_floor(factor) : factor; }
constexpr uint32_t kMultMax = static_cast<uint32_t>((uint64_t{1} << kMultW) - 1);

// Every shift with every multiplier and sum at the ends of their ranges: both saturations.
TEST_F(PostLane, Extremes) {
  for (int shift = 0; shift <= max_shift(kMultW); ++shift) {
    for (const uint32_t mult : {0u, 1u, kMultMax / 2 + 1, kMultMax}) {
      for (const int32_t acc : {kAccMin, -1, 0, 1, kAccMax}) {
        for (const int32_t bias :
             {std::numeric_limits<int32_t>::min(), -1, 0, std::numeric_limits<int32_t>::max()}) {
          const int64_t t = int64_t{acc} + bias;
          if (t != static_cast<int32_t>(t)) continue;
          PostSample s = wide();
          s.acc = acc;
          s.channel = {bias, mult, static_cast<uint8_t>(shift)};
          send(s);
        }
      }
    }
  }
  drain();
}

#if RESHIFT_MultW > 1  // no products without multipliers
// The same with products: the largest factors of both signs.
TEST_F(PostLane, ExtremeProducts) {
  for (int shift = 0; shift <= max_shift(kMultW); ++shift) {
    for (const int residual : {code_min(kActW), -1, 0, 1, code_max(kActW)}) {
      for (const int zero : {code_min(kActW), 0, code_max(kActW)}) {
        for (const int32_t bias :
             {std::numeric_limits<int32_t>::min(), -1, 1, std::numeric_limits<int32_t>::max()}) {
          PostSample s = wide();
          s.residual = residual;
          s.post.res_zero = zero;
          s.post.product = true;
          s.channel = {bias, 1, static_cast<uint8_t>(shift)};
          send(s);
        }
      }
    }
  }
  drain();
}

#endif

// Sums in the middle between two codes, on both sides of zero, and beside it, in every mode; the
// last bit of the shifted-out part decides.
TEST_F(PostLane, Ties) {
  for (const RoundMode round : {RoundMode::kHalfUp, RoundMode::kHalfEven, RoundMode::kHalfAway}) {
    for (int shift = 1; shift <= kAccW - 5; ++shift) {
      for (int code = -4; code <= 4; ++code) {
        for (const int off : {-1, 0, 1}) {
          PostSample s = wide();
          s.post.round = round;
          s.post.out_zero = static_cast<int32_t>(random.uniform(-8, 8));
          s.acc = (code << shift) + (1 << (shift - 1)) + off;
          s.channel = {0, 1, static_cast<uint8_t>(shift)};
          send(s);
        }
      }
    }
  }
  drain();
}

// Two parts that make a tie together, or miss it by the least bit of one of them.
TEST_F(PostLane, TiesOfTheSum) {
  constexpr int kBits = fraction_bits(kActW);
  for (int i = 0; i < 20000; ++i) {
    PostSample s = wide();
    s.residual = static_cast<int32_t>(random.uniform(-3, 3));
    s.post.res_factor = taken(static_cast<uint32_t>(random.uniform(1, (1 << kBits) - 1)));
    const int64_t half =
        ((2 * random.uniform(-2, 2) + 1) << (kBits - 1)) - int64_t{s.residual} * s.post.res_factor;
    const int more = static_cast<int>(random.uniform(0, std::max(0, kAccW - kBits - 5)));
    const int64_t acc = (half << more) + random.uniform(-1, 1);
    if (acc < kAccMin || acc > kAccMax) continue;
    s.acc = static_cast<int32_t>(acc);
    s.channel = {0, 1, static_cast<uint8_t>(kBits + more)};
    send(s);
  }
  drain();
}

TEST_F(PostLane, ResidualExtremes) {
  for (const uint32_t factor :
       {1u, 3u, max_res_factor(kActW) / 16, max_res_factor(kActW) - 1, max_res_factor(kActW)}) {
    for (const int residual : {code_min(kActW), -1, 0, 1, code_max(kActW)}) {
      for (const int zero : {code_min(kActW), 0, code_max(kActW)}) {
        PostSample s = wide();
        s.residual = residual;
        s.post.res_zero = zero;
        s.post.res_factor = taken(factor);
        send(s);
      }
    }
  }
  drain();
}

// Large sums against the largest residuals: what comes back into the range is exact.
TEST_F(PostLane, Cancellation) {
  for (int i = 0; i < 20000; ++i) {
    PostSample s = wide();
    s.post.res_factor = max_res_factor(kActW);
    if (kMultW > 1) s.post.res_factor -= static_cast<uint32_t>(random.uniform(0, 20));
    s.post.res_zero = random.chance(50) ? code_min(kActW) : code_max(kActW);
    s.residual = static_cast<int32_t>(random.uniform(code_min(kActW), code_max(kActW)));
    s.post.out_zero = static_cast<int32_t>(random.uniform(code_min(kActW), code_max(kActW)));
    s.channel = {0, 1, static_cast<uint8_t>(random.uniform(0, 8))};
    const int64_t v = int64_t{8} * (s.residual - s.post.res_zero);
    const int64_t acc = (-v + random.uniform(code_min(kActW), code_max(kActW))) << s.channel.shift;
    if (acc < kAccMin || acc > kAccMax) continue;
    s.acc = static_cast<int32_t>(acc);
    send(s);
  }
  drain();
}

TEST_F(PostLane, RandomWithoutPause) {
  for (int i = 0; i < 40000; ++i) {
    send(random_post_sample({.act_w = kActW, .acc_w = kAccW, .mult_w = kMultW, .early = kEarly},
                            random));
  }
  drain();
}

}  // namespace
}  // namespace reshift
