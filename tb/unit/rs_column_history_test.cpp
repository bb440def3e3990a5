// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// Operations of random lists and groups: what stands to the left of a group is what the last
// columns of the group before had in the same micro-op, and padding in an operation's first group.
#include <Vrs_column_history.h>
#include <gtest/gtest.h>

#include <vector>

#include "harness/bench.hpp"
#include "harness/bits.hpp"

namespace reshift {
namespace {

constexpr int kColumns = RESHIFT_N, kC = RESHIFT_C, kActW = RESHIFT_ActW, kDepth = RESHIFT_Depth;

class ColumnHistory : public testing::Test {
 protected:
  ColumnHistory() {
    bench->valid_i = 0;
    bench.reset();
  }

  using Codes = std::vector<int64_t>;

  Codes random_codes() {
    Codes codes(kColumns * kC);
    for (int64_t& code : codes) code = random.uniform(0, (1 << kActW) - 1);
    return codes;
  }

  /// A cycle in which micro-op `acts` of those before is in the array.
  void cycle(bool valid, bool last, bool fresh, int zero, const Codes& acts) {
    bench->valid_i = valid;
    bench->last_i = last;
    bench->fresh_i = fresh;
    bench->zero_i = static_cast<uint8_t>(zero_);
    zero_ = zero;
    pack(bench->act_i, acts_, kActW);
    acts_ = acts;
    bench.tick();
  }

  void operation(int uops, int groups) {
    const int zero = static_cast<int>(random.uniform(0, (1 << kActW) - 1));
    std::vector<Codes> before(uops, Codes(kColumns * kC, zero));
    for (int group = 0; group < groups; ++group) {
      for (int uop = 0; uop < uops; ++uop) {
        // Lists follow at least two cycles apart, others idle as they like.
        int idle = uops == 1 ? 1 : 0;
        while (random.chance(20)) ++idle;
        for (; idle > 0; --idle) {
          cycle(false, random.chance(50), random.chance(50), 0, random_codes());
          check();
        }
        const Codes acts = random_codes();
        cycle(true, uop == uops - 1, group == 0, zero, acts);
        check();
        expected_ = before[uop];
        due_ = bench.cycle() + 1;
        before[uop] = acts;
      }
    }
  }

  /// Two cycles after a micro-op's `valid_i`.
  void check() {
    if (due_ == 0 || bench.cycle() != due_) return;
    for (int i = 0; i < kColumns * kC; ++i) {
      ASSERT_EQ(get_bits(bench->past_o, static_cast<unsigned>(i * kActW), kActW),
                static_cast<uint64_t>(expected_[i]));
    }
    ++checks;
  }

  Bench<Vrs_column_history> bench;
  Random& random = bench.random();
  int checks = 0;

 private:
  Codes acts_ = Codes(kColumns * kC), expected_;
  int zero_ = 0;
  uint64_t due_ = 0;
};

TEST_F(ColumnHistory, Random) {
  for (int i = 0; i < 60; ++i) {
    operation(static_cast<int>(random.uniform(1, kDepth)), static_cast<int>(random.uniform(1, 6)));
    if (HasFatalFailure()) return;
  }
  operation(kDepth, 3);
  EXPECT_GT(checks, 1000);
}

}  // namespace
}  // namespace reshift
