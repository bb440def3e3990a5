// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compile/lower.hpp"

namespace reshift {

/// Gives operations whose padding mask cannot say all their taps (unreachable_tap) a copy of their
/// input with the padding around it: large dilations, kernels of large padding.
void pad_inputs(Lowered& lowered);

}  // namespace reshift
