// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace reshift {

/// For tests: a folder of data that is not in the repository but in `shared` beside it. CMake gives
/// its tests the variable, for __FILE__ may be relative to another folder than theirs.
inline std::filesystem::path shared_folder(const std::string& name) {
  const char* source = std::getenv("RESHIFT_SOURCE");
  const std::filesystem::path root =
      source ? source : std::filesystem::path(__FILE__).parent_path() / "../..";
  return root / "../shared" / name;
}

}  // namespace reshift
