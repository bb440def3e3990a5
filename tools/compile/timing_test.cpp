// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/timing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "program/hardware.hpp"
#include "spec/fields.hpp"

namespace reshift {
namespace {

using spec::Descriptor;
using spec::Opcode;

/// A core with 8 columns and a bus of 16 bytes.
const spec::Hardware kHw = find_hardware("16x16x8");

/// What the descriptors of a program cost beside their work, at most: latencies, pipelines.
constexpr std::int64_t kSlack = 450;

/// A program of hand-made descriptors.
class ProgramText {
 public:
  ProgramText() { add(Opcode::kInit); }

  Descriptor& add(Opcode opcode) {
    descriptors_.push_back({});
    spec::set(descriptors_.back(), spec::common::kOpcode, static_cast<std::int64_t>(opcode));
    return descriptors_.back();
  }

  /// `m_blocks` M-blocks of so many micro-ops each.
  void load_weights(int m_blocks, int uops) {
    Descriptor& d = add(Opcode::kLoadWeights);
    spec::set(d, spec::load_weights::kUops, std::int64_t{m_blocks} * uops);
    spec::set(d, spec::load_weights::kOffset, static_cast<std::int64_t>(blocks_.size()));
    for (int i = 1; i <= m_blocks * uops; ++i) {
      std::array<std::uint32_t, 1> header{};
      spec::set(header, spec::header::kLast, i % uops == 0);
      const auto* bytes = reinterpret_cast<const std::uint8_t*>(header.data());
      blocks_.insert(blocks_.end(), bytes, bytes + 4);
    }
    blocks_.resize(blocks_.size() + std::size_t(m_blocks) * std::size_t(uops) * 128);
    spec::set(d, spec::load_weights::kBytes, std::int64_t{m_blocks} * uops * 132);
  }

  Descriptor& exec(int m_blocks, int uops, int groups) {
    Descriptor& d = add(Opcode::kExec);
    spec::set(d, spec::exec::kUops, std::int64_t{m_blocks} * uops);
    spec::set(d, spec::exec::kGroups, groups);
    return d;
  }

  /// Words of one pixel group each.
  Descriptor& transfer(Opcode opcode, int words) {
    Descriptor& d = add(opcode);
    spec::set(d, spec::load_features::kWords, words);
    spec::set(d, spec::load_features::kGroups, 1);
    return d;
  }

  /// The second frame; a frame is over when what it stores, or else the last EXEC's result, is.
  FrameTime steady() {
    const auto is = [](Opcode opcode) {
      return [opcode](const Descriptor& d) {
        return spec::get(d, spec::common::kOpcode) == static_cast<std::uint32_t>(opcode);
      };
    };
    if (std::none_of(descriptors_.begin(), descriptors_.end(), is(Opcode::kStoreFeatures))) {
      const auto last = std::find_if(descriptors_.rbegin(), descriptors_.rend(), is(Opcode::kExec));
      spec::set(*last, spec::common::kPostStore, 1);
      spec::set(transfer(Opcode::kStoreFeatures, 1), spec::common::kWaitExec, 1);
    }
    add(Opcode::kEnd);
    const std::size_t start = descriptors_.size() * spec::kDescriptorBytes;
    std::vector<std::uint8_t> image;
    for (Descriptor& d : descriptors_) {
      if (is(Opcode::kLoadWeights)(d)) {
        const std::int64_t at = spec::get(d, spec::load_weights::kOffset);
        spec::set(d, spec::load_weights::kOffset, at + static_cast<std::int64_t>(start));
      }
      const auto* bytes = reinterpret_cast<const std::uint8_t*>(d.data());
      image.insert(image.end(), bytes, bytes + spec::kDescriptorBytes);
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
      spec::set(load, spec::common::kPostExec, 1);
      spec::set(load, spec::common::kWaitExec, waits && i > 0);
      Descriptor& exec = p.exec(1, 10, 3000);
      spec::set(exec, spec::common::kWaitLoad, 1);
      spec::set(exec, spec::common::kPostLoad, waits && i == 0);
      spec::set(exec, spec::exec::kKeepList, i == 0);
    }
    expect_about(p.steady().cycles, 2 * 30000 + (waits ? 8000 : 0));
  }
}

TEST(FrameTimes, StoresThatTakeLongestSetThePace) {
  ProgramText p;
  p.load_weights(1, 10);
  spec::set(p.exec(1, 10, 1000), spec::common::kPostStore, 1);
  spec::set(p.transfer(Opcode::kStoreFeatures, 2000), spec::common::kWaitExec, 1);
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
      spec::set(exec, spec::exec::kNeedFirst, first);
      spec::set(exec, spec::exec::kNeedStep, step);
    }
    return p.steady().cycles;
  };
  const std::int64_t none = cycles(0, 0);
  EXPECT_EQ(cycles(8, 8), none);
  EXPECT_GT(cycles(800, 0), none + 16);
  EXPECT_LT(cycles(800, 0), none + 100);
}

}  // namespace
}  // namespace reshift
