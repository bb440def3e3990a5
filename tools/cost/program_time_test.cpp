// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "cost/program_time.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "isa/fields.hpp"
#include "program/hardware.hpp"

namespace reshift::cost {
namespace {

using isa::Descriptor;
using isa::Opcode;

/// A core with 8 columns and a bus of 16 bytes.
const isa::Hardware kHw = find_hardware("16x16x8");

/// What the descriptors of a program cost beside their work, at most: latencies, pipelines.
constexpr std::int64_t kSlack = 450;

/// A program of hand-made descriptors.
class ProgramText {
 public:
  ProgramText() { add(Opcode::kInit); }

  Descriptor& add(Opcode opcode) {
    descriptors_.push_back({});
    isa::set(descriptors_.back(), isa::common::kOpcode, static_cast<std::int64_t>(opcode));
    return descriptors_.back();
  }

  /// `m_blocks` M-blocks of so many micro-ops each.
  void load_weights(int m_blocks, int uops) {
    Descriptor& d = add(Opcode::kLoadWeights);
    isa::set(d, isa::load_weights::kUops, std::int64_t{m_blocks} * uops);
    isa::set(d, isa::load_weights::kOffset, static_cast<std::int64_t>(blocks_.size()));
    for (int i = 1; i <= m_blocks * uops; ++i) {
      std::array<std::uint32_t, 1> header{};
      isa::set(header, isa::header::kLast, i % uops == 0);
      const auto* bytes = reinterpret_cast<const std::uint8_t*>(header.data());
      blocks_.insert(blocks_.end(), bytes, bytes + 4);
    }
    blocks_.resize(blocks_.size() + std::size_t(m_blocks) * std::size_t(uops) * 128);
    isa::set(d, isa::load_weights::kBytes, std::int64_t{m_blocks} * uops * 132);
  }

  Descriptor& exec(int m_blocks, int uops, int groups) {
    Descriptor& d = add(Opcode::kExec);
    isa::set(d, isa::exec::kUops, std::int64_t{m_blocks} * uops);
    isa::set(d, isa::exec::kGroups, groups);
    return d;
  }

  /// Words of one pixel group each.
  Descriptor& transfer(Opcode opcode, int words) {
    Descriptor& d = add(opcode);
    isa::set(d, isa::load_features::kWords, words);
    isa::set(d, isa::load_features::kGroups, 1);
    return d;
  }

  /// The second frame; a frame is over when what it stores, or else the last EXEC's result, is.
  FrameTime steady() {
    const auto is = [](Opcode opcode) {
      return [opcode](const Descriptor& d) {
        return isa::get(d, isa::common::kOpcode) == static_cast<std::uint32_t>(opcode);
      };
    };
    if (std::none_of(descriptors_.begin(), descriptors_.end(), is(Opcode::kStoreFeatures))) {
      const auto last = std::find_if(descriptors_.rbegin(), descriptors_.rend(), is(Opcode::kExec));
      isa::set(*last, isa::common::kPostStore, 1);
      isa::set(transfer(Opcode::kStoreFeatures, 1), isa::common::kWaitExec, 1);
    }
    add(Opcode::kEnd);
    const std::size_t start = descriptors_.size() * isa::kDescriptorBytes;
    std::vector<std::uint8_t> image;
    for (Descriptor& d : descriptors_) {
      if (is(Opcode::kLoadWeights)(d)) {
        const std::int64_t at = isa::get(d, isa::load_weights::kOffset);
        isa::set(d, isa::load_weights::kOffset, at + static_cast<std::int64_t>(start));
      }
      const auto* bytes = reinterpret_cast<const std::uint8_t*>(d.data());
      image.insert(image.end(), bytes, bytes + isa::kDescriptorBytes);
    }
    image.insert(image.end(), blocks_.begin(), blocks_.end());
    return frame_times(kHw, image, 2).at(1);
  }

 private:
  std::vector<Descriptor> descriptors_;
  std::vector<std::uint8_t> blocks_;
};

void expect_about(std::int64_t cycles, std::int64_t work) {
  EXPECT_GE(cycles, work);
  EXPECT_LE(cycles, work + kSlack);
}

TEST(FrameTimes, ArrayWalksEachGroup) {
  ProgramText p;
  p.load_weights(4, 20);
  p.exec(4, 20, 500);
  const FrameTime frame = p.steady();
  expect_about(frame.cycles, 4 * 20 * 500);
  ASSERT_EQ(frame.execs.size(), 1u);
  EXPECT_EQ(frame.execs[0], frame.cycles);
}

// A pixel a cycle, eight pixels a group.
TEST(FrameTimes, PostProcessingHoldsUpShortLists) {
  ProgramText p;
  p.load_weights(4, 3);
  p.exec(4, 3, 500);
  expect_about(p.steady().cycles, 4 * 8 * 500);
}

TEST(FrameTimes, WeightsOfOneGroupComeOverTheBus) {
  ProgramText p;
  p.exec(4, 1024, 1);  // longer than the weight memory: the rest comes while it is walked
  for (int i = 0; i < 4; ++i) p.load_weights(1, 1024);
  expect_about(p.steady().cycles, 4 * 1024 * 132 / 16);
}

// What the last list leaves of the weight memory takes the next one while EXEC computes.
TEST(FrameTimes, WeightsAreLoadedAheadWhereThereIsRoom) {
  for (const int uops : {512, 2000}) {
    ProgramText p;
    for (int i = 0; i < 2; ++i) {
      p.load_weights(1, uops);
      p.exec(1, uops, 100);
    }
    const std::int64_t exec = 2 * 100 * uops, load = 2 * uops * 132 / 16;
    expect_about(p.steady().cycles, uops == 512 ? exec : exec + load - 4 * uops);
  }
}

// EXEC waits for features that wait for the EXEC before, or not: one behind the other, or at once.
TEST(FrameTimes, TokensPutWorkInARow) {
  for (const bool waits : {false, true}) {
    ProgramText p;
    p.load_weights(1, 10);
    for (int i = 0; i < 2; ++i) {
      Descriptor& load = p.transfer(Opcode::kReloadFeatures, 1000);
      isa::set(load, isa::common::kPostExec, 1);
      isa::set(load, isa::common::kWaitExec, waits && i > 0);
      Descriptor& exec = p.exec(1, 10, 3000);
      isa::set(exec, isa::common::kWaitLoad, 1);
      isa::set(exec, isa::common::kPostLoad, waits && i == 0);
      isa::set(exec, isa::exec::kKeepList, i == 0);
    }
    expect_about(p.steady().cycles, 2 * 30000 + (waits ? 8000 : 0));
  }
}

TEST(FrameTimes, StoresThatTakeLongestSetThePace) {
  ProgramText p;
  p.load_weights(1, 10);
  isa::set(p.exec(1, 10, 1000), isa::common::kPostStore, 1);
  isa::set(p.transfer(Opcode::kStoreFeatures, 2000), isa::common::kWaitExec, 1);
  expect_about(p.steady().cycles, 2000 * 8);
}

// An operation that needs all pixels of the one before waits for the pipeline to drain; one that
// needs them as they come does not.
TEST(FrameTimes, OperationsFollowOneAnotherAsFarAsTheirPixelsAllow) {
  const auto cycles = [](std::int64_t first, std::int64_t step) {
    ProgramText p;
    for (int i = 0; i < 2; ++i) {
      p.load_weights(1, 16);
      Descriptor& exec = p.exec(1, 16, 100);
      if (i == 0) continue;
      isa::set(exec, isa::exec::kNeedFirst, first);
      isa::set(exec, isa::exec::kNeedStep, step);
    }
    return p.steady().cycles;
  };
  const std::int64_t none = cycles(0, 0);
  EXPECT_EQ(cycles(8, 8), none);
  EXPECT_GT(cycles(800, 0), none + 16);
  EXPECT_LT(cycles(800, 0), none + 100);
}

}  // namespace
}  // namespace reshift::cost
