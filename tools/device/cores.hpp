// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "device/runtime.hpp"

namespace reshift {

/// What a core did, summed over the starts that its memory asked for.
struct CoreRun {
  std::vector<std::uint8_t> output;  ///< the output windows of its frames
  std::size_t frames = 0;
  Counters counters;               ///< cycles_first is of the first start
  std::uint64_t later_cycles = 0;  ///< cycles of all frames but the first of each start
  std::size_t later_frames = 0;

  /// From frame to frame; of a single frame its own.
  double cycles_per_frame() const;
};

/// Called with the number of frames that were done since the last call.
using FrameProgress = std::function<void(std::size_t)>;

/// Runs all frames of `input` on one core, in as many starts as its memory needs. Throws as
/// Runtime.
CoreRun run_frames(Device& device, const Program& program, std::span<const std::uint8_t> input,
                   const FrameProgress& progress);

/// Cores side by side, each with a memory of its own.
struct CoresRun {
  std::vector<std::uint8_t> output;  ///< the output windows of all frames, in order
  std::vector<CoreRun> cores;        ///< without their outputs

  /// From the first start to the last frame: the cycles of the core that took longest.
  std::uint64_t cycles() const;
};

/// Hands the frames of `input` out in turn, frame f to device f mod their number; the devices run
/// at the same time, and `progress` is called from any of their threads. At least one device, and a
/// frame for each. Throws as Runtime.
CoresRun run_in_turn(std::span<const std::unique_ptr<Device>> devices, const Program& program,
                     std::span<const std::uint8_t> input, const FrameProgress& progress);

}  // namespace reshift
