// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "program/engine.hpp"

namespace reshift {

/// What enters the array in one cycle: a micro-op of a reduction list, for one pixel group.
struct ArrayInput {
  std::size_t descriptor = 0;             ///< index in the program of the operation
  std::span<const std::int32_t> acts;     ///< codes [pixel][lane], P x C
  std::span<const std::int32_t> weights;  ///< [lane][row], C x M
  bool first = false, last = false;       ///< of the list of an M-block
  bool max = false;                       ///< the maximum instead of the sum ...
  int c_block = 0;                        ///< ... in the rows of this C-block of the word
};
using ArrayObserver = std::function<void(const ArrayInput&)>;

/// A word that LOAD or EXEC writes into the feature buffer.
struct FeatureWrite {
  Engine engine = Engine::kExec;
  std::size_t frame = 0, descriptor = 0;
  int bank = 0, addr = 0;
  std::span<const std::int16_t> codes;  ///< M of them
  /// EXEC only: pixel of the destination, which may be one of its extension, and M-block of the
  /// operation.
  int y = 0, x = 0, m_block = 0;
};
using WriteObserver = std::function<void(const FeatureWrite&)>;

}  // namespace reshift
