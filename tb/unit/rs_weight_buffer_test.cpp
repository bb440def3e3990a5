// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// Both rings are filled, read anywhere in what is loaded, and freed in order, many times round;
// tiles come whole or as row streams.
#include <Vrs_weight_buffer.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <vector>

#include "harness/bench.hpp"
#include "harness/bits.hpp"
#include "harness/stream.hpp"
#include "program/row_streams.hpp"

namespace reshift {
namespace {

constexpr isa::Hardware kHw{.m = RESHIFT_M,
                            .c = RESHIFT_C,
                            .weight_format = RESHIFT_WeightFormat,
                            .weight_streams = RESHIFT_Streams};
constexpr int kTileW = isa::tile_width(kHw);
constexpr int kDepth = RESHIFT_WmDepth;
/// Cycles from a tile that is taken to `loaded_o`.
constexpr int kDelay = RESHIFT_Streams ? 2 : 0;
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
    bench->entry_valid_i = bench->stream_end_i = 0;
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
    taken.push_back(static_cast<int>(tiles.taken()) + streamed);
    ASSERT_EQ(bench->loaded_o, loaded() % (2 * kDepth));
    ASSERT_LE(headers_taken() - freed, kDepth);
    ASSERT_LE(loaded(), headers_taken());
  }
  int headers_taken() const { return headers.taken() == 0 ? 0 : header_ends[headers.taken() - 1]; }
  int loaded() const { return taken.size() <= kDelay ? 0 : taken[taken.size() - 1 - kDelay]; }

  Bench<Vrs_weight_buffer> bench;
  std::vector<uint32_t> header_words;
  std::vector<Tile> tile_words;
  std::vector<int> header_ends;  ///< after each item
  StreamDriver<HeaderItem> headers;
  StreamDriver<int> tiles;
  std::vector<int> taken;  ///< tiles, after each cycle
  int streamed = 0;        ///< tiles that came as row streams
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
  EXPECT_LE(cycles, uops + 4 + kDelay);
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

/// Sends blocks of headers and row streams, and sees what comes of them.
class RowStreams : public testing::Test {
 protected:
  RowStreams() {
    bench_->header_valid_i = bench_->tile_valid_i = bench_->entry_valid_i = 0;
    bench_->stream_end_i = bench_->free_i = bench_->header_read_i = bench_->tile_read_i = 0;
    bench_.reset();
  }

  void tick() {
    bench_.tick();
    faults_ += bench_->stream_fault_o;
  }

  /// Tiles of which a weight in so many is not zero.
  std::vector<uint8_t> sparse_tiles(int count, int one_in) {
    std::vector<uint8_t> tiles(static_cast<size_t>(count * isa::tile_bytes(kHw)));
    const int width = isa::term_width(kHw);
    for (int bit = 0, tile = 0; tile < count; ++tile) {
      for (int i = 0; i < kHw.m * kHw.c; ++i) {
        const bool zero = random_.uniform(0, one_in) != 0;
        const auto code = zero ? isa::zero_code(kHw) : random_.uniform(0, (1 << width) - 1);
        for (int b = 0; b < width; ++b, ++bit) {
          tiles[static_cast<size_t>(bit / 8)] |= static_cast<uint8_t>((code >> b & 1) << bit % 8);
        }
      }
    }
    return tiles;
  }

  void send_headers(int count) {
    for (int sent = 0; sent < count;) {
      const int together = std::min(kHeaders, count - sent);
      bench_->header_count_i = static_cast<uint8_t>(together);
      bench_->header_valid_i = 1;
      const bool taken = bench_->header_ready_o;
      tick();
      if (taken) sent += together;
    }
    bench_->header_valid_i = 0;
    for (int i = 0; i < 4; ++i) tick();
  }

  /// Some items, in a row or with gaps between them, then the end.
  void send_items(std::span<const uint8_t> items) {
    const auto size = static_cast<size_t>(isa::item_bytes(kHw));
    for (size_t at = 0; at < items.size(); at += size) {
      while (random_.chance(gaps_)) tick();
      for (size_t b = 0; b < size; ++b) {
        set_bits(bench_->entry_i, static_cast<unsigned>(8 * b), 8, items[at + b]);
      }
      bench_->entry_valid_i = 1;
      tick();
      bench_->entry_valid_i = 0;
    }
    bench_->stream_end_i = 1;
    tick();
    bench_->stream_end_i = 0;
    for (int i = 0; i < 5; ++i) tick();
  }

  Bench<Vrs_weight_buffer> bench_;
  Random random_{run_seed() + 3};
  int faults_ = 0, gaps_ = 0;
};

TEST_F(RowStreams, MakeTheTilesThatWereCompressed) {
  if (!kHw.weight_streams) GTEST_SKIP() << "the memory takes no row streams";
  int before = 0;
  for (int block = 0; block < 60; ++block) {
    gaps_ = block % 3 * 30;
    const int count = static_cast<int>(random_.uniform(1, kDepth));
    const std::vector<uint8_t> tiles = sparse_tiles(count, block % 12);
    send_headers(count);
    send_items(encode_row_streams(kHw, tiles));
    ASSERT_EQ(bench_->loaded_o, (before + count) % (2 * kDepth));
    for (int tile = 0; tile < count; ++tile) {
      bench_->tile_read_i = 1;
      bench_->tile_addr_i = static_cast<uint8_t>((before + tile) % kDepth);
      tick();
      bench_->tile_read_i = 0;
      tick();
      Tile expected;
      for (int b = 0; b < kTileW / 8; ++b) {
        expected.push_back(
            static_cast<int8_t>(tiles[static_cast<size_t>(tile * isa::tile_bytes(kHw) + b)]));
      }
      ASSERT_EQ(unpack_signed(bench_->tile_o, kTileW / 8, 8), expected) << block << " " << tile;
    }
    for (int i = 0; i < count; ++i) {
      bench_->free_i = 1;
      tick();
    }
    bench_->free_i = 0;
    before += count;
  }
  EXPECT_EQ(faults_, 0);
}

// Tiles of no weights take a cycle each.
TEST_F(RowStreams, FullRate) {
  if (!kHw.weight_streams) GTEST_SKIP() << "the memory takes no row streams";
  const std::vector<uint8_t> items = encode_row_streams(kHw, sparse_tiles(kDepth, 1 << 20));
  ASSERT_EQ(items.size(), static_cast<size_t>(kDepth * isa::item_bytes(kHw)));
  send_headers(kDepth);
  send_items(items);
  EXPECT_EQ(bench_->loaded_o, kDepth);
}

TEST_F(RowStreams, OneTileMoreOrLessThanHeadersIsAFault) {
  if (!kHw.weight_streams) GTEST_SKIP() << "the memory takes no row streams";
  for (const int more : {-2, -1, 1, 2}) {
    bench_.reset();
    faults_ = 0;
    const std::vector<uint8_t> items = encode_row_streams(kHw, sparse_tiles(8 + more, 3));
    send_headers(8);
    send_items(items);
    EXPECT_GT(faults_, 0) << more;
  }
}

// A single row that is too long or too short.
TEST_F(RowStreams, ARowThatIsNotAsLongAsTheOthersIsAFault) {
  if (!kHw.weight_streams) GTEST_SKIP() << "the memory takes no row streams";
  const std::vector<uint8_t> items = encode_row_streams(kHw, sparse_tiles(8, 1 << 20));
  const size_t entry = static_cast<size_t>(isa::entry_bytes(kHw));
  const int end = (kHw.c - 1) << isa::term_width(kHw) | isa::zero_code(kHw);
  for (int row = 0; row < kHw.m; ++row) {
    for (const bool longer : {false, true}) {
      bench_.reset();
      faults_ = 0;
      std::vector<uint8_t> changed = items;
      // One item more, in which the other rows have nothing; or one entry less.
      if (longer) changed.resize(items.size() + static_cast<size_t>(isa::item_bytes(kHw)));
      const size_t last = changed.size() - static_cast<size_t>(isa::item_bytes(kHw));
      for (size_t m = 0; m < static_cast<size_t>(kHw.m); ++m) {
        if (longer == (m == static_cast<size_t>(row))) continue;
        for (size_t b = 0; b < entry; ++b) {
          changed[last + m * entry + b] = static_cast<uint8_t>(end >> 8 * b);
        }
      }
      if (longer) {
        for (size_t b = 0; b < entry; ++b) {
          changed[last + static_cast<size_t>(row) * entry + b] =
              items[static_cast<size_t>(row) * entry + b];
        }
      }
      send_headers(8);
      send_items(changed);
      EXPECT_GT(faults_, 0) << row << (longer ? " longer" : " shorter");
    }
  }
}

}  // namespace
}  // namespace reshift
