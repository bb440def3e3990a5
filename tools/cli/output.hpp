// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>

#include "base/container.hpp"

namespace reshift {

/// Writes a command's JSON result: to the standard output for "-", nowhere for an empty path.
inline void write_json(const std::string& path, const nlohmann::json& result) {
  if (path == "-") {
    fmt::print("{}\n", result.dump(2));
  } else if (!path.empty()) {
    write_file(path, result.dump(2) + "\n");
  }
}

}  // namespace reshift
