// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "quant/exact.hpp"

namespace reshift {

struct ExactOptions {
  std::string preprocess, output, json;
  ExactFormat format;
};

/// `quantize` of a network that is quantised already: writes it and says what stays, and which
/// tensors may differ from what its format defines.
void quantize_exactly(const Graph& graph, const ExactOptions& options);

}  // namespace reshift
