// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "isa/descriptors.hpp"

namespace reshift::cost {

/// What the second ports of the feature buffer's banks do while an EXEC runs: post-processing
/// writes, the residual's words are read, and LOAD and STORE take what is left. Where two want the
/// same bank, one waits; the queues behind several pixels at a time make up for that as long as
/// they have room.
struct PortUse {
  double further = 0;      ///< cycles from the first pixel group's last micro-op to the last one's
  double backlog = 0;      ///< cycles that the last write comes later than drain_cycles() says
  std::int64_t words = 0;  ///< that a transfer moves in kManyCycles
};

/// Of `exec`, which may have few of its fields: those of its raster, of destination and residual,
/// and `groups`. `m_block_uops`: micro-ops of each M-block of the list. Walks the raster as the RTL
/// does (rs_residual, rs_post_queue and the second ports of rs_feature_buffer), for kManyCycles, as
/// if it had no end; what is left goes on as it did then. With fewer post-processing lanes than
/// channels nothing meets.
PortUse port_use(const isa::Hardware& hw, const isa::Exec& exec,
                 std::span<const std::int64_t> m_block_uops);

inline constexpr std::int64_t kManyCycles = 4096;  // enough for the mean

/// The same of an EXEC with `m_blocks` of so many `cycles` each, of which no more is known than
/// that it writes a polyphase tensor.
std::int64_t words_beside_polyphase(const isa::Hardware& hw, std::int64_t m_blocks,
                                    std::int64_t cycles);

/// Cycles of a transfer of features that takes `alone` of them by itself, beside an operation of
/// which port_use() says `words`.
std::int64_t transfer_beside(const isa::Hardware& hw, std::int64_t alone, std::int64_t words);

}  // namespace reshift::cost
