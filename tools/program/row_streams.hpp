// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "isa/isa.hpp"

/// Row streams, the compressed form of weight tiles (docs/architecture.md, Memory formats): items
/// of an entry for each row. An entry is a lane and a weight code. One whose lane is not above that
/// of the entry before begins the row's next tile. The code of zero with the highest lane ends the
/// tile, or does nothing where it has ended; with lane 0 it is a tile without weights.
namespace reshift {

/// The items of row streams that make `tiles`, whole tiles as they lie in memory, item_bytes()
/// each. `hw` must have WeightStreams.
std::vector<std::uint8_t> encode_row_streams(const isa::Hardware& hw,
                                             std::span<const std::uint8_t> tiles);

/// The `uops` tiles, as they lie in memory, that `items` make. Throws Error naming the row that
/// makes more or fewer.
std::vector<std::uint8_t> decode_row_streams(const isa::Hardware& hw,
                                             std::span<const std::uint8_t> items, std::size_t uops);

}  // namespace reshift
