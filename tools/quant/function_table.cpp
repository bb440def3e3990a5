// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/function_table.hpp"

#include <algorithm>
#include <cmath>

namespace reshift {

std::vector<std::int16_t> function_table(const std::vector<Function>& functions, const Steps& steps,
                                         const QTensor& out, int act_w) {
  std::vector<std::int16_t> table;
  for (int code = code_min(act_w); code <= code_max(act_w); ++code) {
    auto value = static_cast<float>(steps.scale * (code - steps.zero));
    for (const Function& f : functions) value = f(value);
    const double made = std::round(value / out.scale) + out.zero;
    table.push_back(
        static_cast<std::int16_t>(std::clamp<double>(made, code_min(act_w), code_max(act_w))));
  }
  return table;
}

}  // namespace reshift
