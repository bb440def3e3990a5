// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "data/archive.hpp"
#include "net/graph.hpp"

namespace reshift {

/// Whether a file may be ONNX. The format has no signature: what counts is the first byte.
bool is_onnx(const Bytes& bytes);

/// The network of an ONNX file; see import_network. Errors do not name the file.
Graph read_onnx(Bytes bytes);

}  // namespace reshift
