// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "isa/descriptors.hpp"

namespace reshift::cost {

/// Cycles of the bus for so many bytes: a beat per cycle.
constexpr std::int64_t bus_cycles(const isa::Hardware& hw, std::int64_t bytes) {
  return bytes * 8 / hw.axi_data_w;
}

/// Cycles of a transfer of features of so many bytes: LOAD and STORE move a beat per cycle, and a
/// word at most, also where the bus is wider than a word.
constexpr std::int64_t feature_cycles(const isa::Hardware& hw, std::int64_t bytes) {
  return std::max(bus_cycles(hw, bytes), bytes / isa::word_bytes(hw));
}

/// Cycles of LOAD for so many micro-op headers: it takes as many of them together as
/// headers_per_beat() says, also where the bus brings more.
constexpr std::int64_t header_cycles(const isa::Hardware& hw, std::int64_t uops) {
  return std::max(bus_cycles(hw, uops * 4), uops / isa::headers_per_beat(hw));
}

/// Cycles of LOAD for so many weight tiles, or for so many items of the row streams that make them.
constexpr std::int64_t tile_cycles(const isa::Hardware& hw, std::int64_t uops) {
  return std::max(bus_cycles(hw, uops * isa::tile_bytes(hw)), uops);
}
constexpr std::int64_t stream_cycles(const isa::Hardware& hw, std::int64_t items) {
  return std::max(bus_cycles(hw, items * isa::item_bytes(hw)), items);
}

/// Cycles of LOAD for a weight block, the gaps between its sections not counted.
constexpr std::int64_t block_cycles(const isa::Hardware& hw, const isa::LoadWeights& d) {
  return bus_cycles(hw, d.param_blocks * hw.m * isa::param_bytes(hw)) + header_cycles(hw, d.uops) +
         (d.stream_items > 0 ? stream_cycles(hw, d.stream_items) : tile_cycles(hw, d.uops));
}

/// Cycles of LOAD for a descriptor, which goes to the control program by words, two of them at a
/// time on all but the narrowest bus.
constexpr std::int64_t descriptor_cycles(const isa::Hardware& hw) {
  return isa::kDescriptorWords / (hw.axi_data_w > 32 ? 2 : 1);
}

}  // namespace reshift::cost
