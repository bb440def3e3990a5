// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "isa/isa.hpp"
#include "net/qnet.hpp"

namespace reshift {

/// Cycles of a frame below which no program of this network gets, without compiling it: tiles and
/// pixels of the convolutions at full lanes, post-processing, and the weights over the bus. `net`
/// has the weights as the configuration holds them (compile/weight_format.hpp).
std::int64_t least_cycles(const isa::Hardware& hw, const QNet& net);

}  // namespace reshift
