// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compile/plan.hpp"
#include "program/program.hpp"

namespace reshift {

/// Fills the program's image, descriptor names, window strides, stored tensors and the bytes that
/// each operation loads and stores. `lowered`: the form that the plan is of; `store_all`: the host
/// wants every operation's output.
void emit(const Lowered& lowered, const NetPlan& plan, bool store_all, Program& program);

}  // namespace reshift
