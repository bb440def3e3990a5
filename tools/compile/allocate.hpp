// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compile/reduction_list.hpp"
#include "compile/regions.hpp"
#include "compile/schedule.hpp"
#include "compile/step_strips.hpp"
#include "program/layout.hpp"

namespace reshift {

/// How a step uses the feature buffer.
struct StepAllocation {
  /// Of an image, in order, by operation of the step; one each when all tensors are resident.
  std::vector<std::vector<Strip>> strips;
  std::vector<StripTensor> tensors;  ///< those that are not resident
  std::vector<bool> in_place;  ///< by operation of the step: its output lies over its residual

  std::size_t turns() const { return strips.back().size(); }
  bool resident() const { return tensors.empty(); }
  /// Null: it is resident.
  const StripTensor* of(int tensor) const;
};

/// Where everything lies: resident tensors in the feature buffer, in words of a bank, for as long
/// as they are used; spilled ones in memory, the image in the input window, others in the output
/// window. Operations on spilled tensors run strip by strip through buffers of the buffer. A
/// spilled tensor that only the step reads that makes it is never in memory.
struct Allocation {
  Schedule schedule;
  std::shared_ptr<const std::vector<ListSize>> lists;  ///< by operation
  std::vector<Layout> layouts;                         ///< of whole tensors, without a base
  std::vector<int> bases;                              ///< of resident tensors, by copy
  std::vector<bool> spilled;                           ///< by tensor
  std::vector<StepAllocation> steps;
  std::vector<bool> single;  ///< by operation: as chosen, or where two buffers did not fit
  std::vector<Region> regions;
  int words = 0;        ///< highest word used + 1
  int naive_words = 0;  ///< every tensor in a region of its own
  bool any_spilled() const;
  /// Whether a tensor goes to memory, or is there, strip by strip.
  bool in_memory(const QNet& net, int tensor) const;
  /// Of a step's last operation in a strip, but for the last one perhaps.
  int strip_rows(std::size_t step) const { return steps[step].strips.back()[0].out.count; }
  const Strip& strip(std::size_t step, std::size_t op, std::size_t strip) const {
    return steps[step].strips[op - schedule.steps[step].op][strip];
  }
  /// An image's copy of a tensor where it lies.
  Layout layout(int tensor, int image) const;
};

/// What is decided before anything gets an address.
struct AllocationChoice {
  int images = 1;              ///< of a frame
  std::size_t cut = 0;         ///< operations that take one image after the other
  std::vector<bool> fused;     ///< by operation: in turn with the next one; empty: none
  std::vector<bool> spilled;   ///< by tensor; empty: none
  std::vector<bool> resident;  ///< by tensor: not to be spilled; empty: any may be
  /// By operation: of a strip, at most; empty: any number. Of a chain that of the last one counts.
  std::vector<int> rows;
  /// By operation: its step has a single buffer for a tensor's strips, which may be twice as large.
  /// Empty: none. Of a chain that of the last one counts.
  std::vector<bool> single;
  /// By operation: the strips of what the step before makes may be loaded while that still runs.
  /// Empty: none. Of a chain that of the last one counts.
  std::vector<bool> early;
  /// Rows of spilled tensors begin in bank 0, so that a strip may have any number of them, at the
  /// cost of pixels that nobody needs.
  bool padded = false;
};

/// First fit on lifetimes, the largest region first. The first image, when resident, and the last
/// output share with nobody: the next frame's image is loaded while this frame runs, the last
/// output is stored while the next frame runs; but where tensors are spilled, the output's words
/// are others' until it is made. When not all fits, strips become smaller, then more tensors are
/// spilled than were chosen, at last strips get a single buffer. Nothing, and `too_much` names the
/// operation at which most is alive, when even that does not help.
std::optional<Allocation> allocate(const isa::Hardware& hw, const QNet& net,
                                   std::shared_ptr<const std::vector<ListSize>> lists,
                                   const AllocationChoice& choice, std::string& too_much);

}  // namespace reshift
