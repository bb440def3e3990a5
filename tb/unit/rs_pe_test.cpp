// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// One PE against sums of term values, for each of its pixels; every cycle is checked, also those
// without a tile.
#include <Vrs_pe.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <deque>
#include <vector>

#include "harness/bench.hpp"
#include "harness/bits.hpp"
#include "net/numerics.hpp"

namespace reshift {
namespace {

constexpr int kLanes = RESHIFT_C;
constexpr int kPixels = RESHIFT_Pixels;
constexpr int kActW = RESHIFT_ActW;
constexpr int kFormat = RESHIFT_WeightFormat;
constexpr int kAccW = RESHIFT_AccW;
constexpr bool kIntegers = is_multiplier(kFormat);
constexpr bool kDigitLanes = kFormat == kDigits;
constexpr bool kHalf = kFormat == kHalfOctave;
constexpr int kOne = identity_weight(kFormat);
constexpr int kLaneW = kIntegers     ? weight_bits(kFormat)
                       : kDigitLanes ? 6
                                     : weight_bits(kFormat) + 1;
constexpr int kLaneActW = kHalf ? 2 * kActW + 1 : kActW;
constexpr int kChain = std::min(kLanes, 8);
// From lane 0's activation to the PE's sum: a lane, the rest of the chain, the joining of chains.
constexpr int kSumDelay = (kIntegers ? 3 : 2) + 2 * (kPixels - 1) + kChain - 1 + (kLanes > kChain);
// Largest weight of a sum: of up to 12 tiles of integers, that the accumulator holds.
constexpr int kLargest =
    kIntegers     ? std::min(1 << (kLaneW - 1), 1 << (kAccW - kActW - std::bit_width(12u * kLanes)))
    : kDigitLanes ? 8
    : kHalf       ? 16
                  : 1 << (kFormat - 1);

/// A digit, -2 to 2: zero, twice, negative.
uint32_t digit_code(int digit) {
  return (digit == 0) << 2 | (digit == 2 || digit == -2) << 1 | (digit < 0);
}

/// A weight as the array carries it: a term has a bit of its own that says zero; an integer of
/// digits, -8 to 8, is 4 * high + low, with low -2 to 1.
uint32_t lane_code(int weight) {
  if (kDigitLanes) {
    const int low = ((weight + 2) & 3) - 2;
    return digit_code((weight - low) / 4) << 3 | digit_code(low);
  }
  const uint32_t code = encode_weight(weight, kFormat);
  return kIntegers || weight != 0 ? code : code | 1u << (kLaneW - 1);
}

/// An activation as the array carries it: with half-octaves the higher bits of three times it
/// above.
int64_t lane_act(int act) {
  if (!kHalf) return act;
  return int64_t{3 * act >> 1} << kActW | (act & ((1 << kActW) - 1));
}

struct Tile {
  std::vector<int> act = std::vector<int>(kPixels * kLanes, 0);  // pixel by pixel
  std::vector<int> weights = std::vector<int>(kLanes, 0);
  std::vector<uint32_t> codes = std::vector<uint32_t>(kLanes, lane_code(0));
  bool first = false, last = false, max = false, enable = true, valid = false, plane = false;
  void set(int lane, int weight) {
    weights[lane] = weight;
    codes[lane] = lane_code(weight);
  }
};

class Pe : public testing::Test {
 protected:
  Pe() {
    bench->ctrl_i = 0;
    bench.reset();
  }
  ~Pe() override {
    EXPECT_GT(results_, 0);
    EXPECT_TRUE(due_.empty());
  }

  int random_act() {
    if (random.chance(20)) return random.chance(50) ? code_min(kActW) : code_max(kActW);
    return static_cast<int>(random.uniform(code_min(kActW), code_max(kActW)));
  }
  int random_weight() {
    if (random.chance(20)) return 0;
    if (kIntegers) return static_cast<int>(random.uniform(-kLargest, kLargest - 1));
    if (kDigitLanes) return static_cast<int>(random.uniform(-8, 8));
    const int sign = random.chance(50) ? 1 : -1;
    if (kHalf) return sign * kHalfOctaves[random.uniform(0, 6)];
    return sign * (1 << random.uniform(0, kFormat - 1));
  }
  /// Every term; of the integers the lowest, the highest and some of those between.
  std::vector<int> weights() {
    std::vector<int> all = {0};
    for (int weight = -kLargest; weight <= kLargest && !kIntegers; ++weight) {
      if (kDigitLanes || weight_fits(weight, kFormat)) all.push_back(weight);
    }
    for (int i = 0; i < 24 && kIntegers; ++i) {
      const int lowest = code_min(kLaneW);
      const int extremes[] = {lowest, lowest + 1, -1, 1, -lowest - 1};
      all.push_back(i < 5 ? extremes[i] : static_cast<int>(random.uniform(lowest, -lowest - 1)));
    }
    return all;
  }
  Tile random_tile() {
    Tile tile;
    for (int& act : tile.act) act = random_act();
    for (int c = 0; c < kLanes; ++c) tile.set(c, random_weight());
    return tile;
  }

  static Tile uniform(int act, int weight, bool first, bool last) {
    Tile tile;
    std::fill(tile.act.begin(), tile.act.end(), act);
    for (int c = 0; c < kLanes; ++c) tile.set(c, weight);
    tile.first = first;
    tile.last = last;
    return tile;
  }

  /// Lets the tile in and accounts for it.
  void issue(Tile tile) {
    for (int p = 0; p < kPixels; ++p) {
      int64_t sum = 0;
      for (int c = 0; c < kLanes; ++c) sum += int64_t{tile.act[p * kLanes + c]} * tile.weights[c];
      if (tile.plane) sum *= 16;
      if (tile.first)
        acc_[p] = tile.enable ? sum : kOne * code_min(kActW);
      else if (tile.enable)
        acc_[p] = tile.max ? std::max(acc_[p], sum) : acc_[p] + sum;
    }
    if (tile.last) due_.push_back({bench.cycle() + kSumDelay + 1, acc_});
    tile.valid = true;
    cycle(tile);
  }
  /// A cycle without a tile, but with anything at the other pins.
  void idle(int cycles = 1) {
    for (int i = 0; i < cycles; ++i) {
      Tile tile = random_tile();
      tile.first = random.chance(50);
      tile.last = random.chance(50);
      cycle(tile);
    }
  }
  void drain() { idle(kSumDelay + 1); }

  Bench<Vrs_pe> bench;
  Random& random = bench.random();

 private:
  struct Result {
    uint64_t cycle;
    std::vector<int64_t> acc;
  };

  /// Lane c sees the tile of c mod chain cycles ago, the accumulator that of kSumDelay cycles ago.
  void cycle(const Tile& newest) {
    history_.push_front(newest);
    history_.resize(kSumDelay + 1);
    Tile pins;
    std::vector<int64_t> acts(kPixels * kLanes);
    for (int i = 0; i < kPixels * kLanes; ++i) {
      acts[i] = lane_act(history_[i % kLanes % kChain].act[i]);
    }
    for (int c = 0; c < kLanes; ++c) pins.codes[c] = history_[c % kChain].codes[c];
    const Tile& tile = history_.back();
    pack(bench->lane_act_i, acts, kLaneActW);
    // What goes on to the next row is not what the lanes take, where they take a neighbour's.
    for (auto& act : acts)
      act = random.chance(50) ? act : random.uniform(0, (int64_t{1} << kLaneActW) - 1);
    pack(bench->act_i, acts, kLaneActW);
    pack(bench->weight_i, pins.codes, kLaneW);
    const bool add = tile.enable && (tile.first || !tile.max);
    bench->ctrl_i =
        static_cast<uint8_t>(tile.plane << 5 | (tile.valid && tile.first && !tile.enable) << 4 |
                             (tile.valid && add) << 3 | (tile.valid && tile.enable && !add) << 2 |
                             (tile.first || tile.max) << 1 | int{tile.valid && tile.last});
    const auto ctrl = bench->ctrl_i;
    bench.tick();
    EXPECT_EQ(unpack_signed(bench->act_o, kPixels * kLanes, kLaneActW),
              unpack_signed(bench->act_i, kPixels * kLanes, kLaneActW));
    EXPECT_EQ(unpack_signed(bench->weight_o, kLanes, kLaneW),
              unpack_signed(bench->weight_i, kLanes, kLaneW));
    EXPECT_EQ(bench->ctrl_o, ctrl);
    const bool done = !due_.empty() && due_.front().cycle == bench.cycle();
    ASSERT_EQ(bench->done_o, done);
    if (!done) return;
    ASSERT_EQ(unpack_signed(bench->acc_o, kPixels, kAccW), due_.front().acc);
    due_.pop_front();
    ++results_;
  }

  std::vector<int64_t> acc_ = std::vector<int64_t>(kPixels);
  std::deque<Tile> history_;
  std::deque<Result> due_;
  int results_ = 0;
};

TEST_F(Pe, EveryWeightOnEveryLane) {
  for (int lane = 0; lane < kLanes; ++lane) {
    for (const int weight : weights()) {
      for (const int act : {code_min(kActW), code_min(kActW) + 1, -1, 0, 1, code_max(kActW)}) {
        Tile tile;
        std::fill(tile.act.begin(), tile.act.end(), code_min(kActW));
        for (int p = 0; p < kPixels; ++p) {
          tile.act[p * kLanes + lane] = p == 0 ? act : random_act();
        }
        tile.set(lane, weight);
        tile.first = tile.last = true;
        issue(tile);
      }
    }
  }
  drain();
}

// A zero term is zero whatever its sign and exponent say.
TEST_F(Pe, ZeroTerms) {
  const bool terms = !kIntegers && !kDigitLanes;
  for (uint32_t code = 0; code < (terms ? 1u << (kLaneW - 1) : 1u); ++code) {
    Tile tile = random_tile();
    for (int c = 0; c < kLanes; c += 2) {
      tile.set(c, 0);
      if (terms) tile.codes[c] = code | 1u << (kLaneW - 1);
    }
    tile.first = tile.last = true;
    issue(tile);
  }
  drain();
}

TEST_F(Pe, AllLanesAtTheirExtremes) {
  for (const int act : {code_min(kActW), code_max(kActW)}) {
    for (const int weight : {-kLargest, kLargest - kIntegers}) {
      issue(uniform(act, weight, true, true));
    }
  }
  drain();
}

// Down to the lowest and up to the highest number the accumulator holds.
TEST_F(Pe, AccumulatorAtItsExtremes) {
  const int64_t step = int64_t{kLanes} * kLargest << (kActW - 1);
  const int64_t tiles = (int64_t{1} << (kAccW - 1)) / step;
  if (kIntegers) {  // no weight of +kLargest: only upwards
    for (int64_t i = 0; i < tiles; ++i) {
      Tile tile = uniform(code_min(kActW), -kLargest, i == 0, i == tiles - 1);
      for (int p = 0; p < kPixels && tile.last; ++p) tile.act[p * kLanes] = code_min(kActW) + 1;
      issue(tile);
    }
    drain();
    return;
  }
  for (const int sign : {1, -1}) {
    for (int64_t i = 0; i < tiles; ++i) {
      Tile tile = uniform(code_min(kActW), sign * kLargest, i == 0, i == tiles - 1);
      if (sign < 0 && tile.last) tile.act[0] = code_min(kActW) + 1;
      issue(tile);
    }
  }
  drain();
}

TEST_F(Pe, RandomSums) {
  for (int sum = 0; sum < 2000; ++sum) {
    const int64_t tiles = random.uniform(1, 12);
    for (int64_t i = 0; i < tiles; ++i) {
      if (random.chance(20)) idle(static_cast<int>(random.uniform(1, 3)));
      Tile tile = random_tile();
      tile.first = i == 0;
      tile.last = i == tiles - 1;
      tile.plane = kDigitLanes && random.chance(50);
      issue(tile);
    }
  }
  drain();
}

TEST_F(Pe, RandomMaximaAndSums) {
  for (int list = 0; list < 2000; ++list) {
    const bool max = random.chance(70);
    const int64_t tiles = random.uniform(1, 9);
    const int lane = static_cast<int>(random.uniform(0, kLanes - 1));
    for (int64_t i = 0; i < tiles; ++i) {
      if (random.chance(20)) idle();
      Tile tile = random_tile();
      if (max) {
        for (int c = 0; c < kLanes; ++c) tile.set(c, c == lane ? kOne : 0);
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
