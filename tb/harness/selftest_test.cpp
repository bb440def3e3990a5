// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// The harness must find what it promises to find.
#include <Vselftest.h>
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "harness/bench.hpp"
#include "harness/bits.hpp"
#include "harness/scoreboard.hpp"
#include "harness/stream.hpp"

namespace reshift {
namespace {

using Item = std::pair<uint64_t, uint64_t>;  // low 64 bits, high 36 bits

struct Stream {
  explicit Stream(Stalls in, Stalls out)
      : driver(
            bench->in_valid_i, bench->in_ready_o,
            [this](const Item& item) {
              set_bits(bench->in_data_i, 0, 64, item.first);
              set_bits(bench->in_data_i, 64, 36, item.second);
            },
            in),
        monitor(
            bench->out_valid_o, bench->out_ready_i,
            [this] {
              return Item{get_bits(bench->out_data_o, 0, 64), get_bits(bench->out_data_o, 64, 36)};
            },
            [this](const Item& item) { board.actual(item); }, out) {
    bench->unstable_i = bench->fail_i = 0;
    bench.add(driver);
    bench.add(monitor);
    bench.reset();
  }

  void push(int count) {
    for (int i = 0; i < count; ++i) {
      const Item item{bench.random()(), bench.random()() & 0xfffffffff};
      driver.push(item);
      board.expect(item);
    }
  }

  Bench<Vselftest> bench;
  Scoreboard<Item> board{"stream"};
  StreamDriver<Item> driver;
  StreamMonitor<Item> monitor;
};

class Stalled : public testing::TestWithParam<std::pair<Stalls, Stalls>> {};

TEST_P(Stalled, StreamArrivesInOrder) {
  Stream s(GetParam().first, GetParam().second);
  s.push(1000);
  s.bench.run_until([&] { return s.board.empty(); });
  s.board.finish();
  EXPECT_EQ(s.monitor.received(), 1000u);
}

INSTANTIATE_TEST_SUITE_P(Profiles, Stalled,
                         testing::Values(std::pair{Stalls::none(), Stalls::none()},
                                         std::pair{Stalls::light(), Stalls::heavy()},
                                         std::pair{Stalls::bursty(), Stalls::light()}));

TEST(Harness, NoStallsMeansFullRate) {
  Stream s(Stalls::none(), Stalls::none());
  s.push(1000);
  s.bench.run(1003);
  EXPECT_TRUE(s.board.empty());
}

TEST(Harness, ScoreboardSeesWrongMissingAndSurplusItems) {
  const auto compare = [](std::vector<int> expected, std::vector<int> actual) {
    Scoreboard<int> board("numbers");
    for (int item : expected) board.expect(item);
    for (int item : actual) board.actual(item);
  };
  EXPECT_NONFATAL_FAILURE(compare({1, 2, 3}, {1, 7, 3}), "item 1 is 7, expected 2");
  EXPECT_NONFATAL_FAILURE(compare({1, 2}, {1}), "1 items never came");
  EXPECT_NONFATAL_FAILURE(compare({1}, {1, 2}), "nothing more expected");
}

TEST(Harness, ScoreboardThatComparedNothingFails) {
  EXPECT_NONFATAL_FAILURE({ Scoreboard<int> board("empty"); }, "compared nothing");
}

TEST(Harness, MonitorSeesAnUnstablePayload) {
  const auto run = [] {
    Stream s(Stalls::none(), Stalls::bursty());
    s.push(1000);
    s.bench->unstable_i = 1;
    s.bench.run(1000);
  };
  EXPECT_THROW(run(), Error);
}

TEST(Harness, AssertionReportsItsLine) {
  Bench<Vselftest> bench;
  bench->unstable_i = bench->fail_i = 0;
  bench.reset();
  bench.tick();
  SimFailure seen;
  auto before = set_sim_failure_handler([&](const SimFailure& failure) { seen = failure; });
  bench->fail_i = 1;
  EXPECT_THROW(bench.tick(), Error);
  set_sim_failure_handler(before);
  EXPECT_NE(seen.file.find("selftest.sv"), std::string::npos);
  EXPECT_EQ(seen.line, 40);
}

TEST(Harness, TimeoutThrows) {
  Bench<Vselftest> bench;
  bench->unstable_i = bench->fail_i = 0;
  EXPECT_THROW(bench.run_until([] { return false; }, 10), Error);
}

}  // namespace
}  // namespace reshift
