// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "data/archive.hpp"
#include "net/graph.hpp"

namespace reshift {

/// A TensorFlow Lite network, float or quantised (int8 with scales per channel, uint8 with one
/// scale), of one input and batch 1. Its tensors become channels x height x width; quantised ones are
/// made by nodes kQuantize. A Softmax at the end is left to the host. Throws Error: a damaged or
/// truncated file, every operator that is not read, a node with what it does not support.
Graph read_tflite(Bytes bytes);

}  // namespace reshift
