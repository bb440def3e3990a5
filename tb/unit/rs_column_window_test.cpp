// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <Vrs_column_window.h>
#include <gtest/gtest.h>

#include <deque>
#include <vector>

#include "harness/bench.hpp"
#include "harness/bits.hpp"

namespace reshift {
namespace {

constexpr int kP = RESHIFT_P;
constexpr int kWindowW = 11;

using Columns = std::vector<uint64_t>;  // y and x window of each column

/// Runs `groups` groups through; percents: chance that a pixel steps when it may, that a group ends
/// when it may. The windows shown must be those of the group issued in the cycle before.
void run(int groups, int step_percent, int next_percent, uint64_t* cycles = nullptr) {
  Bench<Vrs_column_window> bench;
  Random& random = bench.random();
  bench->step_i = bench->next_i = 0;
  bench.reset();
  std::deque<Columns> collected;
  Columns current;
  int stepped = 0, ended = 0, shown = 0;
  bool expect = false;
  Columns due;
  while (ended < groups) {
    bench->next_i = 0;
    bench.settle();
    // The micro-op of the cycle before sees its group's windows in this cycle.
    if (expect) {
      for (unsigned p = 0; p < kP; ++p) {
        ASSERT_EQ(get_element(bench->y_o, p, kWindowW), due[2 * p]);
        ASSERT_EQ(get_element(bench->x_o, p, kWindowW), due[2 * p + 1]);
      }
      ++shown;
    }
    ASSERT_EQ(bench->valid_o, !collected.empty());
    expect = bench->valid_o;
    if (expect) due = collected.front();
    const bool next = bench->valid_o && random.chance(next_percent);
    bench->next_i = next;
    const uint64_t y = random() % (1 << kWindowW), x = random() % (1 << kWindowW);
    bench->y_i = static_cast<uint16_t>(y);
    bench->x_i = static_cast<uint16_t>(x);
    bench->last_p_i = stepped % kP == kP - 1;
    bench->step_i = stepped < groups * kP && bench->ready_o && random.chance(step_percent);
    bench.settle();
    const bool step = bench->step_i;
    if (step) {
      current.insert(current.end(), {y, x});
      ++stepped;
    }
    bench.tick();
    if (next) {
      collected.pop_front();
      ++ended;
    }
    if (current.size() == 2 * kP) {
      collected.push_back(current);
      current.clear();
    }
    ASSERT_LT(bench.cycle(), 100000u);
  }
  EXPECT_GE(shown, groups - 1);  // all but the last one's
  if (cycles) *cycles = bench.cycle();
}

// P cycles a group; the reset and the first group come before.
TEST(ColumnWindow, FullRate) {
  uint64_t few = 0, many = 0;
  run(10, 100, 100, &few);
  run(110, 100, 100, &many);
  EXPECT_EQ(many - few, 100u * kP);
}
TEST(ColumnWindow, PixelsLate) { run(300, 30, 100); }
TEST(ColumnWindow, GroupsTakeTheirTime) { run(300, 100, 10); }
TEST(ColumnWindow, Random) { run(300, 60, 40); }

}  // namespace
}  // namespace reshift
