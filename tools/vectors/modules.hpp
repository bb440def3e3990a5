// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "isa/isa.hpp"

namespace reshift {

/// Writes a folder of vectors for each arithmetic or datapath module, with the parameters that it
/// has in the core `hw`, and returns their entries of the manifest.
nlohmann::ordered_json write_modules(const isa::Hardware& hw, std::uint64_t seed,
                                     const std::filesystem::path& folder);

}  // namespace reshift
