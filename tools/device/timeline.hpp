// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "device/probe.hpp"
#include "program/engine.hpp"
#include "program/program.hpp"

namespace reshift {

/// Cycles by cause.
using Causes = std::array<std::uint64_t, kBusy + 1>;
std::string_view cause_name(std::size_t cause);

/// Cycles `first` to `end` - 1, counted as the core's CYCLES counts them.
struct CycleRange {
  std::uint64_t first = 0, end = 0;
};

/// One descriptor at its engine. LOAD and STORE: until the transfer is complete; EXEC: until the
/// last micro-op is issued.
struct TimeSpan : CycleRange {
  Engine engine = Engine::kExec;
  std::size_t frame = 0, descriptor = 0;
  /// EXEC only: when the last pixel was written; and where the cycles went since the operation
  /// before issued its last micro-op: a wait between two operations is the later one's.
  std::uint64_t complete = 0;
  Causes causes{};
};

/// A time for which EXEC stood still for one cause.
struct StallRun : CycleRange {
  std::size_t cause = 0;
};

/// What the engines did in a run, in cycles since its start; further starts follow without a gap.
struct Timeline {
  std::uint64_t cycles = 0;
  std::size_t frames = 0;
  Causes causes{};
  std::vector<TimeSpan> spans;  ///< engine after engine, each in order of time
  std::vector<StallRun> stalls;
};

/// Listens to a core, then says which descriptor each event was: every engine does its own
/// descriptors in the order of the program, frame after frame.
class Recorder : public Probe {
 public:
  void cycle(const ProbeCycle& cycle) override;
  /// Throws Error when what was heard is no whole number of frames.
  Timeline timeline(const Program& program) const;

 private:
  void end_stall();

  /// Shorter ones are not kept: too many, and too short to see.
  static constexpr std::uint64_t kShortestStall = 32;

  struct Work {
    std::vector<TimeSpan> spans;
    std::size_t done = 0;  ///< that have an end
  };
  static void end(Work& work, std::uint64_t cycle);

  std::uint64_t now_ = 0;
  std::array<Work, kEngines> work_;
  std::size_t completed_ = 0;  ///< operations
  Causes causes_{}, since_last_{};
  StallRun stall_{{}, kBusy};
  std::vector<StallRun> stalls_;
};

}  // namespace reshift
