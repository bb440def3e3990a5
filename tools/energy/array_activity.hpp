// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace reshift {

/// Numbers of wider lanes: codes and weights of a trace are multiplied by powers of two, so that
/// they use the upper bits. The ones of max pooling stay.
struct TraceScale {
  int act_shift = 0;
  int weight_shift = 0;
};

struct ArrayRun {
  std::int64_t cycles = 0;  ///< recorded
  std::int64_t tiles = 0;
  std::int64_t pixels = 0;  ///< results compared, M accumulators each
};

/// Drives a netlist of rs_array with a trace (`reshift array-trace`), a tile a cycle, compares
/// every accumulator with the integer sum (modulo 2^AccW: scaled sums may pass it), and writes the
/// switching activity to `saif`. `netlist` is Yosys' JSON with the parameters of the array (M, C,
/// P, ActW, WeightFormat, AccW) as a further member `array`; a trace of more pixels than P is used
/// in its first ones. Throws Error when the trace does not fit the array, or at the first wrong
/// sum.
ArrayRun measure_array(const nlohmann::json& netlist, const std::string& trace,
                       const TraceScale& scale, const std::string& saif);

}  // namespace reshift
