// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "isa/isa.hpp"

namespace reshift::cost {

/// Cycles that post-processing takes for an M-block of P pixels: one, two or four pixels per cycle,
/// or passes of `post_lanes` channels, which go bit by bit through multiplier and shift.
std::int64_t post_cycles(const isa::Hardware& hw);

/// From an EXEC's last micro-op to its last pixel in the feature buffer: through the rows and the
/// columns of the array, and post-processing. With fewer lanes than channels the post_cycles() of
/// the last M-block come on top; they are left out.
std::int64_t drain_cycles(const isa::Hardware& hw);

/// Cycles of one EXEC without what it waits for: the array issues a micro-op per cycle;
/// post-processing of an M-block runs beside the array's next one.
struct ExecCycles {
  std::int64_t array = 0, post = 0, exec = 0;
};
/// `m_block_uops`: micro-ops of each M-block; `groups`: pixel groups.
ExecCycles exec_cycles(const isa::Hardware& hw, std::span<const std::size_t> m_block_uops,
                       std::int64_t groups);

}  // namespace reshift::cost
