// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "golden/raster_model.hpp"
#include "harness/bits.hpp"

namespace reshift {

/// Sets a port of type rs_pkg::tensor_t.
template <typename Port>
void set_tensor(Port& port, const Raster& r) {
  unsigned low = 0;
  tensor_fields(r, [&](unsigned width, int value) {
    set_bits(port, low, width, static_cast<uint64_t>(value));
    low += width;
  });
}

}  // namespace reshift
