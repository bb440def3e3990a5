// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compile/plan.hpp"
#include "compile/strip.hpp"
#include "program/layout.hpp"

namespace reshift {

/// Rows of a tensor that go between memory and the feature buffer, a descriptor for each phase.
struct Transfer {
  int tensor = -1, image = 0;
  Rows rows;
  int phases = 1;  ///< that are moved, from the first one on
  Layout layout;   ///< where they lie in the buffer

  std::int64_t bytes(const isa::Hardware& hw) const {
    return layout.bytes(hw) / layout.phases() * phases;
  }
};

/// The rows of a tensor that the turn of an EXEC has in the tensor's strip buffer.
inline Transfer strip_transfer(const isa::Hardware& hw, const Allocation& allocation,
                               const ExecPlan& exec, const StripTensor& strip) {
  return {strip.tensor, exec.image, strip.rows[exec.strip], strip.phases,
          strip_layout(hw, allocation, exec, strip)};
}

}  // namespace reshift
