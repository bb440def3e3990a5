// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "compile/plan.hpp"

namespace reshift {

/// Expected cycles of a run of kRunFrames frames of the program that a plan becomes, as
/// tools/cost/program_time.hpp counts them: finer than allocation_cost(), and slower to find. In a
/// long run a frame among others decides, but the first one may not cost much more.
std::int64_t program_cost(const isa::Hardware& hw, const Lowered& lowered, const NetPlan& plan);
inline constexpr std::int64_t kRunFrames = 200;

}  // namespace reshift
