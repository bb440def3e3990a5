// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <Vrs_tap_mask.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <vector>

#include "harness/bench.hpp"
#include "harness/bits.hpp"

namespace reshift {
namespace {

constexpr int kP = RESHIFT_P;
constexpr int kC = RESHIFT_C;
constexpr int kActW = RESHIFT_ActW;
constexpr std::size_t kLatency = RESHIFT_Latency;

struct Tap {
  int dy = 0, dx = 0, height = 1, width = 1;
  int64_t zero = 0;
  std::vector<int64_t> y = std::vector<int64_t>(kP), x = std::vector<int64_t>(kP);
};

class TapMask : public testing::Test {
 protected:
  ~TapMask() override {
    EXPECT_GT(kept_, 0);
    EXPECT_GT(masked_, 0);
  }

  void send(const Tap& tap) {
    taps_.push_back(tap);
    pack(bench->y_i, tap.y, 12);
    pack(bench->x_i, tap.x, 12);
    bench->dy_i = static_cast<uint8_t>(tap.dy & 31);
    bench->dx_i = static_cast<uint8_t>(tap.dx & 31);
    bench->height_i = static_cast<uint16_t>(tap.height);
    bench->width_i = static_cast<uint16_t>(tap.width);
    bench->zero_i = static_cast<uint16_t>(tap.zero & ((1 << kActW) - 1));
    std::vector<int64_t> acts(kP * kC);
    for (int64_t& act : acts) act = sign_extend(random(), kActW);
    pack(bench->act_i, acts, kActW);
    bench.tick();
    if (taps_.size() <= kLatency) return;
    const Tap& t = taps_.front();
    for (int p = 0; p < kP; ++p) {
      const int64_t y = t.y[p] + t.dy, x = t.x[p] + t.dx;
      const bool inside = y >= 0 && y < t.height && x >= 0 && x < t.width;
      ++(inside ? kept_ : masked_);
      if (!inside) std::fill_n(acts.begin() + p * kC, kC, t.zero);
    }
    ASSERT_EQ(unpack_signed(bench->act_o, kP * kC, kActW), acts);
    taps_.pop_front();
  }
  void drain() {
    for (std::size_t i = 0; i < kLatency; ++i) send(Tap());
  }

  Bench<Vrs_tap_mask> bench;
  Random& random = bench.random();

 private:
  std::deque<Tap> taps_;
  int64_t kept_ = 0, masked_ = 0;
};

// Every offset at every border of small and largest maps.
TEST_F(TapMask, Borders) {
  for (const int size : {1, 2, 17, 4095}) {
    for (int d = -16; d <= 15; ++d) {
      for (const bool vertical : {false, true}) {
        for (const int at : {0, 1, size / 2, size - 1, std::min(size, 4095)}) {
          Tap tap;
          tap.height = tap.width = size;
          (vertical ? tap.dy : tap.dx) = d;
          std::fill(tap.y.begin(), tap.y.end(), vertical ? at : 0);
          std::fill(tap.x.begin(), tap.x.end(), vertical ? 0 : at);
          tap.zero = -(1 << (kActW - 1));
          send(tap);
        }
      }
    }
  }
  drain();
}

TEST_F(TapMask, Random) {
  for (int i = 0; i < 5000; ++i) {
    Tap tap;
    tap.height = static_cast<int>(random.uniform(1, 20));
    tap.width = static_cast<int>(random.uniform(1, 20));
    tap.dy = static_cast<int>(random.uniform(-16, 15)) / (random.chance(50) ? 4 : 1);
    tap.dx = static_cast<int>(random.uniform(-16, 15)) / (random.chance(50) ? 4 : 1);
    tap.zero = sign_extend(random(), kActW);
    for (int p = 0; p < kP; ++p) {
      tap.y[p] = random.uniform(0, tap.height + 2);
      tap.x[p] = random.uniform(0, tap.width + 2);
    }
    send(tap);
  }
  drain();
}

}  // namespace
}  // namespace reshift
