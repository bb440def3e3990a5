// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "golden/events.hpp"
#include "isa/isa.hpp"

namespace reshift {

/// A bit-exact model of the core that executes a program image from memory: descriptors, weight
/// blocks, rings, feature buffer, tokens. Everything it knows is docs/architecture.md and the
/// contract in spec/; nothing comes from the compiler. It also plays the role of the slowest
/// machine that the rules allow (Timing::kLate), with the shortest ring of descriptors, so that a
/// program that relies on luck is found.
class ProgramInterpreter {
 public:
  enum class Timing {
    kEager,  ///< an operation's results are visible at once
    kLate,   ///< results are visible, and stores happen, only when the rules force them to
  };

  /// Throws Error when `image` does not start with a program for `hw`. `image` must outlive this
  /// object.
  ProgramInterpreter(const isa::Hardware& hw, std::span<const std::uint8_t> image,
                     Timing timing = Timing::kEager);
  ~ProgramInterpreter();
  ProgramInterpreter(ProgramInterpreter&&) noexcept;

  /// Runs as many frames as `input` has windows of `in_stride` bytes and returns as many windows of
  /// `out_stride` bytes; bytes that the program does not write are 0.
  /// Throws Error on a malformed descriptor (with its index), an access outside a window or memory,
  /// an overflow, or when all engines wait for each other.
  std::vector<std::uint8_t> run(std::span<const std::uint8_t> input, std::int64_t in_stride,
                                std::int64_t out_stride);

  /// `observer` sees everything that enters the array from now on, in order.
  void observe(ArrayObserver observer);
  /// `observer` sees every write into the feature buffer from now on: those of LOAD, and those of
  /// EXEC, in the order of the program.
  void observe_writes(WriteObserver observer);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace reshift
