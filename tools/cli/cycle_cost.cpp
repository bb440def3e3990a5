// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "cli/cycle_cost.hpp"

#include "compile/compile.hpp"
#include "program/hardware.hpp"

namespace reshift {

CostModel cycles_on(const std::string& hardware) {
  const isa::Hardware& hw = find_hardware(hardware);
  return [&hw](const QNet& net) {
    const Program program = compile(hw, net, {});
    FrameCost cost{static_cast<double>(program.cycles), std::vector<double>(net.ops.size(), 0)};
    // Copies and padding, which the compiler adds, have other names: they are in the total alone.
    for (const OpReport& line : program.ops) {
      for (std::size_t i = 0; i < net.ops.size(); ++i) {
        if (net.ops[i].name == line.name) cost.of_op[i] += static_cast<double>(line.cycles);
      }
    }
    return cost;
  };
}

}  // namespace reshift
