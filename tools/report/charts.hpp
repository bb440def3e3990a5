// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "device/layer_times.hpp"
#include "program/program.hpp"

namespace reshift {

/// What a page is about: a program, and, if it ran on a simulated core, what its layers took.
struct ReportData {
  const Program& program;
  std::vector<LayerTime> layers;  ///< of the program's operations; causes are zero without a run
  bool measured = false;

  /// A layer's cycles: measured, else estimated.
  double cycles(std::size_t layer) const {
    return measured ? layers[layer].cycles() : static_cast<double>(layers[layer].estimate);
  }
};

/// Bytes on the busier of the two directions of the bus.
std::int64_t bus_bytes(const OpReport& op);

/// Each layer's multiplications a cycle against its multiplications a byte, under the two roofs:
/// lanes, and what the bus can bring. Layers without multiplications are not in it.
std::string roofline_chart(const ReportData& data);
/// Cycles by layer: estimate, and measured by cause.
std::string cycles_chart(const ReportData& data);
/// What lies where in the feature buffer, over the cycles of a frame.
std::string buffer_chart(const ReportData& data);
/// What the colours mean.
std::string roofline_legend();
std::string cycles_legend(bool measured);

}  // namespace reshift
