// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "golden/events.hpp"
#include "program/program.hpp"

namespace reshift {

/// A write into the feature buffer, as a core makes it.
struct CoreWrite {
  Engine engine = Engine::kExec;  ///< LOAD or EXEC
  std::uint64_t cycle = 0;
  int bank = 0, addr = 0;
  std::vector<std::int16_t> codes;  ///< M of them
};

/// Compares the writes of a core into its feature buffer with those of the program interpreter.
/// Each engine's writes come in the order of its descriptors, words and pixels; those of the two
/// engines may come in any order. Where post-processing takes several pixels at a time, a write may
/// be ahead of others, no further than their queues are long; those of an address keep their order.
class WriteChecker {
 public:
  /// Runs the interpreter on the frames whose input windows are `inputs`.
  WriteChecker(const Program& program, std::span<const std::uint8_t> inputs);

  /// The next write of its engine. Throws Error with cycle, operation, pixel, channel, bank,
  /// address and both values when it is not that of the interpreter.
  void check(const CoreWrite& write);
  /// Throws Error when the core has made fewer writes.
  void check_complete() const;
  /// Writes compared.
  std::size_t count() const;

 private:
  struct Expected {
    std::size_t frame, descriptor;
    int bank, addr, y, x, m_block;
    std::size_t codes;  ///< where they begin in codes_
  };
  struct Writes {
    std::vector<Expected> expected;
    std::size_t done = 0;
  };
  Writes& of(Engine engine) { return writes_[static_cast<std::size_t>(engine)]; }
  /// Which write it is, for a message.
  std::string text(Engine engine, const Expected& e) const;

  static constexpr int kMostInFlight = 256;

  std::vector<std::string> descriptors_;
  std::size_t m_;
  int ahead_;  ///< writes of EXEC among which the next one is
  std::array<Writes, kEngines> writes_;
  std::vector<std::int16_t> codes_;
};

}  // namespace reshift
