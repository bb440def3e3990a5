// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "program/program.hpp"

namespace reshift {

/// What `reshift compile` says of a program: support of each operation, expected cycles, memory.
nlohmann::json report_json(const Program& program);
/// The same as a text.
std::string report_text(const Program& program);

}  // namespace reshift
