// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compile/reduction_list.hpp"
#include "compile/regions.hpp"
#include "compile/schedule.hpp"
#include "compile/strip.hpp"
#include "program/layout.hpp"

namespace reshift {

/// How a step uses the feature buffer.
struct StepAllocation {
  std::vector<Strip> strips;  ///< of an image, in order; one when all its tensors are resident
  bool in_place = false;      ///< its output lies over its residual
  /// Word addresses of the buffers that strips of a spilled tensor take in turn, image after image;
  /// empty: resident.
  std::vector<int> input_buffers, shortcut_buffers, residual_buffers, output_buffers;

  bool resident() const {
    return input_buffers.empty() && shortcut_buffers.empty() && residual_buffers.empty() &&
           output_buffers.empty();
  }
};

/// Where everything lies: resident tensors in the feature buffer, in words of a bank, for as long
/// as they are used; spilled ones in memory, the image in the input window, others in the output
/// window. Operations on spilled tensors run strip by strip through buffers of the buffer.
struct Allocation {
  Schedule schedule;
  std::shared_ptr<const std::vector<ListSize>> lists;  ///< by operation
  std::vector<Layout> layouts;                         ///< of whole tensors, without a base
  std::vector<int> bases;                              ///< of resident tensors, by copy
  std::vector<bool> spilled;                           ///< by tensor
  std::vector<StepAllocation> steps;
  std::vector<Region> regions;
  int words = 0;        ///< highest word used + 1
  int naive_words = 0;  ///< every tensor in a region of its own
  bool any_spilled() const;
  /// An image's copy of a tensor where it lies.
  Layout layout(int tensor, int image) const;
};

/// What is decided before anything gets an address.
struct AllocationChoice {
  int images = 1;              ///< of a frame
  std::size_t cut = 0;         ///< operations that take one image after the other
  std::vector<bool> spilled;   ///< by tensor; empty: none
  std::vector<bool> resident;  ///< by tensor: not to be spilled; empty: any may be
  std::vector<int> rows;       ///< by operation: of a strip, at most; empty: any number
  /// Rows of spilled tensors begin in bank 0, so that a strip may have any number of them, at the
  /// cost of pixels that nobody needs.
  bool padded = false;
};

/// Neither an output, nor a tensor that several operations write, whose strips would not lie
/// together in memory, nor a residual of which not all pixels are added in their order.
bool can_spill(const QNet& net, int tensor);

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
