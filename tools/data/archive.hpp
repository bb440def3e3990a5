// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace reshift {

using Bytes = std::vector<std::uint8_t>;

/// A file's content, decompressed when it is compressed (xz, gzip, bzip2, zstd by content).
/// Throws Error when it cannot be read or is damaged.
Bytes read_decompressed(const std::string& path);

/// The regular files of a tar archive (compressed or not), in its order, as (path, content).
std::vector<std::pair<std::string, Bytes>> read_tar(const std::string& path);

}  // namespace reshift
