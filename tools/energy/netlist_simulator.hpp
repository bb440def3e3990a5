// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "energy/netlist.hpp"

namespace reshift {

/// Simulates a flat netlist of Xilinx 7-series cells (look-up tables, carry chains, flip-flops,
/// shift registers; one clock, no memories) and counts the transitions of every net.
///
/// Two-valued; every cell but a flip-flop has the same delay, so that a net whose inputs arrive one
/// after another changes more than once before it settles: glitches, counted apart. Interpreted,
/// event by event: a netlist of 100,000 cells is ready at once, where a compiled simulation takes
/// minutes.
class NetlistSimulator {
 public:
  /// `netlist`: what Yosys' write_json writes, with the flat module `top`. Registers start at their
  /// INIT, x as 0. Throws Error on a cell that it does not know, two drivers of a net, or a loop.
  NetlistSimulator(const nlohmann::json& netlist, const std::string& top);

  /// Bits [low + width - 1 : low] of an input, from the next clock() on; width up to 64.
  void set(const std::string& port, int low, int width, std::uint64_t value);
  /// Bits of an output as they have settled.
  std::uint64_t get(const std::string& port, int low, int width) const;

  /// A rising edge: registers take what they see, and the inputs what was set; all nets settle.
  void clock();

  /// Starts counting from here.
  void record();
  /// Writes the counts of each net n17 (17 is its number in the JSON) as SAIF 2.0, a cycle a time
  /// unit: T0, T1: settled cycles; TC: transitions from one settled value to another; TG: those
  /// beyond, which the net takes back in the same cycle. Throws Error when `path` cannot be
  /// written.
  void write_saif(const std::string& path) const;

 private:
  using Cell = Netlist::Cell;
  struct Activity {
    std::uint64_t high = 0, toggles = 0, glitches = 0;
    std::uint64_t since = 0;  ///< cycle of the last settled change
  };

  /// The outputs of a combinational cell, bit i for its output i.
  std::uint64_t evaluate(const Cell& cell) const;
  /// A rising edge of a multiplier lane: its next sum, bit i for its output i.
  std::uint64_t multiply(Cell& cell) const;
  void change(int net, bool value);
  void settle();

  Netlist netlist_;
  std::vector<int> registers_;             ///< cells
  std::vector<std::vector<int>> readers_;  ///< net -> combinational cells
  std::vector<std::uint8_t> value_, settled_;
  std::vector<std::pair<int, bool>> inputs_;  ///< set, not yet taken

  // Of the step under way.
  std::vector<int> active_;  ///< cells to evaluate
  std::vector<std::uint8_t> is_active_;
  std::vector<int> touched_;            ///< nets that changed in this cycle
  std::vector<std::uint32_t> changes_;  ///< how often, in this cycle

  std::vector<Activity> activity_;
  std::uint64_t cycle_ = 0;
};

}  // namespace reshift
