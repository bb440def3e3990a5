// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "program/hardware.hpp"

#include <string>

#include "base/error.hpp"

namespace reshift {

const isa::Hardware& find_hardware(std::string_view name) {
  std::string known;
  for (const isa::Hardware& hw : isa::kConfigurations) {
    if (hw.name == name) return hw;
    known += (known.empty() ? "" : ", ") + std::string(hw.name);
  }
  throw Error("unknown hardware configuration \"{}\"; known are {}", name, known);
}

}  // namespace reshift
