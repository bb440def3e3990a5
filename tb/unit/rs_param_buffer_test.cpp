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

constexpr int kMultW = RESHIFT_MultW;
constexpr unsigned kRecordW = kMultW == 16 ? 64 : 128, kChannelW = 38 + kMultW;

/// A record: its bits up to those of the shift, the others are anything.
struct Record {
  uint32_t bias, mult;
  unsigned shift;
};
using Word = std::vector<Record>;

struct Ring {
  Ring(int groups, Stalls stalls)
      : stream(
            bench->valid_i, bench->ready_o, [this](int i) { put(words[i]); }, stalls) {
    bench->free_i = bench->free_count_i = bench->addr_i = bench->read_i = 0;
    bench.add(stream);
    bench.reset();
    for (int i = 0; i < groups * kWords; ++i) {
      Word word(kRecords);
      for (Record& record : word) {
        record = {static_cast<uint32_t>(bench.random()()),
                  static_cast<uint32_t>(bench.random()() & ((1ull << kMultW) - 1)),
                  static_cast<unsigned>(bench.random()() % 64)};
      }
      words.push_back(word);
      stream.push(i);
    }
  }
  void put(const Word& word) {
    for (unsigned r = 0; r < kRecords; ++r) {
      const unsigned at = kRecordW * r;
      for (unsigned i = 0; i < kRecordW; i += 32) {
        set_bits(bench->params_i, at + i, 32, static_cast<uint32_t>(bench.random()()));
      }
      set_bits(bench->params_i, at, 32, word[r].bias);
      set_bits(bench->params_i, at + 32, kMultW, word[r].mult);
      set_bits(bench->params_i, at + 32 + kMultW, 6, word[r].shift);
    }
  }
  /// As the core keeps it: the last bit of the shift is in the multiplier.
  void expect(unsigned r, const Record& record) {
    const uint64_t mult = record.mult;
    ASSERT_EQ(get_bits(bench->params_o, kChannelW * r, 32), record.bias);
    ASSERT_EQ(get_bits(bench->params_o, kChannelW * r + 32, kMultW + 1),
              record.shift % 2 == 0 ? 2 * mult : mult);
    ASSERT_EQ(get_bits(bench->params_o, kChannelW * r + 33 + kMultW, 5), record.shift / 2);
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
        expect(r, words[shown][r]);
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
