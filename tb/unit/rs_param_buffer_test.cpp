// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <Vrs_param_buffer.h>
#include <gtest/gtest.h>

#include <vector>

#include "harness/bench.hpp"
#include "harness/bits.hpp"
#include "harness/stream.hpp"

namespace reshift {
namespace {

constexpr int kM = RESHIFT_M;
constexpr int kDepth = RESHIFT_PmDepth;

using Group = std::vector<int64_t>;  // M records of 64 bits

struct Ring {
  Ring(int count, Stalls stalls)
      : groups(
            bench->valid_i, bench->ready_o, [this](int i) { pack(bench->params_i, words[i], 64); },
            stalls) {
    bench->free_i = 0;
    bench->free_count_i = 0;
    bench->addr_i = 0;
    bench.add(groups);
    bench.reset();
    for (int i = 0; i < count; ++i) {
      Group group(kM);
      for (int64_t& record : group) record = static_cast<int64_t>(bench.random()());
      words.push_back(group);
      groups.push(i);
    }
  }
  int loaded() const { return static_cast<int>(groups.taken()); }

  /// One cycle: frees `free` groups and reads group `read`, if it is not negative.
  void cycle(int free, int read) {
    bench->free_i = free > 0;
    bench->free_count_i = static_cast<uint8_t>(free);
    if (read >= 0) bench->addr_i = static_cast<uint8_t>(read % kDepth);
    freed += free;
    bench.tick();
    if (read >= 0) {
      ASSERT_EQ(unpack_signed(bench->params_o, kM, 64), words[read]);
      ++reads;
    }
    ASSERT_EQ(bench->loaded_o, loaded() % (2 * kDepth));
    ASSERT_LE(loaded() - freed, kDepth);
  }

  Bench<Vrs_param_buffer> bench;
  std::vector<Group> words;
  StreamDriver<int> groups;
  int freed = 0, reads = 0;
};

TEST(ParamBuffer, FillsToTheBrimAndNoFurther) {
  Ring ring(3 * kDepth, Stalls::none());
  for (int i = 0; i < 2 * kDepth; ++i) ring.cycle(0, -1);
  EXPECT_EQ(ring.loaded(), kDepth);
  for (int i = 0; i < kDepth; ++i) ring.cycle(0, i);
  ring.cycle(kDepth, -1);
  for (int i = 0; i < kDepth; ++i) ring.cycle(0, -1);
  EXPECT_EQ(ring.loaded(), 2 * kDepth);
  for (int i = 0; i < kDepth; ++i) ring.cycle(0, kDepth + i);
}

class ParamBufferStalled : public testing::TestWithParam<Stalls> {};

TEST_P(ParamBufferStalled, RandomReadsAndFrees) {
  const int count = 1000;
  Ring ring(count, GetParam());
  Random& random = ring.bench.random();
  while (ring.freed < count) {
    const int held = ring.loaded() - ring.freed;
    const int read =
        held > 0 ? static_cast<int>(random.uniform(ring.freed, ring.loaded() - 1)) : -1;
    ring.cycle(random.chance(30) ? static_cast<int>(random.uniform(0, held)) : 0, read);
    if (HasFatalFailure()) return;
    ASSERT_LT(ring.bench.cycle(), 100000u);
  }
  EXPECT_GT(ring.reads, 500);
}

INSTANTIATE_TEST_SUITE_P(Profiles, ParamBufferStalled,
                         testing::Values(Stalls::none(), Stalls::heavy(), Stalls::bursty()));

}  // namespace
}  // namespace reshift
