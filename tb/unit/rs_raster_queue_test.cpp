// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

// Steps leave as they came, and as many groups as have room may begin.

#include <Vrs_raster_queue.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <vector>

#include "harness/bench.hpp"
#include "harness/bits.hpp"

namespace reshift {
namespace {

constexpr int kQ = RESHIFT_Q, kSteps = RESHIFT_P / kQ;
constexpr int kGroups = std::max(RESHIFT_Ahead / kSteps, 2);
constexpr int kWindowW = 11;

struct Step {
  std::vector<std::uint64_t> windows;  // y, then x of each pixel
  bool last = false;
};

/// Runs `groups` groups through; percents: chance that a step comes when it may, that one is taken.
/// Returns the cycles, and the most groups that were here in `most`.
std::uint64_t run(int groups, int step_percent, int ready_percent, int* most = nullptr) {
  Bench<Vrs_raster_queue> bench;
  Random& random = bench.random();
  bench->step_i = bench->ready_i = 0;
  bench.reset();
  std::deque<Step> inside;
  int stepped = 0, left = 0, begun = 0, ended = 0;
  const std::uint64_t begin = bench.cycle();
  while (left < groups * kSteps) {
    if (bench.cycle() - begin > 100000) {
      ADD_FAILURE() << "stands still";
      break;
    }
    bench.settle();
    const bool first = stepped % kSteps == 0;
    EXPECT_EQ(bench->room_o, begun - ended < kGroups);
    const bool step =
        stepped < groups * kSteps && (!first || bench->room_o) && random.chance(step_percent);
    bench->step_i = step;
    Step now{{}, stepped % kSteps == kSteps - 1};
    for (int i = 0; i <= kQ; ++i) now.windows.push_back(random() % (1 << kWindowW));
    bench->last_p_i = now.last;
    bench->y_i = static_cast<std::uint16_t>(now.windows[0]);
    for (unsigned q = 0; q < kQ; ++q)
      set_bits(bench->x_i, q * kWindowW, kWindowW, now.windows[1 + q]);
    bench->ready_i = random.chance(ready_percent);
    bench.settle();
    if (bench->step_o) {
      if (inside.empty()) {
        ADD_FAILURE() << "a step out of nowhere";
        break;
      }
      EXPECT_EQ(bench->last_p_o, inside.front().last);
      EXPECT_EQ(bench->y_o, inside.front().windows[0]);
      for (unsigned q = 0; q < kQ; ++q) {
        EXPECT_EQ(get_element(bench->x_o, q, kWindowW), inside.front().windows[1 + q]);
      }
      ended += inside.front().last;
      inside.pop_front();
      ++left;
    }
    if (step) {
      inside.push_back(now);
      ++stepped;
      begun += first;
    }
    if (most) *most = std::max(*most, begun - ended);
    bench.tick();
  }
  return bench.cycle() - begin;
}

// A step a cycle; the first takes a cycle more.
TEST(RasterQueue, FullRate) { EXPECT_EQ(run(100, 100, 100), 100u * kSteps + 1); }

TEST(RasterQueue, HoldsItsGroups) {
  int most = 0;
  run(100, 100, 10, &most);
  EXPECT_EQ(most, kGroups);
}

TEST(RasterQueue, Random) { run(300, 50, 50); }
TEST(RasterQueue, StepsLate) { run(300, 20, 90); }

}  // namespace
}  // namespace reshift
