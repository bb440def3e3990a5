// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "spec/spec.hpp"

namespace reshift {

/// Cycles of the control program for each descriptor, about.
inline constexpr std::int64_t kLookCycles = 150;

/// Cycles of a frame, and of each of its EXECs in order: from the last micro-op of the one before
/// (of the start) to its own, what it waits for included.
struct FrameTime {
  std::int64_t cycles = 0;
  std::vector<std::int64_t> execs;
};

/// Cycles of a transfer of so many beats while an operation of `m_blocks` M-blocks, of `cycles`
/// each, writes a polyphase tensor: post-processing, which goes first, stays for two words in a
/// bank, the transfer for one, and they meet again and again.
std::int64_t transfer_beside_polyphase(const spec::Hardware& hw, std::int64_t beats,
                                       std::int64_t m_blocks, std::int64_t cycles);

/// The frames of a program as a model of the machine runs them: the engines go through the
/// descriptors by the rules of docs/architecture.md, LOAD and STORE move a beat a cycle, EXEC walks
/// a micro-op a cycle, or as fast as post-processing takes them. Memory answers after 40 cycles,
/// reads and writes do not hinder each other, and no two meet in a bank but for
/// that. `image` is a whole program for `hw`.
std::vector<FrameTime> frame_times(const spec::Hardware& hw, std::span<const std::uint8_t> image,
                                   std::size_t frames);

}  // namespace reshift
