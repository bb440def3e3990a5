// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "isa/fields.hpp"
#include "spec/spec.hpp"

namespace reshift::isa {
constexpr int tile_bytes(const Hardware& hw, int) { return tile_bytes(hw); }
constexpr int param_records(int m, int p, int post_lanes) {
  return param_records({"", m, 1, p, 8, 7, 28, 256, 256, 256, post_lanes, 64});
}
}  // namespace reshift::isa
