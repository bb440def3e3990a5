// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "net/graph.hpp"

namespace reshift {

/// The float network `graph`, as it was imported, quantised with `images` (inputs of it), compiled
/// for the configuration `hw` and run on the same images: by the graph interpreter, the program
/// interpreter, and, when `core` is set, the simulated core. Every operation's output is compared.
struct QuantisedRun {
  nlohmann::json answer;  ///< {"mismatches": CODES, "first": TEXT}; or "stage", "error": refused
  std::vector<std::vector<float>> outputs;  ///< dequantised, those of an image after another
};
QuantisedRun run_quantised(const Graph& graph, const std::vector<std::vector<float>>& images,
                           const std::string& hw, bool core);

}  // namespace reshift
