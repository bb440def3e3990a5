// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "net/preprocess.hpp"

#include <cmath>
#include <vector>

#include "base/error.hpp"
#include "base/file_kind.hpp"
#include "base/json_fields.hpp"

namespace reshift {

nlohmann::json to_json(const Preprocess& p) {
  const auto count = p.channel_count();
  return {{"channels", p.channels},
          {"resize", p.resize},
          {"crop", p.crop},
          {"scale", p.scale},
          {"mean", std::vector<double>(p.mean.begin(), p.mean.begin() + count)},
          {"std", std::vector<double>(p.std.begin(), p.std.begin() + count)}};
}

Preprocess preprocess_from_json(const nlohmann::json& json) {
  Preprocess p;
  if (!json.is_object()) throw Error("preprocessing: expected a JSON object");
  // The channels first: they say how many numbers `mean` and `std` have.
  if (json.contains("channels")) {
    if (json["channels"].is_string()) p.channels = json["channels"].get<std::string>();
    if (!json["channels"].is_string() ||
        (p.channels != "RGB" && p.channels != "BGR" && p.channels != "GRAY")) {
      throw Error("preprocessing: channels is {}, expected \"RGB\", \"BGR\" or \"GRAY\"",
                  json_text(json["channels"], -1));
    }
  }
  const auto count = static_cast<std::size_t>(p.channel_count());
  const auto numbers = [&](const std::string& key, const nlohmann::json& value,
                           std::array<double, 3>& to) {
    bool good = value.is_array() && value.size() == count;
    for (std::size_t c = 0; good && c < count; ++c) {
      good = value[c].is_number() && std::isfinite(value[c].get<double>()) &&
             (key != "std" || value[c].get<double>() > 0);
      if (good) to[c] = value[c].get<double>();
    }
    if (!good) {
      throw Error("preprocessing: {} is {}, expected {} {}numbers for {}", key,
                  json_text(value, -1), count, key == "std" ? "positive " : "", p.channels);
    }
  };
  const auto pixels = [](const std::string& key, const nlohmann::json& value) {
    constexpr int kMost = 16384;
    if (!value.is_number_integer() || value < 0 || value > kMost) {
      throw Error("preprocessing: {} is {}, expected pixels, 0 to {}", key, json_text(value, -1),
                  kMost);
    }
    return value.get<int>();
  };
  for (const auto& [key, value] : json.items()) {
    if (key == "resize") {
      p.resize = pixels(key, value);
    } else if (key == "crop") {
      p.crop = pixels(key, value);
    } else if (key == "scale") {
      if (!value.is_number() || !(value.get<double>() > 0) || !std::isfinite(value.get<double>())) {
        throw Error("preprocessing: scale is {}, expected a positive number", json_text(value, -1));
      }
      p.scale = value.get<double>();
    } else if (key == "mean") {
      numbers(key, value, p.mean);
    } else if (key == "std") {
      numbers(key, value, p.std);
    } else if (key != "channels") {
      throw Error(
          "preprocessing: unknown key \"{}\"; known are channels, resize, crop, scale, mean, std",
          key);
    }
  }
  return p;
}

Preprocess load_preprocess(const std::string& path) {
  const nlohmann::json json = read_json(path);
  try {
    return preprocess_from_json(json);
  } catch (const Error& e) {
    throw Error("{}: {}; it is {}", path, e.what(), describe_json(json));
  }
}

}  // namespace reshift
