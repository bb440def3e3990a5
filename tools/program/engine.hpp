// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "isa/isa.hpp"

namespace reshift {

/// The engines of the core. Each takes its own descriptors in the order of the program.
enum class Engine : std::size_t { kLoad, kExec, kStore };
inline constexpr std::size_t kEngines = 3;
inline constexpr std::array<std::string_view, kEngines> kEngineNames{"LOAD", "EXEC", "STORE"};

/// Whose descriptors have this opcode; `init` and `end` are nobody's.
constexpr std::optional<Engine> engine_of(isa::Opcode opcode) {
  switch (opcode) {
    case isa::Opcode::kLoadWeights:
    case isa::Opcode::kLoadFeatures:
    case isa::Opcode::kReloadFeatures:
    case isa::Opcode::kLoadTable:
      return Engine::kLoad;
    case isa::Opcode::kExec:
      return Engine::kExec;
    case isa::Opcode::kStoreFeatures:
      return Engine::kStore;
    case isa::Opcode::kInit:
    case isa::Opcode::kEnd:
      break;
  }
  return {};
}

}  // namespace reshift
