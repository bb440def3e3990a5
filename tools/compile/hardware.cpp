// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/hardware.hpp"

#include <string>

#include "base/error.hpp"

namespace reshift {

const spec::Hardware& find_hardware(std::string_view name) {
  std::string known;
  for (const spec::Hardware& hw : spec::kConfigurations) {
    if (hw.name == name) return hw;
    known += (known.empty() ? "" : ", ") + std::string(hw.name);
  }
  throw Error("unknown hardware configuration \"{}\"; known are {}", name, known);
}

std::int64_t post_cycles(const spec::Hardware& hw) {
  if (hw.post_lanes == hw.m) return hw.p;
  constexpr int kPass = 24 + 24, kPipeline = 32;
  return std::int64_t{hw.p} * (hw.m / hw.post_lanes) * kPass + kPipeline;
}

}  // namespace reshift
