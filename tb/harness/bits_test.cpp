// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "harness/bits.hpp"

#include <gtest/gtest.h>

#include "harness/random.hpp"

namespace reshift {
namespace {

TEST(Bits, FieldsOfAWidePortKeepTheirNeighbours) {
  Random random(run_seed());
  for (int i = 0; i < 2000; ++i) {
    VlWide<5> port{};
    std::vector<bool> bits(160);
    for (int k = 0; k < 4; ++k) {
      const auto low = static_cast<unsigned>(random.uniform(0, 159));
      const auto width = static_cast<unsigned>(random.uniform(1, std::min(64u, 160 - low)));
      const uint64_t value = random();
      set_bits(port, low, width, value);
      for (unsigned b = 0; b < width; ++b) bits[low + b] = value >> b & 1;
    }
    for (unsigned b = 0; b < 160; ++b) ASSERT_EQ(get_bits(port, b, 1), bits[b]) << "bit " << b;
  }
}

TEST(Bits, FieldsOfAnIntegerPort) {
  uint16_t port = 0xffff;
  set_bits(port, 4, 8, 0x100);  // only 8 bits of the value count
  EXPECT_EQ(port, 0xf00f);
  EXPECT_EQ(get_bits(port, 12, 4), 0xfu);
}

TEST(Bits, PackedSignedElements) {
  VlWide<3> port{};
  const std::vector<int64_t> values = {-16, 15, -1, 0, 7, -8, 3, 3, 3, 1, -2, 5, 9, -9, 11, -13};
  pack(port, values, 5);
  EXPECT_EQ(unpack_signed(port, 16, 5), values);
}

}  // namespace
}  // namespace reshift
