// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "isa/isa.hpp"

namespace reshift {

/// What `reshift vectors` writes.
struct VectorOptions {
  std::uint64_t seed = 1;
  int count = 4;  ///< whole-core cases
};

/// Writes whole-core cases, module vectors and manifest.json into a new folder, or over an older
/// set of vectors (docs/vectors.md has the formats). Always the same bytes for the same options and
/// configuration. Throws Error when the folder holds anything else or cannot be written.
void write_vectors(const isa::Hardware& hw, const VectorOptions& options,
                   const std::string& folder);

}  // namespace reshift
