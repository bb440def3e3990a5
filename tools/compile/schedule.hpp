// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "net/qnet.hpp"

namespace reshift {

/// An operation, or a chain of operations that run strip by strip in turn, on images `first_image`
/// to `first_image + images - 1` of a frame.
struct Step {
  std::size_t op = 0;   ///< the first
  std::size_t ops = 1;  ///< how many
  int first_image = 0, images = 1;
  std::size_t before = 0;  ///< operations of the steps before it, one for each time it runs

  std::size_t last_op() const { return op + ops - 1; }
  bool has(std::size_t number) const { return number >= op && number < op + ops; }
};

/// The order of a frame's work: each image by itself goes through the operations before a cut,
/// those after it take all images together, so that an operation's weights are loaded once for
/// them all.
struct Schedule {
  int images = 1;
  std::vector<Step> steps;

  /// Number of an image's copy of a tensor.
  std::size_t copy(int tensor, int image) const {
    return static_cast<std::size_t>(tensor * images + image);
  }
  /// Which of all operations of the steps, in their order, an operation of a step is.
  std::size_t place(std::size_t step, std::size_t op) const {
    return steps[step].before + op - steps[step].op;
  }
  /// From which step on an image that is wholly in the feature buffer has its region there: it is
  /// loaded while the image before it is computed.
  std::size_t loaded_from(int image) const;
};

/// `cut` is the first operation that takes all images together; with one image it does not matter.
/// `fused`, by operation: it runs in turn with the next one, where can_fuse() says so; empty: none.
Schedule make_schedule(const QNet& net, int images, std::size_t cut,
                       const std::vector<bool>& fused);

/// Whether operations `first` to `last` can run strip by strip in turn: what each of them makes
/// but the last is read by a later one, row by row.
bool can_fuse(const QNet& net, std::size_t first, std::size_t last);

/// Neither an output, nor a tensor that several operations write, whose strips would not lie
/// together in memory, nor a residual of which not all pixels are added in their order.
bool can_spill(const QNet& net, int tensor);

/// Whether an operation reads a tensor.
bool uses(const QOp& op, int tensor);

/// Whether the step before makes a tensor: when it is spilled, it is stored at the last moment, so
/// that its strips are not loaded ahead, and have buffers for this step only.
bool just_made(const QNet& net, const Schedule& schedule, std::size_t step, int tensor);

}  // namespace reshift
