// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/schedule.hpp"

#include <algorithm>

namespace reshift {

std::size_t Schedule::loaded_from(int image) const {
  const auto first = std::find_if(steps.begin(), steps.end(), [&](const Step& s) {
    return s.first_image + s.images > image - 1;
  });
  return static_cast<std::size_t>(first - steps.begin());
}

Schedule make_schedule(const QNet& net, int images, std::size_t cut) {
  Schedule schedule{images, {}};
  for (int image = 0; image < images; ++image) {
    for (std::size_t op = 0; op < cut; ++op) schedule.steps.push_back({op, image, 1});
  }
  for (std::size_t op = cut; op < net.ops.size(); ++op) schedule.steps.push_back({op, 0, images});
  return schedule;
}

bool just_made(const QNet& net, const Schedule& schedule, std::size_t step) {
  if (step == 0) return false;
  const QOp& before = net.ops[schedule.steps[step - 1].op];
  return before.output == net.ops[schedule.steps[step].op].input;
}

}  // namespace reshift
