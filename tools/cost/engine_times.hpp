// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "isa/descriptors.hpp"

namespace reshift::cost {

/// The schedule's resolution: when LOAD, EXEC and STORE are done with what a schedule gave them so
/// far, strip after strip. Times are cycles since the start of the frame. It knows no descriptors,
/// no tokens and no ring; program_time.hpp does.
class EngineTimes {
 public:
  /// `hw` must outlive this object.
  explicit EngineTimes(const isa::Hardware& hw) : hw_(hw) {}

  /// A further operation. With `words` above 0 it writes a polyphase tensor, which slows down
  /// transfers: what words_beside_polyphase() says of it.
  void begin_step(std::int64_t words);

  /// LOAD brings features, not before what they wait for is done at `free`.
  void load(std::int64_t bytes, std::int64_t free);
  /// LOAD brings a list, at the earliest at `free`.
  void load_list(const isa::LoadWeights& list, std::int64_t free);
  /// LOAD goes on at `time` at the earliest: EXEC has its room until then.
  void hold_load(std::int64_t time);
  /// EXEC works for so many cycles, from `start` on at the earliest.
  void execute(std::int64_t start, std::int64_t cycles);
  /// STORE takes features away when EXEC is done.
  void store(std::int64_t bytes);

  std::int64_t loaded() const { return loaded_; }
  std::int64_t executed() const { return executed_; }
  std::int64_t stored() const { return stored_; }
  /// When all three are done.
  std::int64_t done() const;
  /// Bytes that went over the bus.
  std::int64_t bytes() const { return bytes_; }

 private:
  /// Cycles of a transfer of features.
  std::int64_t stretched(std::int64_t bytes) const;

  /// Cycles of a transfer that take `stretch_` beside what the step writes.
  static constexpr std::int64_t kUnit = 256;

  const isa::Hardware& hw_;
  std::int64_t loaded_ = 0, executed_ = 0, stored_ = 0, bytes_ = 0;
  std::int64_t stretch_ = kUnit;
};

}  // namespace reshift::cost
