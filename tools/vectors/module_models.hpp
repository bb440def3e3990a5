// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/random.hpp"
#include "isa/isa.hpp"
#include "vectors/module_trace.hpp"

namespace reshift {

// Random inputs of a module and what its model says of the outputs, for modules that take more than
// a function; the others are in modules.cpp.
ModuleTrace pe(const isa::Hardware& hw, Random random);
ModuleTrace array(const isa::Hardware& hw, Random random);
ModuleTrace uop_fetch(const isa::Hardware& hw, Random random);

constexpr int kResetCycles = 3;

}  // namespace reshift
