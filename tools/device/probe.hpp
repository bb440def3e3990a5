// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "isa/isa.hpp"

namespace reshift {

/// A cycle in which EXEC issued a micro-op, after the causes of isa::kStalls for which it did
/// not.
inline constexpr std::size_t kBusy = isa::kStalls.size();

/// What a core does in one of the cycles that its counters count.
struct ProbeCycle {
  bool load_given = false, load_done = false;  ///< a transfer of LOAD is asked for, is complete
  bool exec_start = false, exec_end = false;   ///< an operation starts, issues its last micro-op
  bool exec_complete = false;                  ///< the last pixel of an operation is written
  bool store_given = false, store_done = false;
  std::size_t cause = 0;  ///< why EXEC issued nothing, an index of isa::kStalls; or kBusy
};

/// Who wants to know; only a simulated core can tell.
class Probe {
 public:
  virtual ~Probe() = default;
  virtual void cycle(const ProbeCycle& cycle) = 0;
};

}  // namespace reshift
