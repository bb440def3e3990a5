// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// Both rings are filled, read anywhere in what is loaded, and freed in order, many times round.
#include <Vrs_weight_buffer.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <vector>

#include "harness/bench.hpp"
#include "harness/bits.hpp"
#include "harness/stream.hpp"

namespace reshift {
namespace {

constexpr int kTileW = RESHIFT_TileW;
constexpr int kDepth = RESHIFT_WmDepth;
#ifdef RESHIFT_HeadersPerBeat
constexpr int kHeaders = RESHIFT_HeadersPerBeat;
#else
constexpr int kHeaders = 1;
#endif

using Tile = std::vector<int64_t>;  // bytes

/// Headers that come together.
struct HeaderItem {
  int first, count;
};

struct Rings {
  Rings(int uops, Stalls header_stalls, Stalls tile_stalls)
      : headers(
            bench->header_valid_i, bench->header_ready_o,
            [this](const HeaderItem& item) { put(item); }, header_stalls),
        tiles(
            bench->tile_valid_i, bench->tile_ready_o,
            [this](int i) { pack(bench->tile_i, tile_words[i], 8); }, tile_stalls, run_seed() + 1) {
    bench->free_i = bench->header_read_i = bench->tile_read_i = 0;
    bench.add(headers);
    bench.add(tiles);
    bench.reset();
    for (int i = 0; i < uops; ++i) {
      header_words.push_back(static_cast<uint32_t>(bench.random()()));
      Tile tile(kTileW / 8);
      for (int64_t& byte : tile) byte = bench.random().uniform(-128, 127);
      tile_words.push_back(tile);
      tiles.push(i);
    }
    for (int i = 0; i < uops; i = header_ends.back()) {
      // Fewer than kHeaders come at the end of a block.
      const int count =
          std::min(uops - i, bench.random().chance(50)
                                 ? kHeaders
                                 : static_cast<int>(bench.random().uniform(1, kHeaders)));
      headers.push({i, count});
      header_ends.push_back(i + count);
    }
  }

  void put(const HeaderItem& item) {
    for (int i = 0; i < kHeaders; ++i) {
      const uint32_t word = header_words[std::min<size_t>(item.first + i, header_words.size() - 1)];
      set_bits(bench->header_i, static_cast<unsigned>(32 * i), 32, word);
    }
    bench->header_count_i = static_cast<uint8_t>(item.count);
  }

  /// One cycle: frees one micro-op if asked, reads micro-ops `header` and `tile` (negative: none),
  /// and checks what came of the reads before.
  void cycle(bool free, int header = -1, int tile = -1) {
    bench->free_i = free;
    bench->header_read_i = header >= 0;
    bench->tile_read_i = tile >= 0;
    if (header >= 0) bench->header_addr_i = static_cast<uint8_t>(header % kDepth);
    if (tile >= 0) bench->tile_addr_i = static_cast<uint8_t>(tile % kDepth);
    freed += free;
    bench.tick();
    if (header >= 0) {
      ASSERT_EQ(bench->header_o, header_words[header]);
      ++reads;
    }
    if (tile_read >= 0) {
      ASSERT_EQ(unpack_signed(bench->tile_o, kTileW / 8, 8), tile_words[tile_read]);
      ++reads;
    }
    tile_read = tile;
    ASSERT_EQ(bench->loaded_o, loaded() % (2 * kDepth));
    ASSERT_LE(headers_taken() - freed, kDepth);
    ASSERT_LE(loaded(), headers_taken());
  }
  int headers_taken() const { return headers.taken() == 0 ? 0 : header_ends[headers.taken() - 1]; }
  int loaded() const { return static_cast<int>(tiles.taken()); }

  Bench<Vrs_weight_buffer> bench;
  std::vector<uint32_t> header_words;
  std::vector<Tile> tile_words;
  std::vector<int> header_ends;  ///< after each item
  StreamDriver<HeaderItem> headers;
  StreamDriver<int> tiles;
  int freed = 0, reads = 0;
  int tile_read = -1;  ///< of the cycle before
};

TEST(WeightBuffer, FillsToTheBrimAndNoFurther) {
  Rings rings(2 * kDepth, Stalls::none(), Stalls::none());
  for (int i = 0; i < 2 * kDepth; ++i) rings.cycle(false);
  // Headers that come together fit together, or wait.
  const int full = rings.loaded();
  EXPECT_LE(full, kDepth);
  EXPECT_GT(full, kDepth - kHeaders);
  EXPECT_FALSE(rings.bench->header_ready_o);
  for (int i = 0; i < full; ++i) rings.cycle(false, i, full - 1 - i);
  for (int i = 0; i < kHeaders; ++i) rings.cycle(true);
  for (int i = 0; i < 4 + 2 * kHeaders; ++i) rings.cycle(false);
  EXPECT_GT(rings.loaded(), full);
  EXPECT_LE(rings.loaded(), kDepth + kHeaders);
  rings.cycle(false, full, full);
  rings.cycle(false);
  EXPECT_EQ(rings.reads, 2 * full + 2);
}

// A micro-op in and out each cycle: headers run one ahead of their tiles.
TEST(WeightBuffer, FullRate) {
  const int uops = 10 * kDepth;
  Rings rings(uops, Stalls::none(), Stalls::none());
  int cycles = 0;
  for (; rings.freed < uops; ++cycles) {
    const int oldest = rings.freed;
    const bool there = oldest < rings.loaded();
    rings.cycle(there, there ? oldest : -1, there ? oldest : -1);
    if (testing::Test::HasFatalFailure()) return;
  }
  EXPECT_LE(cycles, uops + 4);
}

class WeightBufferStalled : public testing::TestWithParam<std::pair<Stalls, Stalls>> {};

TEST_P(WeightBufferStalled, RandomReadsAndFrees) {
  const int uops = 1000;
  Rings rings(uops, GetParam().first, GetParam().second);
  Random& random = rings.bench.random();
  while (rings.freed < uops) {
    const int freed = rings.freed, loaded = rings.loaded();
    const auto any = [&] {
      return loaded > freed && random.chance(70)
                 ? static_cast<int>(random.uniform(freed, loaded - 1))
                 : -1;
    };
    // A tile is read within a cycle of its micro-op being freed, never after it.
    const int header = any(), tile = any();
    rings.cycle(loaded > freed && random.chance(40), header, tile);
    if (HasFatalFailure()) return;
    ASSERT_LT(rings.bench.cycle(), 100000u);
  }
  EXPECT_GT(rings.reads, 500);
}

INSTANTIATE_TEST_SUITE_P(Profiles, WeightBufferStalled,
                         testing::Values(std::pair{Stalls::none(), Stalls::none()},
                                         std::pair{Stalls::heavy(), Stalls::light()},
                                         std::pair{Stalls::bursty(), Stalls::none()},
                                         std::pair{Stalls::light(), Stalls::bursty()}));

}  // namespace
}  // namespace reshift
