// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace reshift {

/// One HTML page on the result of `reshift explore`, its JSON: frames per second against LUTs as a
/// picture, and the choices as a table.
std::string explore_page(const nlohmann::json& result);

}  // namespace reshift
