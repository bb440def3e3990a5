// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "isa/isa.hpp"

namespace reshift::cost {

/// Cycles of a frame, and of each of its EXECs in order: from the last micro-op of the one before
/// (of the start) to its own, what it waits for included.
struct FrameTime {
  std::int64_t cycles = 0;
  std::vector<std::int64_t> execs;
};

/// The finished program's resolution: its frames as a model of the machine runs them. The engines
/// go through the descriptors by the rules of docs/architecture.md; LOAD and STORE move a beat per
/// cycle, EXEC issues a micro-op per cycle, or as fast as post-processing takes them. Memory
/// answers after kMemoryLatency cycles, reads and writes do not hinder each other, and no two
/// engines meet in a bank except in a polyphase tensor. `image` is a whole program for `hw`.
std::vector<FrameTime> frame_times(const isa::Hardware& hw, std::span<const std::uint8_t> image,
                                   std::size_t frames);

}  // namespace reshift::cost
