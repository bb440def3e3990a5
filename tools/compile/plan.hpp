// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "compile/allocate.hpp"
#include "compile/depend.hpp"
#include "compile/lower.hpp"
#include "compile/neighbours.hpp"
#include "compile/reduction_list.hpp"
#include "compile/tensor_layouts.hpp"

namespace reshift {

/// One EXEC descriptor: a strip of an operation on an image, or a range of its M-blocks when its
/// list is too long for the weight memory. M-blocks count from the first channel that the operation
/// writes.
struct ExecPlan {
  std::size_t step = 0;   ///< of the schedule
  std::size_t op = 0;     ///< of the lowered network
  int image = 0;          ///< of the frame
  std::size_t strip = 0;  ///< of the image
  std::size_t turn = 0;   ///< of the step's strips, image after image
  Rows rows;              ///< of what the operation makes
  /// The strip's rows of the tensors; of those that it writes or adds by every second pixel, and
  /// of a residual of one pixel, all.
  Layout source, shortcut, destination, residual;
  int first_m_block = 0, m_blocks = 0;
  int groups = 0;       ///< pixel groups
  int source_word = 0;  ///< of the source's pixels, from which on the list counts
  /// The mean of a whole map: a pixel group is a word of the source's pixels, its list goes through
  /// the map P pixels at a time, and its one output is the sum of the group.
  bool sums_groups = false;
  std::optional<Neighbours> neighbours;
  bool last_of_strip = false;
  std::vector<std::size_t> m_block_uops;
  std::shared_ptr<const ReductionList> list;  ///< one for all images
  Need need;
  bool wait_previous = false;
};

/// What becomes a program.
struct NetPlan {
  std::size_t form = 0;  ///< of the network
  Allocation allocation;
  std::vector<ExecPlan> execs;
  /// Tiles of the weight memory that it counts on: all, or a part of them. Shorter lists, with more
  /// EXECs, may be loaded at better times.
  int wm_depth = 0;
};

/// A core of which a plan counts on so many tiles of the weight memory.
isa::Hardware with_weight_memory(const isa::Hardware& hw, int wm_depth);

/// Whether a step's images share one load of its list: all of it stays in the weight memory, or,
/// with all tensors resident, one part after the other, each for all images.
bool images_share(const isa::Hardware& hw, const ListSize& list, const StepAllocation& area);

/// Where the turn of an EXEC has its rows of a tensor that is not resident.
Layout strip_layout(const isa::Hardware& hw, const Allocation& allocation, const ExecPlan& exec,
                    const StripTensor& strip);

/// The EXECs of a frame in order; `tiles` are those of `net`. Throws Error naming the operation
/// when a list cannot fit.
std::vector<ExecPlan> plan_execs(const isa::Hardware& hw, const QNet& net,
                                 const Allocation& allocation, NetTiles& tiles);

}  // namespace reshift
