// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "data/archive.hpp"
#include "import/import.hpp"
#include "net/graph.hpp"

namespace reshift {

/// A TensorFlow Lite network, float or quantised (int8 with scales per channel, uint8 with one
/// scale), of one input and batch 1. Its tensors become channels x height x width; quantised ones
/// are made by nodes kQuantize. A Softmax at the end is left to the host. Throws Error: a damaged
/// or truncated file, every operator that is not read, a node with what it does not support.
Graph read_tflite(Bytes bytes, const std::string& folder, const ImportOptions& options,
                  NetworkCheck& check);

}  // namespace reshift
