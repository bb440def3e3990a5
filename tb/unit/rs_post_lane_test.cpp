// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// A channel a cycle through the post-processing lane, each with parameters of its own, against
// post_process.
#include <Vrs_post_lane.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <limits>

#include "harness/bench.hpp"
#include "harness/bits.hpp"
#include "net/numerics.hpp"

namespace reshift {
namespace {

constexpr int kActW = RESHIFT_ActW;
constexpr int kAccW = RESHIFT_AccW;
constexpr std::size_t kLatency = 7;

struct Sample {
  int32_t acc = 0;
  int32_t residual = 0;
  ChannelParams channel;
  PostParams post;
};

class PostLane : public testing::Test {
 protected:
  ~PostLane() override { EXPECT_GT(compared_, 0); }

  /// Sends the sample; inputs of later stages follow it.
  void send(const Sample& sample) {
    stages_.push_front(sample);
    if (stages_.size() < kLatency) stages_.resize(kLatency, sample);
    const auto put = [](auto& port, int width, int64_t value) {
      set_bits(port, 0, static_cast<unsigned>(width), static_cast<uint64_t>(value));
    };
    put(bench->acc_i, kAccW, stages_[0].acc);
    put(bench->bias_i, 32, stages_[0].channel.bias);
    put(bench->scale_i, 22, scale(stages_[0].channel.mult, stages_[0].channel.shift));
    bench->residual_valid_i = stages_[0].post.res_mult != 0 || random.chance(50);
    put(bench->residual_i, kActW, stages_[1].residual);
    put(bench->res_zero_i, kActW, stages_[1].post.res_zero);
    put(bench->res_mult_i, 17, scale(stages_[1].post.res_mult, stages_[1].post.res_shift));
    put(bench->res_shift_i, 4, stages_[2].post.res_shift / 2);
    put(bench->out_zero_i, kActW, stages_[4].post.out_zero);
    put(bench->lo_i, kActW, stages_[5].post.lo);
    put(bench->hi_i, kActW, stages_[5].post.hi);
    bench.tick();
    if (++sent_ < kLatency) return;
    const Sample& s = stages_[6];
    ASSERT_EQ(sign_extend(bench->code_o, kActW), post_process(s.acc, s.residual, s.channel, s.post))
        << "acc " << s.acc << " bias " << s.channel.bias << " mult " << s.channel.mult << " shift "
        << int{s.channel.shift} << " residual " << s.residual << " zero " << s.post.res_zero
        << " mult " << s.post.res_mult << " shift " << int{s.post.res_shift} << " out zero "
        << s.post.out_zero << " bounds " << s.post.lo << ' ' << s.post.hi;
    ++compared_;
    stages_.pop_back();
  }
  void drain() {
    for (std::size_t i = 0; i < kLatency; ++i) send(wide());
  }

  /// A value of type rs_pkg::scale_t: shifts are even, the odd ones' last bit is in the multiplier.
  static int64_t scale(int mult, int shift) {
    return int64_t{shift / 2} << 17 | (shift % 2 == 0 ? 2 * mult : mult);
  }

  /// No bounds but the code's, nothing added.
  static Sample wide() {
    Sample s;
    s.post.lo = code_min(kActW);
    s.post.hi = code_max(kActW);
    return s;
  }

  /// A multiplier of the residual that is allowed with this shift, often the largest.
  uint16_t random_factor(int shift) {
    const int64_t largest = std::min<int64_t>(int64_t{8} << shift, 65535);
    return static_cast<uint16_t>(random.chance(20) ? largest : random.uniform(0, largest));
  }

  Bench<Vrs_post_lane> bench;
  Random& random = bench.random();

 private:
  std::deque<Sample> stages_;
  std::size_t sent_ = 0;
  int compared_ = 0;
};

constexpr int32_t kAccMin = static_cast<int32_t>(-(int64_t{1} << (kAccW - 1)));
constexpr int32_t kAccMax = static_cast<int32_t>((int64_t{1} << (kAccW - 1)) - 1);

// Every shift with every multiplier and sum at the ends of their ranges: both saturations.
TEST_F(PostLane, Extremes) {
  for (int shift = 0; shift <= 47; ++shift) {
    for (const int mult : {0, 1, 32768, 65535}) {
      for (const int32_t acc : {kAccMin, -1, 0, 1, kAccMax}) {
        for (const int32_t bias :
             {std::numeric_limits<int32_t>::min(), -1, 0, std::numeric_limits<int32_t>::max()}) {
          const int64_t t = int64_t{acc} + bias;
          if (t != static_cast<int32_t>(t)) continue;
          Sample s = wide();
          s.acc = acc;
          s.channel = {bias, static_cast<uint16_t>(mult), static_cast<uint8_t>(shift)};
          send(s);
        }
      }
    }
  }
  drain();
}

// Sums in the middle between two codes, on both sides of zero: half goes up.
TEST_F(PostLane, Ties) {
  for (int shift = 1; shift <= 20; ++shift) {
    for (int code = -4; code <= 4; ++code) {
      for (const int off : {-1, 0, 1}) {
        Sample s = wide();
        s.acc = (code << shift) + (1 << (shift - 1)) + off;
        s.channel = {0, 1, static_cast<uint8_t>(shift)};
        send(s);
      }
    }
  }
  drain();
}

TEST_F(PostLane, ResidualExtremesAndTies) {
  for (int shift = 0; shift <= 31; ++shift) {
    for (const int mult : {0, 1, 3, 1 << 15, 65535}) {
      for (const int residual : {code_min(kActW), -1, 0, 1, code_max(kActW)}) {
        for (const int zero : {code_min(kActW), 0, code_max(kActW)}) {
          Sample s = wide();
          s.residual = residual;
          s.post.res_zero = zero;
          s.post.res_mult = static_cast<uint16_t>(mult);
          s.post.res_shift = static_cast<uint8_t>(shift);
          if (residual_factor_ok(s.post)) send(s);
        }
      }
    }
  }
  drain();
}

// Large sums against the largest residuals: what comes back into the range is exact.
TEST_F(PostLane, Cancellation) {
  for (int i = 0; i < 20000; ++i) {
    Sample s = wide();
    s.post.res_shift = static_cast<uint8_t>(random.uniform(0, 31));
    s.post.res_mult =
        static_cast<uint16_t>(std::min<int64_t>(int64_t{8} << s.post.res_shift, 65535));
    s.post.res_zero = random.chance(50) ? code_min(kActW) : code_max(kActW);
    s.residual = static_cast<int32_t>(random.uniform(code_min(kActW), code_max(kActW)));
    s.post.out_zero = static_cast<int32_t>(random.uniform(code_min(kActW), code_max(kActW)));
    s.channel = {0, 1, static_cast<uint8_t>(random.uniform(0, 8))};
    const int64_t v = post_process(0, s.residual, {},
                                   {.lo = -(1 << 30),
                                    .hi = 1 << 30,
                                    .res_zero = s.post.res_zero,
                                    .res_mult = s.post.res_mult,
                                    .res_shift = s.post.res_shift});
    s.acc = static_cast<int32_t>((-v + random.uniform(code_min(kActW), code_max(kActW)))
                                 << s.channel.shift);
    if (s.acc < kAccMin || s.acc > kAccMax) continue;
    send(s);
  }
  drain();
}

TEST_F(PostLane, RandomWithoutPause) {
  for (int i = 0; i < 20000; ++i) {
    Sample s;
    // Small products meet the bounds' inside; any size of everything otherwise.
    const int acc_bits = static_cast<int>(random.uniform(0, kAccW - 1));
    s.acc = static_cast<int32_t>(random.uniform(kAccMin >> acc_bits, kAccMax >> acc_bits));
    s.channel.mult = static_cast<uint16_t>(random.uniform(0, 65535));
    s.channel.bias = static_cast<int32_t>(random.uniform(kAccMin >> acc_bits, kAccMax >> acc_bits));
    if (const int64_t t = int64_t{s.acc} + s.channel.bias; t != static_cast<int32_t>(t)) continue;
    s.channel.shift =
        static_cast<uint8_t>(random.chance(50) ? random.uniform(0, 47)
                                               : std::clamp(kAccW - acc_bits + 16 - kActW, 0, 47));
    s.residual = static_cast<int32_t>(random.uniform(code_min(kActW), code_max(kActW)));
    s.post.res_zero = static_cast<int32_t>(random.uniform(code_min(kActW), code_max(kActW)));
    s.post.res_shift = static_cast<uint8_t>(random.uniform(0, 31));
    s.post.res_mult = random.chance(50) ? uint16_t{0} : random_factor(s.post.res_shift);
    s.post.out_zero = static_cast<int32_t>(random.uniform(code_min(kActW), code_max(kActW)));
    s.post.lo = static_cast<int32_t>(random.uniform(code_min(kActW), code_max(kActW)));
    s.post.hi = static_cast<int32_t>(random.uniform(s.post.lo, code_max(kActW)));
    send(s);
  }
  drain();
}

}  // namespace
}  // namespace reshift
