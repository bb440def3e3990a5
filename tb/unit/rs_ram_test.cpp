// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// The block RAMs against an array; reads of the address being written are left out.
#include <Vrs_ram_bench.h>
#include <gtest/gtest.h>

#include <array>
#include <optional>

#include "harness/bench.hpp"

namespace reshift {
namespace {

TEST(Ram, ReadsWhatWasWritten) {
  Bench<Vrs_ram_bench> bench;
  Random& random = bench.random();
  std::array<std::optional<uint64_t>, 16> model;
  std::optional<uint64_t> a, b, a_before;  // what the memories' outputs hold
  int compared = 0;
  const auto same = [&](uint64_t actual, const std::optional<uint64_t>& expected) {
    if (!expected) return;
    ASSERT_EQ(actual, *expected) << "cycle " << bench.cycle();
    ++compared;
  };
  for (int i = 0; i < 20000; ++i) {
    const auto address = [&] { return static_cast<uint8_t>(random.uniform(0, 15)); };
    bench->b_en_i = random.chance(80);
    bench->b_write_i = random.chance(50);
    bench->b_addr_i = address();
    bench->b_wdata_i = random() & 0xffffffffff;
    bench->a_addr_i = address();
    const bool writes = bench->b_en_i && bench->b_write_i;
    bench->a_read_i = random.chance(80) && !(writes && bench->a_addr_i == bench->b_addr_i);
    a_before = a;
    if (bench->a_read_i) a = model[bench->a_addr_i];
    if (bench->b_en_i && !bench->b_write_i) b = model[bench->b_addr_i];
    if (writes) model[bench->b_addr_i] = bench->b_wdata_i;
    bench.tick();
    same(bench->simple_o, a);
    same(bench->dual_a_o, a);
    same(bench->dual_b_o, b);
    same(bench->simple_reg_o, a_before);
    same(bench->dual_a_reg_o, a_before);
  }
  EXPECT_GT(compared, 90000);
}

}  // namespace
}  // namespace reshift
