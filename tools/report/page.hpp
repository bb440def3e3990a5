// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "program/program.hpp"

namespace reshift {

/// The style sheet of all pages.
std::string_view page_style();

/// One HTML page, with nothing outside it, on a program: roofline, cycles by layer, feature buffer,
/// plan. `run`: what `reshift run --timeline` measured, or null. Throws Error when that is of
/// another program or has no layers.
std::string report_page(const Program& program, const nlohmann::json& run);

}  // namespace reshift
