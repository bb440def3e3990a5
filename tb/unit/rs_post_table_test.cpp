// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// Random tables, written while codes go through those that are complete, and codes that pass.
#include <Vrs_post_table.h>
#include <gtest/gtest.h>

#include <deque>
#include <vector>

#include "harness/bench.hpp"
#include "harness/bits.hpp"

namespace reshift {
namespace {

constexpr int kLanes = RESHIFT_Lanes, kTables = RESHIFT_Tables;
constexpr int kEntries = 256;

using Codes = std::vector<int64_t>;

class PostTable : public testing::Test {
 protected:
  PostTable() {
    bench->number_i = bench->write_valid_i = 0;
    bench.reset();
    for (auto& table : tables) {
      for (int i = 0; i < kEntries; ++i) table.push_back(static_cast<int>(random() % 256) - 128);
    }
  }

  /// A cycle: codes for a table that is complete, 0: none; the next entries, if any are left.
  void cycle(int number) {
    Codes codes, expected;
    for (int lane = 0; lane < kLanes; ++lane) {
      codes.push_back(static_cast<int>(random() % 256) - 128);
      const auto at = static_cast<std::size_t>(codes.back() + 128);
      expected.push_back(number == 0 ? codes.back() : tables[number % kTables][at]);
    }
    pack(bench->code_i, codes, 8);
    bench->number_i = static_cast<uint8_t>(number);
    bench->write_valid_i = written < kTables * kEntries;
    if (bench->write_valid_i) {
      const auto& table = tables[written / kEntries];
      const auto at = static_cast<std::size_t>(written % kEntries);
      bench->write_addr_i = static_cast<uint16_t>(written / 2);
      bench->write_i = static_cast<uint16_t>((table[at] & 0xff) | (table[at + 1] & 0xff) << 8);
    }
    bench.settle();
    ASSERT_EQ(bench->write_ready_o, number == 0);
    if (bench->write_valid_i && bench->write_ready_o) written += 2;
    bench.tick();
    on_their_way.push_back(expected);
    if (on_their_way.size() < 2) return;
    ASSERT_EQ(unpack_signed(bench->code_o, kLanes, 8), on_their_way.front());
    on_their_way.pop_front();
  }

  Bench<Vrs_post_table> bench;
  Random& random = bench.random();
  std::vector<int> tables[kTables];  ///< by number modulo kTables, as codes
  int written = 0;
  std::deque<Codes> on_their_way;
};

TEST_F(PostTable, LooksUpWhileOthersAreWritten) {
  int looked = 0;
  for (int i = 0; i < 20000; ++i) {
    const int complete = written / kEntries;  // of the tables at slots 0 to complete - 1
    int number = 0;
    if (complete > 0 && random.chance(60)) {
      const int slot = static_cast<int>(random.uniform(0, complete - 1));
      number = slot == 0 ? kTables : slot;  // numbers are 1 to kTables
    }
    looked += number > 0;
    cycle(number);
    if (HasFatalFailure()) return;
  }
  EXPECT_EQ(written, kTables * kEntries);
  EXPECT_GT(looked, 5000);
}

}  // namespace
}  // namespace reshift
