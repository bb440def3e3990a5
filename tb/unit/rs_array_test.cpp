// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// The array against plain sums and maxima; latency and idle cycles are checked too.
#include <Vrs_array.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <vector>

#include "harness/bench.hpp"
#include "harness/bits.hpp"
#include "net/numerics.hpp"
#include "program/neighbours.hpp"

namespace reshift {
namespace {

constexpr int kM = RESHIFT_M;
constexpr int kC = RESHIFT_C;
constexpr int kP = RESHIFT_P;
constexpr int kQ = RESHIFT_Q;
constexpr int kNeighbours = RESHIFT_Neighbours;
constexpr isa::Hardware kHardware{.c = kC, .neighbours = kNeighbours};
constexpr int kActW = RESHIFT_ActW;
constexpr int kFormat = RESHIFT_WeightFormat;
constexpr int kAccW = RESHIFT_AccW;
constexpr bool kDigitLanes = kFormat == kDigits;
constexpr int kOne = identity_weight(kFormat);
constexpr int kTermW = weight_bits(kFormat);
constexpr int kCBlocks = kM / kC;
constexpr int kChain = std::min(kC, 8);
constexpr bool kPairs = kQ % 2 == 0 && kFormat == 136 && kActW == 8;  // share multipliers
constexpr int kLatency =
    kM + 1 + (is_multiplier(kFormat) ? 3 : 2) + 2 * kPairs + kChain - 1 + (kC > kChain);

class Array : public testing::Test {
 protected:
  Array() {
    bench->valid_i = 0;
    bench.reset();
  }
  ~Array() override {
    EXPECT_GT(pixels_, 0);
    EXPECT_TRUE(due_.empty());
  }

  void random_pins(bool extreme = false) {
    for (int64_t& act : acts_) {
      act = extreme || random.chance(10) ? (random.chance(50) ? code_min(kActW) : code_max(kActW))
                                         : random.uniform(code_min(kActW), code_max(kActW));
    }
    for (uint32_t& code : codes_) code = encode_weight(random_weight(extreme), kFormat);
    bench->first_i = random.chance(50);
    bench->last_i = random.chance(50);
    bench->max_i = random.chance(50);
    bench->sub_i = static_cast<uint8_t>(random.uniform(0, kCBlocks - 1));
    bench->plane_i = kDigitLanes && issued_ && random.chance(50);
    for (int64_t& act : past_) act = random.uniform(code_min(kActW), code_max(kActW));
    bench->beside_i = kNeighbours > 0 && random.chance(50);
  }
  int random_weight(bool extreme) {
    if (random.chance(15)) return 0;
    if (is_multiplier(kFormat) || kDigitLanes) {
      const int low = code_min(kTermW), high = code_max(kTermW);
      return static_cast<int>(extreme ? low : random.uniform(low, high));
    }
    if (kFormat == kHalfOctave) {
      const int64_t number = extreme ? 6 : random.uniform(0, 6);
      return (random.chance(50) ? 1 : -1) * kHalfOctaves[number];
    }
    const int64_t exponent = extreme ? kFormat - 1 : random.uniform(0, kFormat - 1);
    return (random.chance(50) ? 1 : -1) * (1 << exponent);
  }
  /// Tiles of max pooling: the identity where row and lane mean the same channel.
  void identity(int sub) {
    for (int m = 0; m < kM; ++m) {
      for (int c = 0; c < kC; ++c) {
        const bool one = m / kC == sub && m % kC == c;
        codes_[m * kC + c] = encode_weight(one ? kOne : 0, kFormat);
      }
    }
    bench->sub_i = static_cast<uint8_t>(sub);
    bench->plane_i = 0;
    bench->beside_i = 0;
  }

  /// A weight of the tile at the pins: in the upper plane it counts 16 times and is one more where
  /// the tile before is negative.
  int weight(int i) {
    const int value = decode_weight(codes_[i], kFormat);
    return bench->plane_i ? 16 * (value + (decode_weight(before_[i], kFormat) < 0)) : value;
  }

  /// What lane c of row m takes in column p.
  int64_t lane_act(int p, int m, int c) {
    const int left = bench->beside_i ? neighbour(kHardware, m % kC, c) : 0;
    if (left == 0) return acts_[p * kC + c];
    const int column = p - left;
    return column >= 0 ? acts_[column * kC + m % kC] : past_[(-1 - column) * kC + m % kC];
  }

  void issue(bool first, bool last, bool max) {
    besides += bench->beside_i;
    bench->first_i = first;
    bench->last_i = last;
    bench->max_i = max;
    for (int m = 0; m < kM; ++m) {
      for (int p = 0; p < kP; ++p) {
        int64_t sum = 0;
        for (int c = 0; c < kC; ++c) {
          sum += lane_act(p, m, c) * weight(m * kC + c);
        }
        int64_t& acc = accs_[p][m];
        if (!max) {
          acc = first ? sum : acc + sum;
        } else {
          if (first) acc = kOne * code_min(kActW);
          if (m / kC == bench->sub_i) acc = std::max(acc, sum);
        }
      }
    }
    if (last) {
      for (int p = 0; p < kP; ++p) {
        if (p % kQ == 0) due_.push_back({bench.cycle() + kLatency + uint64_t(p / kQ), {}});
        std::vector<int64_t>& acc = due_.back().acc;
        acc.insert(acc.end(), accs_[p].begin(), accs_[p].end());
      }
    }
    cycle(true);
    before_ = codes_;
    issued_ = true;
  }
  void idle(int cycles = 1) {
    for (int i = 0; i < cycles; ++i) {
      random_pins();
      cycle(false);
    }
  }
  void drain() { idle(kLatency + kP); }

  Bench<Vrs_array> bench;
  Random& random = bench.random();
  int besides = 0;  ///< tiles with neighbours

 private:
  struct Pixels {
    uint64_t cycle;
    std::vector<int64_t> acc;  ///< of Q pixels
  };

  void cycle(bool valid) {
    bench->valid_i = valid;
    pack(bench->act_i, acts_, kActW);
    pack(bench->tile_i, codes_, kTermW);
    pack(bench->past_i, past_before_, kActW);
    past_before_ = past_;
    bench.tick();
    const bool due = !due_.empty() && due_.front().cycle == bench.cycle();
    ASSERT_EQ(bench->valid_o, due) << "cycle " << bench.cycle();
    if (!due) return;
    ASSERT_EQ(unpack_signed(bench->acc_o, kQ * kM, kAccW), due_.front().acc);
    due_.pop_front();
    ++pixels_;
  }

  std::vector<int64_t> acts_ = std::vector<int64_t>(kP * kC);
  std::vector<uint32_t> codes_ = std::vector<uint32_t>(kM * kC);
  /// Left of column 0, the nearest column first; at the pins a cycle later.
  std::vector<int64_t> past_ = std::vector<int64_t>(std::max(kNeighbours, 1) * kC);
  std::vector<int64_t> past_before_ = past_;
  bool issued_ = false;
  std::vector<uint32_t> before_ = std::vector<uint32_t>(kM * kC);  ///< of the tile before
  std::vector<std::vector<int64_t>> accs_ = std::vector(kP, std::vector<int64_t>(kM));
  std::deque<Pixels> due_;
  int pixels_ = 0;
};

// The shortest lists that post-processing can follow, without a pause.
TEST_F(Array, FullRate) {
  for (int list = 0; list < 100; ++list) {
    for (int i = 0; i < kP; ++i) {
      random_pins(true);
      issue(i == 0, i == kP - 1, false);
    }
  }
  drain();
  EXPECT_EQ(besides > 0, kNeighbours > 0);
}

// A list of a single tile: first and last at once, as a pixel group of a small 1x1 layer has it.
TEST_F(Array, SingleTiles) {
  for (int list = 0; list < 50; ++list) {
    random_pins();
    issue(true, true, false);
    idle(kP - 1);
  }
  drain();
}

TEST_F(Array, Maximum) {
  for (int list = 0; list < 100; ++list) {
    const int taps = static_cast<int>(random.uniform(kP, 9));
    for (int tap = 0; tap < taps; ++tap) {
      for (int sub = 0; sub < kCBlocks; ++sub) {
        random_pins(random.chance(20));
        identity(sub);
        issue(tap == 0 && sub == 0, tap == taps - 1 && sub == kCBlocks - 1, true);
      }
    }
  }
  drain();
}

TEST_F(Array, RandomListsAndPauses) {
  for (int list = 0; list < 400; ++list) {
    const bool max = random.chance(30);
    const int tiles = static_cast<int>(random.uniform(1, 3 * kP));
    if (tiles < kP) idle(kP - tiles);
    for (int i = 0; i < tiles; ++i) {
      if (random.chance(10)) idle(static_cast<int>(random.uniform(1, 5)));
      random_pins();
      if (max) identity(static_cast<int>(random.uniform(0, kCBlocks - 1)));
      issue(i == 0, i == tiles - 1, max);
    }
  }
  drain();
}

}  // namespace
}  // namespace reshift
