// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <Vrs_raster_counter.h>
#include <gtest/gtest.h>

#include <span>
#include <vector>

#include "base/integer.hpp"
#include "harness/bench.hpp"
#include "harness/bits.hpp"
#include "isa/fields.hpp"
#include "unit/models/raster.hpp"

namespace reshift {
namespace {

constexpr int kP = RESHIFT_P;
constexpr int kQ = RESHIFT_Q;
constexpr int kMaxLead = RESHIFT_Lead ? 7 : 0;
constexpr unsigned kPixelW = 10, kWindowW = 11;

struct Operation {
  Raster raster;
  int in_height, in_width;
};

class RasterCounter : public testing::Test {
 protected:
  RasterCounter() {
    bench->op_valid_i = bench->ready_i = 0;
    bench.reset();
  }

  Operation random_operation() {
    return {random_raster(random, kP, 12, 1, kQ, kMaxLead), static_cast<int>(random.uniform(1, 40)),
            static_cast<int>(random.uniform(1, 40))};
  }

  void put(const Operation& op) {
    const std::span<uint32_t> words(bench->op_i.m_storage, isa::kDescriptorWords);
    for (uint32_t& word : words) word = static_cast<uint32_t>(random());
    using namespace isa::exec;
    isa::set(words, kGroups, op.raster.groups);
    isa::set(words, kPitch, op.raster.pitch);
    isa::set(words, kOutHeight, op.raster.out_height);
    isa::set(words, kOutWidth, op.raster.out_width);
    isa::set(words, kDstPolyphase, op.raster.polyphase);
    isa::set(words, kSkipRows, op.raster.skip_rows);
    isa::set(words, kSkipColumns, op.raster.skip_columns);
    isa::set(words, kLead, op.raster.lead);
    isa::set(words, kInHeight, op.in_height);
    isa::set(words, kInWidth, op.in_width);
  }

  /// Offers the operation and walks it to its end.
  void walk(const Operation& op, int pause_percent) {
    bench->op_valid_i = 1;
    put(op);
    bench.settle();
    ASSERT_TRUE(bench->op_ready_o);
    bench.tick();
    bench->op_valid_i = 0;
    bench->ready_i = 1;
    bench.settle();
    ASSERT_FALSE(bench->step_o);
    bench.tick();
    const std::vector<Raster::Pixel> walk = op.raster.walk();
    for (std::size_t i = 0; i < walk.size(); i += kQ) {
      const Raster::Pixel& pixel = walk[i];
      bool ready = false;
      do {
        ready = !random.chance(pause_percent);
        bench->ready_i = ready;
        bench.settle();
        // A group is walked without a pause.
        ready = ready || !pixel.first_p;
        ASSERT_EQ(bench->step_o, ready);
        ASSERT_FALSE(bench->op_ready_o);
        ASSERT_EQ(bench->window_y_o, window_bits(pixel.y, op.in_height)) << "y " << pixel.y;
        for (unsigned q = 0; q < kQ; ++q) {
          const Raster::Pixel& at = walk[i + q];
          ASSERT_EQ(get_bits(bench->pixel_o, q * kPixelW, kPixelW), pixel_bits(op.raster, at))
              << at.y << ' ' << at.x;
          ASSERT_EQ(get_bits(bench->window_x_o, q * kWindowW, kWindowW),
                    window_bits(at.x, op.in_width))
              << "x " << at.x;
        }
        bench.tick();
        ++cycles;
      } while (!ready);
      ++steps;
    }
    bench->ready_i = 1;
    bench.settle();
    ASSERT_FALSE(bench->step_o);
  }

  Bench<Vrs_raster_counter> bench;
  Random& random = bench.random();
  int steps = 0, cycles = 0;
};

TEST_F(RasterCounter, IdleUntilStarted) {
  bench->ready_i = 1;
  for (int i = 0; i < 5; ++i) {
    bench.tick();
    ASSERT_FALSE(bench->step_o);
  }
  walk(random_operation(), 0);
  EXPECT_EQ(cycles, steps);
}

// A pixel, a column, a row, a raster narrower than a group.
TEST_F(RasterCounter, SmallestShapes) {
  for (const bool polyphase : {false, true}) {
    for (const auto& [height, width] : {std::pair{1, 1}, {7, 1}, {1, 9}, {2, 2}, {5, kP - 1}}) {
      Raster r;
      r.p = kP;
      r.q = kQ;
      r.polyphase = polyphase;
      r.out_height = height;
      r.out_width = width;
      r.pitch = round_up(polyphase ? (width + 1) / 2 * 2 : width, kQ);
      r.groups = (r.pitch * (polyphase ? (height + 1) / 2 * 2 : height) + kP - 1) / kP;
      walk({r, height, width}, 0);
    }
  }
}

TEST_F(RasterCounter, LargestCoordinates) {
  Raster r;
  r.p = kP;
  r.q = kQ;
  r.out_height = 3;
  r.out_width = r.pitch = 4095 / kQ * kQ;
  r.groups = r.pitch * 3 / kP;
  walk({r, 4095, 4095}, 0);
  r.polyphase = true;
  r.out_height = 4093;
  r.out_width = 1;
  r.pitch = round_up(2, kQ);
  r.groups = r.pitch * 4094 / kP;
  walk({r, 4, 1}, 0);
}

// A pixel group more than the raster has never comes, until a reset.
TEST_F(RasterCounter, NothingBelowTheRaster) {
  for (int i = 0; i < 20; ++i) {
    const Operation op = random_operation();
    Operation more = op;
    ++more.raster.groups;
    bench->op_valid_i = 1;
    put(more);
    bench.tick();
    bench->op_valid_i = 0;
    bench->ready_i = 1;
    int steps_taken = 0;
    for (int cycle = 0; cycle < (op.raster.groups + 5) * kP; ++cycle) {
      bench.settle();
      steps_taken += bench->step_o;
      ASSERT_FALSE(bench->op_ready_o);
      bench.tick();
    }
    ASSERT_EQ(steps_taken, op.raster.groups * kP / kQ);
    bench.reset();
    walk(op, 0);
  }
}

// A pitch that is no multiple of Q: nothing comes, until a reset.
TEST_F(RasterCounter, NothingOfAPitchThatQDoesNotDivide) {
  if (kQ == 1) GTEST_SKIP() << "every pitch is a multiple of 1";
  Operation op = random_operation();
  ++op.raster.pitch;
  bench->op_valid_i = 1;
  put(op);
  bench.tick();
  bench->op_valid_i = 0;
  bench->ready_i = 1;
  for (int cycle = 0; cycle < 100; ++cycle) {
    bench.settle();
    ASSERT_FALSE(bench->step_o || bench->op_ready_o);
    bench.tick();
  }
  bench.reset();
  walk(random_operation(), 0);
}

TEST_F(RasterCounter, Random) {
  for (int i = 0; i < 300; ++i) {
    walk(random_operation(), i % 2 == 0 ? 0 : 30);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(steps * kQ, 5000);
}

}  // namespace
}  // namespace reshift
