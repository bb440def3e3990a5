// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "net/graph.hpp"

namespace reshift {

/// Reads a network, whose format its content says, not its name; the file may be compressed, see
/// read_decompressed. ONNX is read: a float network (default operator set, version 7 to 17) of one
/// image input N x C x H x W and one output. Shapes are inferred; flattening and what does nothing
/// at inference leave no node. Throws Error naming the file, and the node where there is one:
/// unknown or unsupported format, unsupported operator, operator set version or attribute, shapes
/// that do not fit, damaged or truncated file.
Graph import_network(const std::string& path);

}  // namespace reshift
