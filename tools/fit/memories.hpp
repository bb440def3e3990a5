// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "isa/isa.hpp"

/// Memories of the core in the blocks of an FPGA family: widths and depths as the RTL has them.
namespace reshift {

/// Blocks that a core's memories take.
struct MemoryBlocks {
  double block_ram = 0;  ///< in the family's unit, a half is possible
  int ultra_ram = 0;     ///< of 4,096 words of 72 bits
};

/// Feature buffer, weight tiles and their headers, channel parameters, the residual's words, what
/// is read from the bus, and the tables of post-processing. With `ultra` the memories that
/// rtl/tech/xcup_uram puts there are in UltraRAM.
MemoryBlocks memory_blocks(std::string_view family, const isa::Hardware& hw, bool ultra);

}  // namespace reshift
