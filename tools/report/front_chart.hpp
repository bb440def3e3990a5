// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace reshift {

/// Something that costs one thing and gives or loses another.
struct FrontPoint {
  std::string name;
  double x = 0, y = 0;
  bool on_front = false, chosen = false;
  std::string tip;  ///< shows beside the name when the mouse is over it
};

/// Points as SVG, their axes with a name each; the points of the front are joined. At least one
/// point.
std::string front_chart(std::vector<FrontPoint> points, const std::string& x_name,
                        const std::string& y_name);

}  // namespace reshift
