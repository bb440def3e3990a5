// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "isa/isa.hpp"
#include "net/qnet.hpp"

namespace reshift {

/// Writes the weights of an operation as the hardware's tiles hold them, without changing what it
/// computes: `terms` becomes the number of tiles and term t of a weight what tile t has of it.
/// Hardware with digits has four bits, and those above them in tiles of the upper plane; with
/// multipliers, the whole integer, or parts of it where it has more bits than they; with
/// half-octaves, the terms as they are, or all of the operation twice as large. Returns why that
/// cannot be done, or an empty text.
std::string to_format(const isa::Hardware& hw, QOp& op);

/// All operations. Throws Error with what stands in the way in each of them.
QNet in_format(const isa::Hardware& hw, const QNet& net);

}  // namespace reshift
