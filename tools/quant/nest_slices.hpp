// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/graph.hpp"

namespace reshift {

/// The same network where a concatenation whose first inputs are all those of one before it copies
/// that one: [a, b, c] behind [a, b] becomes [[a, b], c]. Exporters of a DenseNet write out all
/// inputs each time; nested, the compiler can keep one tensor of which each reader reads a part.
Graph nest_slices(Graph graph);

}  // namespace reshift
