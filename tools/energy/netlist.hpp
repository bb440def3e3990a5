// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace reshift {

/// A flat netlist of Xilinx 7-series cells: look-up tables, carry chains, flip-flops, shift
/// registers, and the multiplier lane of the baseline array. Nets 0 and 1 are the constants.
class Netlist {
 public:
  enum class Kind { kLut, kMux, kCarry, kFlipFlop, kShift, kMultiplier };
  struct Cell {
    Kind kind;
    bool set = false;  ///< the flip-flop's synchronous input sets instead of clearing
    std::uint8_t inputs = 0, outputs = 0;
    std::uint32_t first = 0;  ///< in pins: the inputs' nets, then the outputs'
    std::uint64_t init = 0;   ///< of a table; of a register: its state
    /// Of a multiplier: widths of activation and weight.
    std::uint8_t act_w = 0, weight_w = 0;
  };

  /// `json`: what Yosys' write_json writes, with the flat module `top`. Registers start at their
  /// INIT, x as 0. Throws Error on a cell that is not known, and on two drivers of a net.
  Netlist(const nlohmann::json& json, const std::string& top);

  std::size_t nets() const { return driven_.size(); }
  /// The nets of a cell's inputs and outputs; vectors with all their bits, in the order of
  /// NetlistSimulator::evaluate.
  const int* in(const Cell& cell) const { return pins_.data() + cell.first; }
  const int* out(const Cell& cell) const { return in(cell) + cell.inputs; }
  /// The nets of a port of the module. Throws Error when it has none of this name.
  const std::vector<int>& port(const std::string& name) const;

  const std::string top;
  std::vector<Cell> cells;
  std::map<std::int64_t, int> index;  ///< Yosys' number -> net

 private:
  int add_net(bool driven);
  int net(const nlohmann::json& bit);
  void add_cell(const std::string& name, const nlohmann::json& json);
  void add_output(const std::string& name, const nlohmann::json& connections, const char* pin,
                  Kind kind);

  std::map<std::string, std::vector<int>> ports_;
  std::vector<int> pins_;
  std::vector<std::uint8_t> driven_;  ///< by net
};

}  // namespace reshift
