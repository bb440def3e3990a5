// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <Vrs_tap_mask.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <vector>

#include "harness/bench.hpp"
#include "harness/bits.hpp"
#include "unit/models/raster.hpp"

namespace reshift {
namespace {

constexpr int kP = RESHIFT_P;
constexpr std::size_t kLatency = RESHIFT_Latency;

struct Tap {
  int dy = 0, dx = 0, height = 1, width = 1;
  std::vector<int> y = std::vector<int>(kP), x = std::vector<int>(kP);
};

class TapMask : public testing::Test {
 protected:
  ~TapMask() override {
    EXPECT_GT(kept_, 0);
    EXPECT_GT(masked_, 0);
  }

  void send(const Tap& tap) {
    taps_.push_back(tap);
    std::vector<int> y, x;
    for (int p = 0; p < kP; ++p) {
      y.push_back(window_bits(tap.y[p], tap.height));
      x.push_back(window_bits(tap.x[p], tap.width));
    }
    pack(bench->y_i, y, 11);
    pack(bench->x_i, x, 11);
    bench->dy_i = static_cast<uint8_t>(tap.dy & 31);
    bench->dx_i = static_cast<uint8_t>(tap.dx & 31);
    bench.tick();
    if (taps_.size() < kLatency) return;
    const Tap& t = taps_.front();
    for (int p = 0; p < kP; ++p) {
      const int row = t.y[p] + t.dy, column = t.x[p] + t.dx;
      const bool inside = row >= 0 && row < t.height && column >= 0 && column < t.width;
      ++(inside ? kept_ : masked_);
      ASSERT_EQ(bench->keep_o >> p & 1, inside) << row << ' ' << column;
    }
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
        for (const int at : {0, 1, 15, 16, size / 2, size - 1, std::min(size, 4095)}) {
          Tap tap;
          tap.height = tap.width = size;
          (vertical ? tap.dy : tap.dx) = d;
          std::fill(tap.y.begin(), tap.y.end(), vertical ? at : 0);
          std::fill(tap.x.begin(), tap.x.end(), vertical ? 0 : at);
          send(tap);
        }
      }
    }
  }
  drain();
}

// Pixels inside of the source and up to beyond the reach of any tap.
TEST_F(TapMask, Random) {
  for (int i = 0; i < 5000; ++i) {
    Tap tap;
    tap.height = static_cast<int>(random.uniform(1, 20));
    tap.width = static_cast<int>(random.uniform(1, 20));
    tap.dy = static_cast<int>(random.uniform(-16, 15)) / (random.chance(50) ? 4 : 1);
    tap.dx = static_cast<int>(random.uniform(-16, 15)) / (random.chance(50) ? 4 : 1);
    for (int p = 0; p < kP; ++p) {
      tap.y[p] = static_cast<int>(random.uniform(0, tap.height + (random.chance(10) ? 20 : 2)));
      tap.x[p] = static_cast<int>(random.uniform(0, tap.width + (random.chance(10) ? 20 : 2)));
    }
    send(tap);
  }
  drain();
}

}  // namespace
}  // namespace reshift
