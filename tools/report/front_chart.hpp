// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace reshift {

/// A quantised form of a network: what it costs and what it loses.
struct FrontPoint {
  std::string name;
  double cycles = 0;  ///< of a frame
  double lost = 0;    ///< points of accuracy
  bool on_front = false, chosen = false;
};

/// Accuracy lost against cycles, as SVG; the points of the front are joined. At least one point.
std::string front_chart(std::vector<FrontPoint> points);

}  // namespace reshift
