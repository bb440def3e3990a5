// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>

namespace reshift {

/// What content is, for messages, as "a WebP image" or "something of an unknown format".
std::string describe_content(std::span<const std::uint8_t> bytes);

/// What a JSON file is, for messages: the result of which command, or preprocessing.
std::string describe_json(const nlohmann::json& json);

}  // namespace reshift
