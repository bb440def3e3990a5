// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
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

}  // namespace reshift
