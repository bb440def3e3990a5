// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "cost/exec_cycles.hpp"

#include <algorithm>

#include "cost/constants.hpp"

namespace reshift::cost {
namespace {

/// Cycles from a tile's first lanes to its sum in a PE: rs_pkg::sum_delay.
std::int64_t sum_delay(const isa::Hardware& hw) {
  constexpr int kChain = 8, kByte = 8;  // lanes of a chain; what two pixels share a multiplier for
  const bool multiplier = isa::is_multiplier(hw);
  const bool shared =
      multiplier && isa::post_pixels(hw) > 1 && hw.act_w == kByte && isa::term_width(hw) == kByte;
  const std::int64_t chain = std::min(hw.c, kChain);
  return (multiplier ? 3 : 2) + (shared ? 2 : 0) + chain - 1 + (hw.c > chain ? 1 : 0);
}

}  // namespace

std::int64_t post_cycles(const isa::Hardware& hw) {
  if (hw.post_lanes >= hw.m) return isa::block_cycles(hw);
  const std::int64_t passes = std::int64_t{hw.p} * (hw.m / hw.post_lanes);
  return passes * (hw.mult_w + kPostPass + kPostShift) + kPostPipeline;
}

std::int64_t drain_cycles(const isa::Hardware& hw) {
  return hw.m + isa::block_cycles(hw) + sum_delay(hw) + kDrainStages +
         (hw.tables > 0 ? kTableStages : 0) + (hw.requantise > 0 ? kRequantiseStages : 0) +
         (isa::post_pixels(hw) > 1 ? kQueueStages : 0);
}

ExecCycles exec_cycles(const isa::Hardware& hw, std::span<const std::size_t> m_block_uops,
                       std::int64_t groups) {
  const std::int64_t post = post_cycles(hw);
  ExecCycles cycles;
  for (const std::size_t uops : m_block_uops) {
    const auto array = static_cast<std::int64_t>(uops);
    cycles.array += array;
    cycles.post += post;
    cycles.exec += std::max(array, post);
  }
  cycles.array *= groups;
  cycles.post *= groups;
  cycles.exec *= groups;
  return cycles;
}

}  // namespace reshift::cost
