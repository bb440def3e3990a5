// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// Rasters into the ring, with and without use for them, and M-block after M-block out of it.
#include <Vrs_pixel_address.h>
#include <gtest/gtest.h>

#include <deque>
#include <vector>

#include "base/integer.hpp"
#include "harness/bench.hpp"
#include "harness/bits.hpp"
#include "harness/stream.hpp"
#include "unit/models/raster.hpp"

namespace reshift {
namespace {

constexpr int kP = RESHIFT_P;
constexpr int kQ = RESHIFT_Q;
constexpr unsigned kAddrW = RESHIFT_AddrW;
constexpr unsigned kBankW = RESHIFT_P > 8 ? 4 : RESHIFT_P > 4 ? 3 : RESHIFT_P > 2 ? 2 : 1;
constexpr unsigned kPixelW = 10;

/// Steps of the rasters when there is room; the M-blocks wanted; the addresses.
class Surroundings : public Agent {
 public:
  Surroundings(Bench<Vrs_pixel_address>& bench, const std::vector<Raster>& rasters,
               int step_percent, int group_percent, int ready_percent, bool all_used)
      : bench_(bench),
        step_percent_(step_percent),
        group_percent_(group_percent),
        ready_percent_(ready_percent) {
    for (const Raster& raster : rasters) {
      const bool use = all_used || random().chance(70);
      Raster once = raster;
      once.m_blocks = 1;
      feeds_.push_back({raster, use, once.walk()});
      if (!use) continue;
      for (const Raster::Pixel& q : raster.walk()) expected_.push_back(q);
    }
    bench->start_i = bench->step_i = bench->group_valid_i = bench->ready_i = 0;
    bench.add(*this);
  }

  bool done() const { return taken_ == expected_.size() && feeds_.empty(); }
  std::size_t taken() const { return taken_; }

  void sample() override {
    if (bench_->group_next_o) {
      ASSERT_TRUE(bench_->group_valid_i);
      const Raster::Pixel& q = expected_[fetched_ + kP - 1];
      ASSERT_EQ(bench_->group_last_o, q.last_g);
      fetched_ += kP;
    }
    if (!bench_->valid_o || !bench_->ready_i) return;
    ASSERT_LT(taken_, expected_.size());
    for (unsigned i = 0; i < kQ; ++i, ++taken_) {
      const Raster::Pixel& q = expected_[taken_];
      ASSERT_EQ(get_bits(bench_->write_o, i, 1), q.inside);
      ASSERT_EQ(get_bits(bench_->fill_o, i, 1), q.fill);
      ASSERT_EQ(bench_->group_o, q.last_m << 2 | q.last_g << 1);
      ASSERT_TRUE(i < kQ - 1 || bench_->last_o == q.last);
      if (!q.inside) continue;
      ASSERT_EQ(get_bits(bench_->bank_o, i * kBankW, kBankW), q.bank) << "pixel " << taken_;
      ASSERT_EQ(get_bits(bench_->addr_o, i * kAddrW, kAddrW), q.addr % (1 << kAddrW))
          << "pixel " << taken_;
    }
  }

  void drive() override {
    bench_->start_i = bench_->step_i = 0;
    for (unsigned i = 0; i < kQ; ++i) set_bits(bench_->pixel_i, i * kPixelW, kPixelW, random()());
    if (!feeds_.empty() && !started_) {
      bench_->start_i = 1;
      bench_->use_i = feeds_.front().use;
      set_tensor(bench_->tensor_i, feeds_.front().raster);
      started_ = begun_ = true;
      pixel_ = 0;
    } else if (begun_) {
      begun_ = false;  // the cycle between an operation and its first pixel
    } else if (!feeds_.empty() &&
               (pixel_ % kP != 0 || (bench_->room_o && random().chance(step_percent_)))) {
      const Feed& feed = feeds_.front();
      bench_->step_i = 1;
      for (unsigned i = 0; i < kQ; ++i, ++pixel_) {
        set_bits(bench_->pixel_i, i * kPixelW, kPixelW,
                 static_cast<uint64_t>(pixel_bits(feed.raster, feed.pixels[pixel_])));
      }
      if (pixel_ == feed.pixels.size()) {
        feeds_.pop_front();
        started_ = false;
      }
    }
    if (fetched_ == expected_.size()) {
      bench_->group_valid_i = 0;
    } else {
      // Valid stays until the group is fetched.
      const bool inside = fetched_ == offered_ && bench_->group_valid_i;
      bench_->group_valid_i = inside || random().chance(group_percent_);
      offered_ = fetched_;
      const Raster::Pixel& q = expected_[fetched_];
      bench_->group_i = static_cast<uint8_t>(q.last_m << 2 | q.last_g << 1);
    }
    bench_->ready_i = random().chance(ready_percent_);
  }

 private:
  struct Feed {
    Raster raster;
    bool use;
    std::vector<Raster::Pixel> pixels;
  };

  Random& random() { return bench_.random(); }

  Bench<Vrs_pixel_address>& bench_;
  int step_percent_, group_percent_, ready_percent_;
  std::deque<Feed> feeds_;
  std::vector<Raster::Pixel> expected_;
  std::size_t pixel_ = 0, taken_ = 0, fetched_ = 0, offered_ = 0;
  bool started_ = false, begun_ = false;
};

std::vector<Raster> rasters(Random& random, int count) {
  std::vector<Raster> all;
  for (int i = 0; i < count; ++i) all.push_back(random_raster(random, kP, 12, 3, kQ, 4));
  return all;
}

class Place : public testing::TestWithParam<std::tuple<int, int, int>> {};

TEST_P(Place, Random) {
  Bench<Vrs_pixel_address> bench;
  const auto [step, group, ready] = GetParam();
  Surroundings around(bench, rasters(bench.random(), 100), step, group, ready, false);
  bench.reset();
  bench.run_until([&] { return around.done(); });
  bench.run(20);
  EXPECT_FALSE(bench->valid_o);
  EXPECT_GT(around.taken(), 1000u);
}

INSTANTIATE_TEST_SUITE_P(Percents, Place,
                         testing::Values(std::tuple{100, 100, 100}, std::tuple{60, 100, 100},
                                         std::tuple{100, 100, 40}, std::tuple{100, 20, 100}));

// Once it runs, Q pixels a cycle, M-blocks and operations without a pause.
TEST(PlaceRate, FullRate) {
  Bench<Vrs_pixel_address> bench;
  Raster raster = random_raster(bench.random(), kP, 12, 3, kQ, 4);
  raster.groups = 60;
  raster.m_blocks = 3;
  Surroundings around(bench, {raster}, 100, 100, 100, true);
  bench.reset();
  bench.run_until([&] { return around.taken() > 0; });
  const uint64_t begin = bench.cycle();
  bench.run_until([&] { return around.done(); });
  EXPECT_EQ(bench.cycle() - begin, around.taken() / kQ - 1);
}

// Places one by one, in the largest tensors.
TEST(PlaceRate, LargestRow) {
  Bench<Vrs_pixel_address> bench;
  Raster r;
  r.p = kP;
  r.out_height = 3;
  r.q = kQ;
  r.out_width = r.pitch = r.tensor_pitch = 4095 / kQ * kQ;
  r.groups = r.pitch * 3 / kP;
  Raster polyphase = r;
  polyphase.polyphase = true;
  polyphase.out_height = 4093;
  polyphase.out_width = 1;
  polyphase.pitch = round_up(2, kQ);
  polyphase.tensor_pitch = 1;
  polyphase.phase = 1 << (kAddrW - 1);
  polyphase.groups = polyphase.pitch * 4094 / kP;
  Surroundings around(bench, {r, polyphase}, 100, 100, 100, true);
  bench.reset();
  bench.run_until([&] { return around.done(); });
}

}  // namespace
}  // namespace reshift
