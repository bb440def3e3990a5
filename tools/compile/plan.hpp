// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "compile/allocate.hpp"
#include "compile/depend.hpp"
#include "compile/lower.hpp"
#include "compile/reduction_list.hpp"

namespace reshift {

/// One EXEC descriptor: a strip of an operation, or a range of its M-groups when its list is too
/// long for the weight memory. M-groups count from the first channel that the operation writes.
struct ExecPlan {
  std::size_t op = 0;                    ///< of the lowered network
  std::size_t strip = 0;                 ///< of the operation
  Layout source, destination, residual;  ///< the strip's rows of the three tensors
  int first_m_group = 0, m_groups = 0;
  int groups = 0;       ///< pixel groups
  int source_word = 0;  ///< of the source's pixels, from which on the list counts
  bool last_of_strip = false;
  std::vector<std::size_t> m_group_entries;
  ReductionList list;
  Need need;
  bool wait_previous = false;
};

/// The EXECs of a frame in order. Throws Error naming the operation when a list cannot fit.
std::vector<ExecPlan> plan_execs(const spec::Hardware& hw, const QNet& net,
                                 const Placement& placement);

}  // namespace reshift
