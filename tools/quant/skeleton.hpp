// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/graph.hpp"
#include "net/qnet.hpp"

namespace reshift {

/// A quantised network of the shape of a fused float one, at once and without data: its operations
/// and tensors are those that quantize makes, its numbers are placeholders (one term per weight,
/// 1 where the weight is not 0). For asking what a compiler accepts.
QNet skeleton(const Graph& fused);

}  // namespace reshift
