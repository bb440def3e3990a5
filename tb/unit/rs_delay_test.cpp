// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <Vrs_delay.h>
#include <gtest/gtest.h>

#include <deque>

#include "harness/bench.hpp"

namespace reshift {
namespace {

constexpr int kStages = RESHIFT_Stages;

TEST(Delay, WordsComeStagesCyclesLater) {
  Bench<Vrs_delay> bench;
  std::deque<uint16_t> words;
  for (int i = 0; i < 200; ++i) {
    bench->data_i = static_cast<uint16_t>(bench.random()());
    words.push_back(bench->data_i);
    bench.settle();
    if (i < kStages) {
      bench.tick();
      continue;
    }
    ASSERT_EQ(bench->data_o, words.front());
    words.pop_front();
    bench.tick();
  }
}

}  // namespace
}  // namespace reshift
