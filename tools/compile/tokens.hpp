// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "isa/isa.hpp"
#include "program/engine.hpp"

namespace reshift {

/// Words of a bank of the feature buffer, or bytes of memory: `init` to `end` - 1.
struct Span {
  std::int64_t begin = 0, end = 0;
};

/// A table of the network in a place of the core, both from 1 on; 0: none.
struct PlacedTable {
  int place = 0, table = 0;
};

/// What a descriptor reads and writes: of the feature buffer, of the frame's output window, and of
/// the tables behind post-processing.
struct Access {
  Engine engine = Engine::kExec;
  std::vector<Span> buffer_reads = {}, buffer_writes = {};
  std::vector<Span> memory_reads = {}, memory_writes = {};
  PlacedTable table_read = {}, table_written = {};
};

/// Tokens of a program: which descriptor takes one from an engine before it starts, which gives an
/// engine one when it is complete, and how many are there at the start.
struct Tokens {
  std::vector<std::array<bool, kEngines>> wait, post;         ///< [descriptor][engine]
  std::array<std::array<int, kEngines>, kEngines> credits{};  ///< [from][to]
};

/// The fewest tokens with which no descriptor overtakes one of another engine that it conflicts
/// with (one of them writes what the other reads or writes), in this frame or the one before; an
/// engine's own descriptors are in order anyway, and frames have memory of their own.
Tokens plan_tokens(const std::vector<Access>& frame);

}  // namespace reshift
