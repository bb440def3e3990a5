// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// One cell against sums of term values; every cycle is checked, also those without a tile.
#include <Vrs_cell.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <vector>

#include "harness/bench.hpp"
#include "harness/bits.hpp"
#include "net/numerics.hpp"

namespace reshift {
namespace {

constexpr int kLanes = RESHIFT_C;
constexpr int kActW = RESHIFT_ActW;
constexpr int kExponents = RESHIFT_ExpN;
constexpr int kAccW = RESHIFT_AccW;
constexpr int kTermW = term_bits(kExponents);
constexpr uint64_t kLatency = 5;

struct Tile {
  std::vector<int> act = std::vector<int>(kLanes, 0);
  std::vector<uint32_t> codes = std::vector<uint32_t>(kLanes, encode_term({}, kExponents));
  bool first = false, last = false, max = false, enable = true;
};

class Cell : public testing::Test {
 protected:
  Cell() {
    bench->ctrl_i = 0;
    bench.reset();
  }
  ~Cell() override {
    EXPECT_GT(results_, 0);
    EXPECT_TRUE(due_.empty());
  }

  int random_act() {
    if (random.chance(20)) return random.chance(50) ? code_min(kActW) : code_max(kActW);
    return static_cast<int>(random.uniform(code_min(kActW), code_max(kActW)));
  }
  uint32_t random_code() {
    if (random.chance(20)) return zero_code(random.chance(50));
    const int sign = random.chance(50) ? 1 : -1;
    return encode_term({sign, static_cast<int>(random.uniform(0, kExponents - 1))}, kExponents);
  }
  static uint32_t zero_code(bool sign) {
    return encode_term({}, kExponents) | (sign ? 1u << (kTermW - 1) : 0);
  }
  Tile random_tile() {
    Tile tile;
    for (int& act : tile.act) act = random_act();
    for (uint32_t& code : tile.codes) code = random_code();
    return tile;
  }

  /// Lets the tile in and accounts for it.
  void issue(const Tile& tile) {
    int64_t sum = 0;
    for (int c = 0; c < kLanes; ++c) {
      sum += int64_t{tile.act[c]} * decode_term(tile.codes[c], kExponents).value();
    }
    if (tile.first)
      acc_ = tile.enable ? sum : code_min(kActW);
    else if (tile.enable)
      acc_ = tile.max ? std::max(acc_, sum) : acc_ + sum;
    if (tile.last) due_.push_back({bench.cycle() + kLatency, acc_});
    cycle(tile, true);
  }
  /// A cycle without a tile, but with anything at the other pins.
  void idle(int cycles = 1) {
    for (int i = 0; i < cycles; ++i) {
      Tile tile = random_tile();
      tile.first = random.chance(50);
      tile.last = random.chance(50);
      cycle(tile, false);
    }
  }
  void drain() { idle(kLatency); }

  Bench<Vrs_cell> bench;
  Random& random = bench.random();

 private:
  struct Result {
    uint64_t cycle;
    int64_t acc;
  };

  void cycle(const Tile& tile, bool valid) {
    pack(bench->act_i, tile.act, kActW);
    pack(bench->term_i, tile.codes, kTermW);
    bench->ctrl_i = static_cast<uint8_t>(valid << 4 | tile.enable << 3 | tile.first << 2 |
                                         tile.last << 1 | int{tile.max});
    const auto ctrl = bench->ctrl_i;
    bench.tick();
    EXPECT_EQ(unpack_signed(bench->act_o, kLanes, kActW),
              unpack_signed(bench->act_i, kLanes, kActW));
    EXPECT_EQ(unpack_signed(bench->term_o, kLanes, kTermW),
              unpack_signed(bench->term_i, kLanes, kTermW));
    EXPECT_EQ(bench->ctrl_o, ctrl);
    const bool done = !due_.empty() && due_.front().cycle == bench.cycle();
    ASSERT_EQ(bench->done_o, done);
    if (!done) return;
    ASSERT_EQ(sign_extend(bench->acc_o, kAccW), due_.front().acc);
    due_.pop_front();
    ++results_;
  }

  int64_t acc_ = 0;
  std::deque<Result> due_;
  int results_ = 0;
};

TEST_F(Cell, EveryTermOnEveryLane) {
  for (int lane = 0; lane < kLanes; ++lane) {
    for (uint32_t code = 0; code < 1u << kTermW; ++code) {
      const uint32_t exponent = code & ((1u << (kTermW - 1)) - 1);
      if (exponent >= uint32_t{kExponents} && exponent != encode_term({}, kExponents)) continue;
      for (const int act : {code_min(kActW), code_min(kActW) + 1, -1, 0, 1, code_max(kActW)}) {
        Tile tile;
        std::fill(tile.act.begin(), tile.act.end(), code_min(kActW));
        tile.act[lane] = act;
        tile.codes[lane] = code;
        tile.first = tile.last = true;
        issue(tile);
      }
    }
  }
  drain();
}

TEST_F(Cell, AllLanesAtTheirExtremes) {
  for (const int act : {code_min(kActW), code_max(kActW)}) {
    for (const int sign : {-1, 1}) {
      Tile tile;
      std::fill(tile.act.begin(), tile.act.end(), act);
      std::fill(tile.codes.begin(), tile.codes.end(),
                encode_term({sign, kExponents - 1}, kExponents));
      tile.first = tile.last = true;
      issue(tile);
    }
  }
  drain();
}

// Down to the lowest and up to the highest number the accumulator holds.
TEST_F(Cell, AccumulatorAtItsExtremes) {
  const int64_t step = int64_t{kLanes} << (kExponents - 1 + kActW - 1);
  const int64_t tiles = (int64_t{1} << (kAccW - 1)) / step;
  for (const int sign : {1, -1}) {
    for (int64_t i = 0; i < tiles; ++i) {
      Tile tile;
      std::fill(tile.act.begin(), tile.act.end(), code_min(kActW));
      std::fill(tile.codes.begin(), tile.codes.end(),
                encode_term({sign, kExponents - 1}, kExponents));
      tile.first = i == 0;
      tile.last = i == tiles - 1;
      if (sign < 0 && tile.last) tile.act[0] = code_min(kActW) + 1;
      issue(tile);
    }
  }
  drain();
}

TEST_F(Cell, RandomSums) {
  for (int sum = 0; sum < 2000; ++sum) {
    const int64_t tiles = random.uniform(1, 12);
    for (int64_t i = 0; i < tiles; ++i) {
      if (random.chance(20)) idle(static_cast<int>(random.uniform(1, 3)));
      Tile tile = random_tile();
      tile.first = i == 0;
      tile.last = i == tiles - 1;
      issue(tile);
    }
  }
  drain();
}

TEST_F(Cell, RandomMaximaAndSums) {
  for (int list = 0; list < 2000; ++list) {
    const bool max = random.chance(70);
    const int64_t tiles = random.uniform(1, 9);
    const int lane = static_cast<int>(random.uniform(0, kLanes - 1));
    for (int64_t i = 0; i < tiles; ++i) {
      if (random.chance(20)) idle();
      Tile tile = random_tile();
      if (max) {
        for (uint32_t& code : tile.codes) code = zero_code(random.chance(50));
        tile.codes[lane] = encode_term({1, 0}, kExponents);
      }
      tile.max = max;
      tile.enable = !max || random.chance(60);
      tile.first = i == 0;
      tile.last = i == tiles - 1;
      issue(tile);
    }
  }
  drain();
}

}  // namespace
}  // namespace reshift
