// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// The parts that pass a stream on unchanged: rs_fifo, rs_fifo_ram and rs_skid.
#include <gtest/gtest.h>

#include <string>

#include "harness/bench.hpp"
#include "harness/scoreboard.hpp"
#include "harness/stream.hpp"
#include RESHIFT_MODEL_HEADER

namespace reshift {
namespace {

struct Profile {
  const char* name;
  Stalls in, out;
};

class Stream : public testing::TestWithParam<Profile> {};

TEST_P(Stream, OrderIsKept) {
  Bench<RESHIFT_MODEL> bench;
  Scoreboard<uint32_t> board("out");
  StreamDriver<uint32_t> driver(
      bench->in_valid_i, bench->in_ready_o, [&](const uint32_t& item) { bench->in_data_i = item; },
      GetParam().in);
  StreamMonitor<uint32_t> monitor(
      bench->out_valid_o, bench->out_ready_i,
      [&] { return static_cast<uint32_t>(bench->out_data_o); },
      [&](const uint32_t& item) { board.actual(item); }, GetParam().out);
  bench.add(driver);
  bench.add(monitor);
  bench.reset();
  for (int i = 0; i < 5000; ++i) {
    const auto item = static_cast<uint32_t>(bench.random()());
    driver.push(item);
    board.expect(item);
  }
  const uint64_t begin = bench.cycle();
  while (!board.empty()) {
    bench.tick();
    ASSERT_LT(bench.cycle() - begin, 300000u);
  }
  if (GetParam().in.percent == 0 && GetParam().out.percent == 0) {
    EXPECT_LE(bench.cycle() - begin, 5004u) << "a word a cycle";
  }
}

INSTANTIATE_TEST_SUITE_P(Traffic, Stream,
                         testing::Values(Profile{"none", Stalls::none(), Stalls::none()},
                                         Profile{"slow_in", Stalls::heavy(), Stalls::light()},
                                         Profile{"slow_out", Stalls::light(), Stalls::heavy()},
                                         Profile{"bursty", Stalls::bursty(), Stalls::bursty()}),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace reshift
