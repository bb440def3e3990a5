// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "data/archive.hpp"
#include "import/import.hpp"
#include "net/graph.hpp"

namespace reshift {

/// Whether a file may be ONNX. The format has no signature: what counts is the first byte.
bool is_onnx(const Bytes& bytes);

/// The network of an ONNX file in `folder`; see import_network. What becomes of each node is added
/// to `check`; the graph is of use only when that is accepted. Errors do not name the file.
Graph read_onnx(Bytes bytes, const std::string& folder, const ImportOptions& options,
                NetworkCheck& check);

}  // namespace reshift
