// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/graph.hpp"

namespace reshift {

/// The same network without averages that leave out their padding: one that counts it, times a map
/// that is 1 inside and kernel / taps where padding is counted. A convolution makes the map of a
/// map of ones: its weights are such that those inside of each window have the right sum. Equal but
/// for the rounding of floats. An average of which there are no such weights stays as it is (2x2
/// with padding on all sides).
Graph count_padding(Graph graph);

}  // namespace reshift
