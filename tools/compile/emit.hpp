// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compile/plan.hpp"
#include "program/program.hpp"

namespace reshift {

/// Cycles of one EXEC: the array issues a micro-op a cycle, and post-processing takes
/// post_cycles() an M-block, overlapped with the next one.
struct ExecCycles {
  std::int64_t array = 0, post = 0, exec = 0;
};
ExecCycles estimate(const spec::Hardware& hw, const ExecPlan& exec);

/// Fills the program's image, descriptor names, window strides, stored tensors and weight bytes.
void emit(const Lowered& lowered, const Allocation& allocation, const std::vector<ExecPlan>& execs,
          bool store_all, Program& program);

}  // namespace reshift
