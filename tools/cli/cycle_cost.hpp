// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "quant/auto_terms.hpp"

namespace reshift {

/// Expected cycles of a frame on a configuration of the core, by the compiler's model. Throws Error
/// when there is no such configuration; the model throws when it cannot run the network.
CostModel cycles_on(const std::string& hardware);

}  // namespace reshift
