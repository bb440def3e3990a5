// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "program/program.hpp"

namespace reshift {

/// The memory of a stand-alone board for a program (docs/board.md): header, the steps of a run,
/// program, then room for an image and the results.
struct BoardImage {
  std::vector<std::uint8_t> bytes;  ///< from address 0 on, without the room
  std::uint32_t head_bytes = 0;     ///< of header and steps: what tells one program from another
  std::uint32_t memory_bytes = 0;   ///< of all
  std::uint32_t in_base = 0;        ///< address of the image
  /// What a run answers with: these registers (offsets of isa::reg), 32 bits each, then a signed
  /// byte for each class, then the class, 16 bits.
  std::vector<std::uint32_t> registers;
  std::uint32_t classes = 0;

  std::uint32_t answer_bytes() const {
    return static_cast<std::uint32_t>(4 * registers.size()) + classes + 2;
  }
};

/// Throws Error when the program's output is no vector of class scores of 8 bits, or it does not
/// fit the addresses of a board.
BoardImage make_board_image(const Program& program);

/// The texts that `$readmemh` reads into the banks of rs_board_ram, of `bank_words` words of 8
/// bytes each. Throws Error when the image does not fit.
std::vector<std::string> board_image_hex(const BoardImage& image, std::uint32_t banks,
                                         std::uint32_t bank_words);

}  // namespace reshift
