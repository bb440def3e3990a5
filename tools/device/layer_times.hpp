// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "device/timeline.hpp"

namespace reshift {

/// What a layer of a program took, beside what the compiler expected. A layer's cycles are those
/// from the last micro-op of the layer before to its own last micro-op, so that layers add up to
/// the frame and what a layer waits for is its own.
struct LayerTime {
  std::string name;
  std::int64_t macs = 0;
  /// Cycles that the compiler expected: to compute, to move its data, and from the layer before to
  /// its end.
  std::int64_t compute = 0, memory = 0, estimate = 0;
  std::array<double, kBusy + 1> causes{};  ///< cycles a frame

  double cycles() const;
  /// The cause of most cycles without a micro-op; kBusy: there were none.
  std::size_t main_stall() const;
  std::string main_stall_text() const;
  /// By how much it took longer than the estimate.
  double off_percent() const;
};

/// The layers of a program before a run.
std::vector<LayerTime> layer_estimates(const Program& program);
/// A frame's layers: the mean of all frames but the first, of which nothing was loaded ahead, or of
/// the first one if there is no other.
std::vector<LayerTime> layer_times(const Program& program, const Timeline& timeline);

nlohmann::json layers_json(const std::vector<LayerTime>& layers, int lanes);
/// Readable form.
std::string layers_text(const std::vector<LayerTime>& layers, int lanes);

}  // namespace reshift
