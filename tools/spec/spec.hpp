// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "isa/isa.hpp"

namespace reshift {
namespace isa {
inline constexpr int kRingSlots = kWideRingSlots;
inline constexpr int kRingBatch = kLargeRingBatch;
}  // namespace isa
namespace spec = isa;
}  // namespace reshift
