// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>

#include "compile/plan.hpp"

namespace reshift {

/// Expected cycles of a frame among others, and of the first one.
using ProgramCost = std::pair<std::int64_t, std::int64_t>;

/// Of the program that a plan becomes, as tools/cost/program_time.hpp counts them: finer than
/// allocation_cost(), and slower to find.
ProgramCost program_cost(const isa::Hardware& hw, const Lowered& lowered, const NetPlan& plan);

}  // namespace reshift
