// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "isa/isa.hpp"

namespace reshift::cost {

/// Cycles of the bus for so many bytes: a beat per cycle. Features take a cycle for each word at
/// least; on a core whose words are narrower than its bus they take longer than this says.
constexpr std::int64_t bus_cycles(const isa::Hardware& hw, std::int64_t bytes) {
  return bytes * 8 / hw.axi_data_w;
}

/// Bytes of a list of micro-ops in memory, parameters and padding not counted.
std::int64_t list_bytes(const isa::Hardware& hw, std::int64_t uops);

/// Cycles of a transfer of so many beats while an operation of `m_blocks` M-blocks, of `cycles`
/// each, writes a polyphase tensor: post-processing, which goes first, stays for two words in a
/// bank, the transfer for one, and they meet again and again. With several pixels at a time all stay
/// for one.
std::int64_t transfer_beside_polyphase(const isa::Hardware& hw, std::int64_t beats,
                                       std::int64_t m_blocks, std::int64_t cycles);

}  // namespace reshift::cost
