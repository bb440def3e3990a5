// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <Vrs_pixel_walker.h>
#include <gtest/gtest.h>

#include <vector>

#include "harness/bench.hpp"
#include "unit/models/raster.hpp"

namespace reshift {
namespace {

constexpr int kP = RESHIFT_P;
constexpr int kAddrW = RESHIFT_AddrW;

class Walker : public testing::Test {
 protected:
  Walker() {
    bench->start_i = bench->step_i = 0;
    bench.reset();
  }

  void start(const Raster& raster) {
    bench->start_i = 1;
    set_walk(bench->walk_i, raster);
    bench.tick();
    forget();
  }
  /// Walks to the end; `next` starts with the last step.
  void walk(const Raster& raster, int pause_percent, const Raster* next) {
    const std::vector<Raster::Pixel> pixels = raster.walk();
    for (std::size_t i = 0; i < pixels.size(); ++i) {
      check(pixels[i], raster);
      while (random.chance(pause_percent)) {
        bench.tick();
        check(pixels[i], raster);
      }
      bench->step_i = 1;
      if (next && i + 1 == pixels.size()) {
        bench->start_i = 1;
        set_walk(bench->walk_i, *next);
      }
      bench.tick();
      forget();
    }
  }
  void check(const Raster::Pixel& pixel, const Raster& raster) {
    ASSERT_EQ(bench->active_o, 1);
    ASSERT_EQ(bench->y_o, pixel.y);
    ASSERT_EQ(bench->x_o, pixel.x);
    ASSERT_EQ(bench->inside_o, pixel.inside) << "y " << pixel.y << " x " << pixel.x;
    ASSERT_EQ(bench->first_p_o, pixel.first_p);
    ASSERT_EQ(bench->last_p_o, pixel.last_p);
    ASSERT_EQ(bench->last_m_o, pixel.last_m);
    ASSERT_EQ(bench->last_g_o, pixel.last_g);
    ASSERT_EQ(bench->last_o, pixel.last);
    if (!pixel.inside) return;
    ASSERT_EQ(bench->fill_o, pixel.fill);
    ASSERT_EQ(bench->bank_o, pixel.bank);
    ASSERT_EQ(bench->addr_o, pixel.addr % (1 << kAddrW))
        << "y " << pixel.y << " x " << pixel.x << (raster.phased ? " phased" : "");
  }

  Bench<Vrs_pixel_walker> bench;
  Random& random = bench.random();

 private:
  void forget() {
    bench->start_i = bench->step_i = 0;
    for (auto& word : bench->walk_i.m_storage) word = static_cast<uint32_t>(random());
  }
};

TEST_F(Walker, IdleUntilStarted) {
  for (int i = 0; i < 5; ++i) {
    bench.tick();
    ASSERT_EQ(bench->active_o, 0);
  }
  Raster raster = random_raster(random, kP);
  start(raster);
  walk(raster, 0, nullptr);
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(bench->active_o, 0);
    bench.tick();
  }
}

// A pixel, a column, a row, a raster narrower than a group.
TEST_F(Walker, SmallestShapes) {
  for (const bool phased : {false, true}) {
    for (const auto& [height, width] : {std::pair{1, 1}, {7, 1}, {1, 9}, {2, 2}, {5, kP - 1}}) {
      Raster r;
      r.p = kP;
      r.phased = phased;
      r.out_height = height;
      r.out_width = width;
      r.pitch = phased ? (width + 1) / 2 * 2 : width;
      r.tensor_pitch = phased ? (width + 1) / 2 : width;
      r.groups = (r.pitch * (height + 1) + kP - 1) / kP;
      r.phase = 50;
      start(r);
      walk(r, 0, nullptr);
    }
  }
}

TEST_F(Walker, LargestCoordinates) {
  Raster r;
  r.p = kP;
  r.out_height = 3;
  r.out_width = r.pitch = r.tensor_pitch = 4095;
  r.groups = r.pitch * 3 / kP;
  start(r);
  walk(r, 0, nullptr);
  r.phased = true;
  r.out_height = 4093;
  r.out_width = 1;
  r.pitch = 2;
  r.tensor_pitch = 1;
  r.phase = 1 << (kAddrW - 1);
  r.groups = r.pitch * 4094 / kP;
  start(r);
  walk(r, 0, nullptr);
}

TEST_F(Walker, RandomBackToBack) {
  Raster raster = random_raster(random, kP);
  start(raster);
  for (int i = 0; i < 200; ++i) {
    const Raster next = random_raster(random, kP);
    walk(raster, 0, &next);
    raster = next;
  }
}

TEST_F(Walker, RandomWithPauses) {
  for (int i = 0; i < 100; ++i) {
    const Raster raster = random_raster(random, kP);
    start(raster);
    walk(raster, 30, nullptr);
    bench.run(static_cast<uint64_t>(random.uniform(0, 2)));
  }
}

}  // namespace
}  // namespace reshift
