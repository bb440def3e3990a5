// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "isa/descriptors.hpp"
#include "net/numerics.hpp"
#include "program/engine.hpp"
#include "program/weight_block.hpp"

/// The parts of the program interpreter.
namespace reshift::golden {

struct Uop {
  UopHeader header;
  std::vector<std::int32_t> weights;  ///< [lane][row]
};

struct Block {
  std::vector<Uop> uops;
  std::vector<std::vector<ChannelParams>> params;  ///< [M-block][row]
};

/// Words that go between a window in memory and the feature buffer.
struct Transfer {
  isa::Opcode opcode = isa::Opcode::kLoadFeatures;
  std::int64_t base = 0, words = 0, groups = 0;  ///< of the buffer: P x `words` for each group
  std::int64_t offset = 0;                       ///< bytes in the window
};

/// A table of post-processing.
struct Table {
  std::size_t number = 0;           ///< from 1 on
  std::vector<std::int16_t> codes;  ///< the lowest code's first
};

/// A descriptor of an engine.
struct Task {
  Engine engine = Engine::kExec;
  std::array<bool, kEngines> wait{}, post{};  ///< tokens, by the other engine
  std::variant<Block, Table, Transfer, isa::Exec> work;
};

struct DecodedProgram {
  isa::Init init;
  std::vector<Task> tasks;  ///< task i is descriptor i + 1
};

/// Throws Error, with the descriptor's index, when `image` does not start with a program that a
/// core `hw` takes.
DecodedProgram decode_program(const isa::Hardware& hw, std::span<const std::uint8_t> image);

}  // namespace reshift::golden
