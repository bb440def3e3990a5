// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "net/qnet.hpp"

namespace reshift {

/// An operation on images `first_image` to `first_image + images - 1` of a frame.
struct Step {
  std::size_t op = 0;
  int first_image = 0, images = 1;
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
  /// From which step on an image that is wholly in the feature buffer has its region there: it is
  /// loaded while the image before it is computed.
  std::size_t loaded_from(int image) const;
};

/// `cut` is the first operation that takes all images together; with one image it does not matter.
Schedule make_schedule(const QNet& net, int images, std::size_t cut);

/// Whether the step before makes the step's input: when it is spilled, it is stored at the last
/// moment, so that its strips are not loaded ahead, and have buffers for this step only.
bool just_made(const QNet& net, const Schedule& schedule, std::size_t step);

}  // namespace reshift
