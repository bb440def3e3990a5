// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "isa/isa.hpp"

namespace reshift {

/// The hardware configuration called `name`; throws Error that lists the known ones.
const isa::Hardware& find_hardware(std::string_view name);

}  // namespace reshift
