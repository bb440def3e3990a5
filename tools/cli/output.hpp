// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>

#include "base/file.hpp"
#include "base/json_fields.hpp"

namespace reshift {

/// Writes a command's JSON result: to the standard output for "-", nowhere for an empty path.
inline void write_json(const std::string& path, const nlohmann::json& result) {
  if (path == "-") {
    fmt::print("{}\n", json_text(result));
  } else if (!path.empty()) {
    write_file(path, json_text(result) + "\n");
  }
}

}  // namespace reshift
