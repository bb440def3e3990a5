// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// Pixels into the queues, writes out of them while ways wait for random times; tags follow.
#include <Vrs_post_queue.h>
#include <gtest/gtest.h>

#include <deque>
#include <vector>

#include "harness/bench.hpp"
#include "harness/bits.hpp"

namespace reshift {
namespace {

constexpr unsigned kQ = RESHIFT_Q;
constexpr unsigned kWordW = RESHIFT_WordW, kBankW = RESHIFT_BankW, kAddrW = RESHIFT_AddrW;
constexpr std::size_t kDepth = RESHIFT_Depth;

struct Pixel {
  bool write;
  uint64_t bank, addr, data;
};

class PostQueue : public testing::Test {
 protected:
  PostQueue() {
    bench->valid_i = bench->wr_ready_i = 0;
    bench.reset();
  }

  /// One cycle; each way takes a write with `ready_percent`.
  void cycle(bool put, int ready_percent) {
    bench->valid_i = put;
    for (unsigned q = 0; q < kQ; ++q) {
      const Pixel pixel{random.chance(80), random() & 7, random() & 1023, random() & 0xffffffff};
      set_bits(bench->write_i, q, 1, pixel.write);
      set_bits(bench->bank_i, q * kBankW, kBankW, pixel.bank);
      set_bits(bench->addr_i, q * kAddrW, kAddrW, pixel.addr);
      set_bits(bench->data_i, q * kWordW, kWordW, pixel.data);
      set_bits(bench->wr_ready_i, q, 1, random.chance(ready_percent));
      if (put) ways[q].push_back(pixel);
    }
    bench->tag_i = static_cast<uint8_t>(random());
    if (put) tags.push_back({bench->tag_i, ++puts});
    bench.settle();
    for (unsigned q = 0; q < kQ; ++q) {
      // The data of the write taken in the cycle before.
      if (taken[q].write) {
        ASSERT_EQ(get_bits(bench->wr_data_o, q * kWordW, kWordW), taken[q].data);
      }
      taken[q].write = false;
      const bool valid = get_bits(bench->wr_valid_o, q, 1) != 0;
      if (!valid) continue;
      while (!ways[q].empty() && !ways[q].front().write) pass(q);
      ASSERT_FALSE(ways[q].empty());
      ASSERT_EQ(get_bits(bench->wr_bank_o, q * kBankW, kBankW), ways[q].front().bank);
      ASSERT_EQ(get_bits(bench->wr_addr_o, q * kAddrW, kAddrW), ways[q].front().addr);
      if (get_bits(bench->wr_ready_i, q, 1) == 0) continue;
      taken[q] = ways[q].front();
      pass(q);
    }
    if (bench->done_o) {
      ASSERT_FALSE(tags.empty());
      ASSERT_EQ(bench->tag_o, tags.front().first);
      for (unsigned q = 0; q < kQ; ++q) {
        // Writes that pass by are not seen from outside.
        while (passed[q] < tags.front().second && !ways[q].empty() && !ways[q].front().write)
          pass(q);
        ASSERT_GE(passed[q], tags.front().second) << "a tag before its pixel, way " << q;
      }
      tags.pop_front();
    }
    bench.tick();
  }
  void pass(unsigned q) {
    ways[q].pop_front();
    ++passed[q];
  }

  Bench<Vrs_post_queue> bench;
  Random& random = bench.random();
  std::vector<std::deque<Pixel>> ways = std::vector<std::deque<Pixel>>(kQ);
  std::vector<Pixel> taken = std::vector<Pixel>(kQ);
  std::vector<std::size_t> passed = std::vector<std::size_t>(kQ);
  std::deque<std::pair<uint8_t, std::size_t>> tags;
  std::size_t puts = 0;
};

TEST_F(PostQueue, RandomWaits) {
  for (const int ready : {100, 60, 20}) {
    for (int i = 0; i < 2000; ++i) {
      cycle(tags.size() < kDepth && random.chance(70), ready);
      if (HasFatalFailure()) return;
    }
    for (int i = 0; i < 300; ++i) cycle(false, 100);
    EXPECT_TRUE(tags.empty());
  }
  EXPECT_GT(puts, 1500u);
}

// Nobody waits: a pixel of each way per cycle.
TEST_F(PostQueue, FullRate) {
  for (int i = 0; i < 200; ++i) {
    cycle(true, 100);
    if (HasFatalFailure()) return;
    ASSERT_LE(tags.size(), 4u);
  }
}

}  // namespace
}  // namespace reshift
