// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <Vrs_param_buffer.h>
#include <gtest/gtest.h>

#include <vector>

#include "harness/bench.hpp"
#include "harness/bits.hpp"
#include "harness/stream.hpp"

namespace reshift {
namespace {

constexpr int kDepth = RESHIFT_PmDepth;
constexpr int kRecords = RESHIFT_Records;
constexpr int kWords = RESHIFT_M / kRecords;

using Word = std::vector<int64_t>;  // records of 64 bits

/// A record as the core keeps it: the last bit of the shift is in the multiplier.
int64_t kept(int64_t record) {
  const int64_t bias = record & 0xffffffff, mult = record >> 32 & 0xffff, shift = record >> 48 & 63;
  return (shift / 2) << 49 | (shift % 2 == 0 ? 2 * mult : mult) << 32 | bias;
}

struct Ring {
  Ring(int groups, Stalls stalls)
      : stream(
            bench->valid_i, bench->ready_o, [this](int i) { pack(bench->params_i, words[i], 64); },
            stalls) {
    bench->free_i = bench->free_count_i = bench->addr_i = bench->read_i = 0;
    bench.add(stream);
    bench.reset();
    for (int i = 0; i < groups * kWords; ++i) {
      Word word(kRecords);
      for (int64_t& record : word) record = static_cast<int64_t>(bench.random()());
      words.push_back(word);
      stream.push(i);
    }
  }
  int loaded() const { return static_cast<int>(stream.taken()) / kWords; }

  /// One cycle: frees `free` groups and reads word `read`, if it is not negative; the word read
  /// last stays.
  void cycle(int free, int read) {
    bench->free_i = free > 0;
    bench->free_count_i = static_cast<uint8_t>(free);
    bench->read_i = read >= 0;
    bench->addr_i = static_cast<uint8_t>(read < 0 ? bench.random()() : read % (kDepth * kWords));
    freed += free;
    bench.tick();
    if (read >= 0) shown = read;
    if (shown >= 0) {
      for (unsigned r = 0; r < kRecords; ++r) {
        ASSERT_EQ(get_bits(bench->params_o, 54 * r, 54), kept(words[shown][r]));
      }
    }
    reads += read >= 0;
    ASSERT_EQ(bench->loaded_o, loaded() % (2 * kDepth));
    ASSERT_LE(loaded() - freed, kDepth);
  }

  Bench<Vrs_param_buffer> bench;
  std::vector<Word> words;
  StreamDriver<int> stream;
  int freed = 0, reads = 0, shown = -1;
};

TEST(ParamBuffer, FillsToTheBrimAndNoFurther) {
  Ring ring(3 * kDepth, Stalls::none());
  for (int i = 0; i < 2 * kDepth * kWords; ++i) ring.cycle(0, -1);
  EXPECT_EQ(ring.loaded(), kDepth);
  for (int i = 0; i < kDepth * kWords; ++i) ring.cycle(0, i);
  ring.cycle(kDepth, -1);
  // What becomes free shows a cycle late.
  for (int i = 0; i <= kDepth * kWords; ++i) ring.cycle(0, -1);
  EXPECT_EQ(ring.loaded(), 2 * kDepth);
  for (int i = 0; i < kDepth * kWords; ++i) ring.cycle(0, kDepth * kWords + i);
}

class ParamBufferStalled : public testing::TestWithParam<Stalls> {};

TEST_P(ParamBufferStalled, RandomReadsAndFrees) {
  const int count = 1000;
  Ring ring(count, GetParam());
  Random& random = ring.bench.random();
  while (ring.freed < count) {
    const int held = ring.loaded() - ring.freed;
    const int read =
        held > 0 && random.chance(80)
            ? static_cast<int>(random.uniform(ring.freed * kWords, ring.loaded() * kWords - 1))
            : -1;
    ring.cycle(random.chance(30) ? static_cast<int>(random.uniform(0, held)) : 0, read);
    if (ring.freed * kWords > ring.shown) ring.shown = -1;
    if (HasFatalFailure()) return;
    ASSERT_LT(ring.bench.cycle(), 100000u);
  }
  EXPECT_GT(ring.reads, 500);
}

INSTANTIATE_TEST_SUITE_P(Profiles, ParamBufferStalled,
                         testing::Values(Stalls::none(), Stalls::heavy(), Stalls::bursty()));

}  // namespace
}  // namespace reshift
