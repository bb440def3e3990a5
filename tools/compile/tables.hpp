// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "net/qnet.hpp"

namespace reshift {

/// The tables of a network, each once. They are loaded in every frame before the first EXEC that
/// needs them and are the same in all frames, so that no EXEC ever sees another one.
struct Tables {
  std::vector<int> number_of;  ///< by operation, from 1 on; 0: none
  std::vector<std::vector<std::int16_t>> codes;
};

Tables tables_of(const QNet& net);

}  // namespace reshift
