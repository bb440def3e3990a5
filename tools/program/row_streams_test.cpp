// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "program/row_streams.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "base/error.hpp"
#include "base/integer.hpp"
#include "net/numerics.hpp"
#include "program/hardware.hpp"
#include "program/weight_block.hpp"

namespace reshift {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Row by row of each tile: the weights of its lanes.
std::vector<std::uint8_t> tiles_of(const isa::Hardware& hw,
                                   const std::vector<std::vector<int>>& weights) {
  std::vector<std::uint8_t> tiles;
  for (const std::vector<int>& tile : weights) append_tile(hw, tile, tiles);
  return tiles;
}

// Two rows of two lanes of 4-bit codes: an entry is lane << 4 | code. The code of 1 is 0, of -1 8,
// of zero 7.
TEST(RowStreams, LieAsTheDocumentSays) {
  const isa::Hardware hw = find_hardware("2x2x2");
  const auto tiles = tiles_of(hw, {{1, 0, 0, -1}, {0, 1, 0, 0}, {1, 1, 0, 1}});
  // Row 0: lane 0, end because lane 1 comes next, lane 1, lanes 0 and 1; row 1: lane 1, no weight,
  // lane 1.
  EXPECT_THAT(encode_row_streams(hw, tiles),
              ElementsAre(0x00, 0x18, 0x17, 0x07, 0x10, 0x10, 0x00, 0x17, 0x10, 0x17));
}

class RowStreamsOf : public ::testing::TestWithParam<const char*> {};

TEST_P(RowStreamsOf, MakeTheTilesAgain) {
  const isa::Hardware hw = find_hardware(GetParam());
  std::mt19937 random(1);
  for (const int percent : {0, 1, 6, 35, 90, 100}) {
    std::vector<std::vector<int>> weights(40, std::vector<int>(index(hw.m * hw.c)));
    for (auto& tile : weights) {
      for (int& weight : tile) {
        if (static_cast<int>(random() % 100) >= percent) continue;
        do {
          weight = decode_weight(
              static_cast<std::uint32_t>(random()) & ((1u << isa::term_width(hw)) - 1),
              hw.weight_format);
        } while (!weight_fits(weight, hw.weight_format));
      }
    }
    const auto tiles = tiles_of(hw, weights);
    const auto items = encode_row_streams(hw, tiles);
    EXPECT_EQ(items.size() % index(isa::item_bytes(hw)), 0u);
    EXPECT_EQ(decode_row_streams(hw, items, weights.size()), tiles) << percent;
  }
}

INSTANTIATE_TEST_SUITE_P(Configurations, RowStreamsOf,
                         ::testing::Values("2x2x2", "4x4x3", "4x4x3_a10t5", "16x16x8",
                                           "16x16x8_half", "mobile", "16x16x8_dsp"));

TEST(RowStreams, RefuseWhatDoesNotMakeTheTiles) {
  const isa::Hardware hw = find_hardware("2x2x2");
  const auto refusal = [&](std::vector<std::uint8_t> items, std::size_t uops) -> std::string {
    try {
      decode_row_streams(hw, items, uops);
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_EQ(refusal({0x00, 0x00}, 1), "");
  EXPECT_THAT(refusal({0x00, 0x00}, 2), HasSubstr("row 0 makes 1 of 2 tiles"));
  EXPECT_THAT(refusal({0x10, 0x00, 0x17, 0x00}, 1), HasSubstr("row 1 makes more than 1 tiles"));
  EXPECT_THAT(refusal({0x17, 0x00}, 1), HasSubstr("row 0 makes 0 of 1 tiles"));
}

}  // namespace
}  // namespace reshift
