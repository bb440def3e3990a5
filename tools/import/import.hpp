// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "import/check.hpp"
#include "net/graph.hpp"

namespace reshift {

struct ImportOptions {
  Dims input_shape = {};  ///< of the image, in the file's order; empty: as the file states it
};

/// Reads a network, whose format its content says, not its name; the file may be compressed, see
/// read_decompressed. ONNX is read: a float network (default operator set, version 7 to 24) of one
/// image, row of pixels, or vector, and any number of outputs. Shapes are inferred; what only moves
/// values leaves no node where the nodes around it can do without; what follows the last operation
/// of the machine becomes Graph::tail. Throws Error naming the file, and all nodes that cannot be
/// read with the reason of each: unknown or unsupported format, unsupported operator, operator set
/// version or attribute, shapes that do not fit, damaged or truncated file.
Graph import_network(const std::string& path, const ImportOptions& options = {});

/// What becomes of each node. Throws Error where the file cannot be read at all.
NetworkCheck check_network(const std::string& path, const ImportOptions& options = {});

}  // namespace reshift
