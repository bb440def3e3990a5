// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/graph.hpp"
#include "net/qnet.hpp"

namespace reshift {

/// An operation with kind, tensors and window of a node of a fused network; its numbers are still
/// to come. Throws Error naming the node when it is of a kind that fuse leaves none of.
QOp operation_of(const Node& node);

}  // namespace reshift
