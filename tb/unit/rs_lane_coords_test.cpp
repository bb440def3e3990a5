// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <Vrs_lane_coords.h>
#include <gtest/gtest.h>

#include <vector>

#include "harness/bench.hpp"
#include "harness/bits.hpp"
#include "harness/scoreboard.hpp"
#include "harness/stream.hpp"

namespace reshift {
namespace {

constexpr int kP = RESHIFT_P;

struct Operation {
  int groups, pitch;
};
using Lanes = std::vector<std::pair<int64_t, int64_t>>;  // (y, x) of each lane

struct Coords {
  Coords(Stalls ops_stalls, Stalls user_stalls)
      : ops(
            bench->op_valid_i, bench->op_ready_o,
            [this](const Operation& op) {
              bench->op_groups_i = static_cast<uint32_t>(op.groups);
              bench->op_pitch_i = static_cast<uint16_t>(op.pitch);
            },
            ops_stalls),
        lanes(
            bench->valid_o, bench->next_i,
            [this] {
              Lanes l;
              for (unsigned p = 0; p < kP; ++p) {
                l.emplace_back(get_element(bench->y_o, p, 12), get_element(bench->x_o, p, 12));
              }
              return l;
            },
            [this](const Lanes& l) { board.actual(l); }, user_stalls) {
    bench.add(ops);
    bench.add(lanes);
    bench.reset();
  }

  void push(const Operation& op) {
    ops.push(op);
    for (int g = 0; g < op.groups; ++g) {
      Lanes l;
      for (int p = 0; p < kP; ++p) {
        const int i = g * kP + p;
        l.emplace_back(i / op.pitch, i % op.pitch);
      }
      board.expect(l);
    }
  }
  Operation random_operation() {
    Random& random = bench.random();
    return {static_cast<int>(random.uniform(1, 20)), static_cast<int>(random.uniform(1, 30))};
  }

  Bench<Vrs_lane_coords> bench;
  Scoreboard<Lanes> board{"coordinates"};
  StreamDriver<Operation> ops;
  StreamMonitor<Lanes> lanes;
};

// P cycles a group, whatever the operations; P + 1 before the first.
TEST(LaneCoords, FullRate) {
  Coords coords(Stalls::none(), Stalls::none());
  uint64_t groups = 0;
  for (int i = 0; i < 50; ++i) {
    const Operation op = coords.random_operation();
    coords.push(op);
    groups += static_cast<uint64_t>(op.groups);
  }
  coords.bench.tick();  // the driver's first offer
  const uint64_t begin = coords.bench.cycle();
  coords.bench.run_until([&] { return coords.board.empty(); });
  EXPECT_EQ(coords.bench.cycle() - begin, kP * groups + 2);
}

class LaneCoordsStalled : public testing::TestWithParam<std::pair<Stalls, Stalls>> {};

TEST_P(LaneCoordsStalled, Random) {
  Coords coords(GetParam().first, GetParam().second);
  coords.push({1, 1});
  coords.push({2, 4095});
  for (int i = 0; i < 100; ++i) coords.push(coords.random_operation());
  coords.bench.run_until([&] { return coords.board.empty(); });
  coords.bench.run(20);
}

INSTANTIATE_TEST_SUITE_P(Profiles, LaneCoordsStalled,
                         testing::Values(std::pair{Stalls::none(), Stalls::none()},
                                         std::pair{Stalls::bursty(), Stalls::light()},
                                         std::pair{Stalls::none(), Stalls::heavy()},
                                         std::pair{Stalls::light(), Stalls::bursty()}));

}  // namespace
}  // namespace reshift
