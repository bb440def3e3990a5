// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "cost/program_time.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <variant>

#include "base/integer.hpp"
#include "isa/descriptors.hpp"
#include "program/hardware.hpp"
#include "program/weight_block.hpp"

namespace reshift::cost {
namespace {

/// A core with 8 columns and a bus of 16 bytes.
const isa::Hardware kHw = find_hardware("16x16x8");

/// What the descriptors of a program cost beside their work, at most: latencies, pipelines.
constexpr std::int64_t kSlack = 450;

/// A program of hand-made descriptors.
class ProgramText {
 public:
  ProgramText() { add<isa::Init>(); }

  /// `m_blocks` M-blocks of so many micro-ops each.
  void load_weights(int m_blocks, int uops) {
    auto& d = add<isa::LoadWeights>();
    std::vector<std::uint32_t> headers;
    for (int i = 1; i <= m_blocks * uops; ++i)
      headers.push_back(encode_header({.last = i % uops == 0}));
    const std::vector<std::uint8_t> tiles(headers.size() * index(isa::tile_bytes(kHw)));
    d = append_weight_block(kHw, {}, headers, tiles, 0, blocks_);
  }

  isa::Exec& exec(int m_blocks, int uops, int groups) {
    auto& d = add<isa::Exec>();
    d.uops = m_blocks * uops;
    d.groups = groups;
    return d;
  }

  /// Words of one pixel group each.
  template <typename Transfer>
  Transfer& transfer(int words) {
    auto& d = add<Transfer>();
    d.words = words;
    d.groups = 1;
    return d;
  }

  /// The third frame; a frame is over when what it stores, or else the last EXEC's result, is.
  FrameTime steady() {
    const auto is_store = [](const Any& d) {
      return std::holds_alternative<isa::StoreFeatures>(d);
    };
    if (std::none_of(descriptors_.begin(), descriptors_.end(), is_store)) {
      const auto last = std::find_if(descriptors_.rbegin(), descriptors_.rend(), [](const Any& d) {
        return std::holds_alternative<isa::Exec>(d);
      });
      std::get<isa::Exec>(*last).post_store = true;
      transfer<isa::StoreFeatures>(1).wait_exec = true;
    }
    add<isa::End>();
    std::vector<std::uint8_t> image;
    for (Any& d : descriptors_) {
      if (auto* load = std::get_if<isa::LoadWeights>(&d)) {
        load->offset += std::ssize(descriptors_) * isa::kDescriptorBytes;
      }
      const auto words = std::visit([](const auto& typed) { return isa::encode(typed); }, d);
      const auto* bytes = reinterpret_cast<const std::uint8_t*>(words.data());
      image.insert(image.end(), bytes, bytes + isa::kDescriptorBytes);
    }
    image.insert(image.end(), blocks_.begin(), blocks_.end());
    return frame_times(kHw, image, 3).at(2);
  }

 private:
  using Any = std::variant<isa::Init, isa::LoadWeights, isa::ReloadFeatures, isa::Exec,
                           isa::StoreFeatures, isa::End>;

  template <typename D>
  D& add() {
    return std::get<D>(descriptors_.emplace_back(D{}));
  }

  std::deque<Any> descriptors_;  // which stay where they are
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

// EXEC waits for features that wait for the EXEC before, or not: one after the other, or at once.
TEST(FrameTimes, TokensPutWorkInARow) {
  for (const bool waits : {false, true}) {
    ProgramText p;
    p.load_weights(1, 10);
    for (int i = 0; i < 2; ++i) {
      auto& load = p.transfer<isa::ReloadFeatures>(1000);
      load.post_exec = true;
      load.wait_exec = waits && i > 0;
      isa::Exec& exec = p.exec(1, 10, 3000);
      exec.wait_load = true;
      exec.post_load = waits && i == 0;
      exec.keep_list = i == 0;
    }
    expect_about(p.steady().cycles, 2 * 30000 + (waits ? 8000 : 0));
  }
}

TEST(FrameTimes, StoresThatTakeLongestSetThePace) {
  ProgramText p;
  p.load_weights(1, 10);
  p.exec(1, 10, 1000).post_store = true;
  p.transfer<isa::StoreFeatures>(2000).wait_exec = true;
  expect_about(p.steady().cycles, 2000 * 8);
}

// An operation that needs all pixels of the one before waits for the pipeline to drain; one that
// needs them as they come does not.
TEST(FrameTimes, OperationsFollowOneAnotherAsFarAsTheirPixelsAllow) {
  const auto cycles = [](std::int64_t first, std::int64_t step) {
    ProgramText p;
    for (int i = 0; i < 2; ++i) {
      p.load_weights(1, 16);
      isa::Exec& exec = p.exec(1, 16, 100);
      if (i == 0) continue;
      exec.need_first = first;
      exec.need_step = step;
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
