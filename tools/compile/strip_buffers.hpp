// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <vector>

#include "compile/allocate.hpp"

namespace reshift {

/// How steps with spilled tensors cut their operations into strips, and the buffers that the strips
/// take in turn. What an operation of a chain makes for a later one has a single buffer, since EXEC
/// writes and reads it in order.
class StripBuffers {
 public:
  /// Of `choice` counts how large strips may be and which steps have single buffers. All must
  /// outlive this object, which reads the schedule, the layouts and what is spilled from
  /// `allocation`.
  StripBuffers(const isa::Hardware& hw, const QNet& net, const Allocation& allocation,
               const AllocationChoice& choice);

  /// Every step may have strips as large as the buffer again, and two buffers for each tensor, or
  /// one where that was chosen.
  void reset();

  /// Strips of a step, as few as its words allow or as many as there can be, and their buffers:
  /// loaded while the step before runs, stored while the next one does. Appends the buffers to
  /// `regions`; in `area` they are their numbers there.
  void cut_step(int step, StepAllocation& area, std::vector<Region>& regions);

  /// Gives the step with the largest buffers in use at `step` fewer words; false when its strips
  /// are as small as can be.
  bool shrink(int step);
  /// Gives it a single buffer for each tensor, and only while the step runs, which keeps LOAD, EXEC
  /// and STORE from working at once; false when it has.
  bool merge(int step);
  /// By operation, the last one of a step: which steps have single buffers.
  std::vector<bool> single() const;

 private:
  struct State {
    int budget = 0, words = 0;            ///< that its buffers may have, and do
    int copies = 2;                       ///< buffers for a tensor
    bool finest = true;                   ///< its strips cannot be smaller
    std::map<int, StepStrips> cuts = {};  ///< by rows: made before
  };

  const Step& step_of(int step) const;
  bool lists_stay(int step) const;
  const Layout& layout(int tensor) const;
  const StepStrips& cut(int step, int rows);
  int copies(int step, const StepStrips& cut, const StripTensor& tensor) const;
  int words(int step, const StepStrips& cut) const;
  const StepStrips& cut_finer(int step, int most_rows);
  template <typename May>
  int shrink_one(int step, May may);

  const isa::Hardware& hw_;
  const QNet& net_;
  const Allocation& allocation_;
  const AllocationChoice& choice_;
  std::vector<State> states_;  ///< by step
};

}  // namespace reshift
