// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "isa/isa.hpp"

/// What part of the weight memory a list may take, so that LOAD fills the rest for what comes next.
namespace reshift::cost {

/// Micro-ops of a weight block: half of the memory, so that one is loaded while one is walked.
constexpr std::int64_t most_block_uops(const isa::Hardware& hw) { return hw.wm_depth / 2; }

/// Whether a whole list stays in the memory from pixel group to pixel group, strip to strip and
/// image to image.
constexpr bool list_stays(const isa::Hardware& hw, std::int64_t uops) {
  return uops <= most_block_uops(hw);
}

/// Micro-ops of one EXEC with several pixel groups, of an operation with a list of `uops`: the
/// whole list, or, of a longer one, a quarter of the memory, so that three quarters hold what comes
/// next.
constexpr std::int64_t most_exec_uops(const isa::Hardware& hw, std::int64_t uops) {
  return list_stays(hw, uops) ? most_block_uops(hw) : hw.wm_depth / 2 / 2;
}

/// Micro-ops of a list longer than that which are loaded ahead of EXEC, at most.
constexpr std::int64_t most_uops_ahead(const isa::Hardware& hw) { return hw.wm_depth * 3 / 4; }

/// M-blocks of one EXEC: half of the parameter memory.
constexpr int most_exec_m_blocks(const isa::Hardware& hw) { return hw.pm_depth / 2; }

}  // namespace reshift::cost
