// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "spec/spec.hpp"

namespace reshift {

/// The hardware configuration called `name`; throws Error that lists the known ones.
const spec::Hardware& find_hardware(std::string_view name);

/// Cycles that post-processing takes for an M-block of P pixels: a pixel a cycle, or `post_lanes`
/// channels one bit after the other, the multiplier's 17 and as many as they are shifted (usually
/// around 24) and the steps around that; then the pipeline to the next one.
std::int64_t post_cycles(const spec::Hardware& hw);

}  // namespace reshift
