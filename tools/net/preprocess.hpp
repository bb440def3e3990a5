// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <nlohmann/json.hpp>
#include <string>

namespace reshift {

/// From pixels to network input: value = (pixel * scale - mean[c]) / std[c].
struct Preprocess {
  std::string channels = "RGB";  ///< "RGB", "BGR" or "GRAY"
  int resize = 0;                ///< shorter side in pixels after resizing, 0: as it is
  int crop = 0;                  ///< side of the centre crop, 0: none
  double scale = 1.0 / 255;
  std::array<double, 3> mean{0, 0, 0};  ///< in the order of `channels`
  std::array<double, 3> std{1, 1, 1};

  int channel_count() const { return channels == "GRAY" ? 1 : 3; }
  bool operator==(const Preprocess&) const = default;
};

nlohmann::json to_json(const Preprocess& preprocess);

/// Strict: an unknown key, a wrong type or an impossible value is an Error that names it; absent
/// keys have the defaults above. `mean` and `std` have one number a channel.
Preprocess preprocess_from_json(const nlohmann::json& json);
Preprocess load_preprocess(const std::string& path);

}  // namespace reshift
