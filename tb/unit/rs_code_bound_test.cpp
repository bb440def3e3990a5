// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// Codes against std::min, with a new bound in every cycle.
#include <Vrs_code_bound.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "harness/bench.hpp"
#include "harness/bits.hpp"
#include "net/numerics.hpp"

namespace reshift {
namespace {

constexpr int kCodes = RESHIFT_Codes;
constexpr int kActW = RESHIFT_ActW;

TEST(CodeBound, CodesAboveTheBoundBecomeIt) {
  Bench<Vrs_code_bound> bench;
  Random& random = bench.random();
  int cut = 0, changed = 0;
  for (int cycle = 0; cycle < 20000; ++cycle) {
    const int next = static_cast<int>(random.uniform(0, (1 << kActW) - 1));
    bench->cut_i = static_cast<uint16_t>(next);
    std::array<int64_t, kCodes> codes;
    for (std::size_t i = 0; i < kCodes; ++i) {
      codes[i] = random.uniform(code_min(kActW), code_max(kActW));
      set_bits(bench->code_i, static_cast<unsigned>(i) * kActW, kActW,
               static_cast<uint64_t>(codes[i]));
    }
    bench.tick();
    if (cycle > 0) {
      for (std::size_t i = 0; i < kCodes; ++i) {
        const int64_t expected = std::min<int64_t>(codes[i], code_max(kActW) - cut);
        ASSERT_EQ(
            sign_extend(get_bits(bench->code_o, static_cast<unsigned>(i) * kActW, kActW), kActW),
            expected);
        changed += expected != codes[i];
      }
    }
    cut = next;
  }
  EXPECT_GT(changed, 0);
}

}  // namespace
}  // namespace reshift
