// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "isa/isa.hpp"

namespace reshift {

/// Writes case number `index`: a random small network, compiled, with random images and what the
/// core must store for them. Returns its entry of the manifest. Throws Error when the two reference
/// models disagree.
nlohmann::ordered_json write_core_case(const isa::Hardware& hw, std::uint64_t seed, int index,
                                       const std::filesystem::path& folder);

}  // namespace reshift
