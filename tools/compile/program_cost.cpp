// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/program_cost.hpp"

#include "compile/emit.hpp"
#include "cost/program_time.hpp"

namespace reshift {

std::int64_t program_cost(const isa::Hardware& hw, const Lowered& lowered, const NetPlan& plan) {
  Program program;
  program.hw = hw;
  const Step& last = plan.allocation.schedule.steps.back();
  program.ops.resize(last.before + last.ops);
  emit(lowered, plan, false, program);
  const auto frames = cost::frame_times(hw, program.image, 3);
  return frames[0].cycles + frames[1].cycles + (kRunFrames - 2) * frames[2].cycles;
}

}  // namespace reshift
