// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "spec/spec.hpp"

namespace reshift {

/// Cycles that post-processing takes for an M-block of P pixels: a pixel a cycle, or `post_lanes`
/// channels one bit after the other, the multiplier's 17 and as many as they are shifted (usually
/// around 24) and the steps around that; then the pipeline to the next one.
inline std::int64_t post_cycles(const spec::Hardware& hw) {
  if (hw.post_lanes == hw.m) return hw.p;
  constexpr int kPass = 24 + 24, kPipeline = 32;
  return std::int64_t{hw.p} * (hw.m / hw.post_lanes) * kPass + kPipeline;
}

}  // namespace reshift
