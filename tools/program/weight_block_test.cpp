// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "program/weight_block.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "base/error.hpp"
#include "program/hardware.hpp"
#include "program/row_streams.hpp"

namespace reshift {
namespace {

using ::testing::HasSubstr;

class WeightBlockOf : public ::testing::TestWithParam<const char*> {
 protected:
  void check(bool streams);
  int random(int low, int high) { return std::uniform_int_distribution(low, high)(engine_); }

  isa::Hardware hw_ = find_hardware(GetParam());
  std::mt19937 engine_{1};
};

/// What is written reads back.
void WeightBlockOf::check(bool streams) {
  for (const std::size_t uops : {std::size_t{0}, std::size_t{1}, std::size_t{9}}) {
    std::vector<ChannelParams> params;
    for (int row = 0; row < 2 * hw_.m; ++row) {
      params.push_back({random(-1 << 30, 1 << 30),
                        static_cast<std::uint32_t>(random(0, 65535)) << (hw_.mult_w - 16),
                        static_cast<std::uint8_t>(random(0, isa::max_shift(hw_)))});
    }
    std::vector<std::uint32_t> headers;
    std::vector<std::uint8_t> tiles;
    std::vector<std::vector<int>> weights;
    for (std::size_t i = 0; i < uops; ++i) {
      headers.push_back(encode_header({random(0, 32767), random(0, hw_.p - 1), random(-16, 15),
                                       random(-16, 15), random(0, 1), i == 0, i + 1 == uops}));
      auto& tile = weights.emplace_back();
      for (int w = 0; w < hw_.m * hw_.c; ++w) tile.push_back(random(-1, 1) << random(0, 3));
      append_tile(hw_, tile, tiles);
    }
    std::vector<std::uint8_t> bytes(3, 0xff);  // something before it
    if (streams) tiles = encode_row_streams(hw_, tiles);
    const std::int64_t items = streams ? std::ssize(tiles) / isa::item_bytes(hw_) : 0;
    const isa::LoadWeights d = append_weight_block(hw_, params, headers, tiles, items, bytes);
    const WeightBlockView block(hw_, bytes, d);
    EXPECT_EQ(d.block_checksum, block_checksum(block.bytes()));
    const auto read = block.weights();
    ASSERT_EQ(read.size(), uops);
    for (int row = 0; row < 2 * hw_.m; ++row) {
      EXPECT_EQ(block.params(static_cast<std::size_t>(row / hw_.m))
                    .at(static_cast<std::size_t>(row % hw_.m)),
                params[static_cast<std::size_t>(row)]);
    }
    for (std::size_t i = 0; i < uops; ++i) {
      EXPECT_EQ(encode_header(block.header(i)), headers[i]);
      for (int m = 0; m < hw_.m; ++m) {
        for (int c = 0; c < hw_.c; ++c) {
          EXPECT_EQ(read[i][static_cast<std::size_t>(c * hw_.m + m)],
                    weights[i][static_cast<std::size_t>(m * hw_.c + c)]);
        }
      }
    }
  }
}

TEST_P(WeightBlockOf, ReadsWhatWasWritten) { check(false); }

TEST_P(WeightBlockOf, RowStreams) { check(true); }

TEST_P(WeightBlockOf, WideParameters) {
  hw_.mult_w = 32;
  check(false);
}

INSTANTIATE_TEST_SUITE_P(Configurations, WeightBlockOf,
                         ::testing::Values("2x2x2", "4x4x3", "16x16x8", "32x16x7"));

TEST(WeightBlock, NamesTheFieldThatDoesNotFit) {
  try {
    encode_header({.rotation = 16});
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("rotation is 16"));
  }
}

TEST(WeightBlock, RefusesAWeightThatIsNoTerm) {
  const isa::Hardware& hw = find_hardware("4x4x3");
  std::vector<std::uint8_t> tiles;
  EXPECT_THROW(append_tile(hw, std::vector(16, 3), tiles), Error);
}

TEST(WeightBlock, RefusesAnotherLength) {
  const std::vector<std::uint8_t> bytes(100, 0);
  isa::LoadWeights d;
  d.uops = d.param_blocks = 1;
  d.bytes = 100;
  EXPECT_THROW(WeightBlockView(find_hardware("4x4x3"), bytes, d), Error);
}

}  // namespace
}  // namespace reshift
