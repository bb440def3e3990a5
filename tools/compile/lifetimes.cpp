// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/lifetimes.hpp"

#include <algorithm>
#include <utility>

namespace reshift {

Lifetimes lifetimes_of(const QNet& net, const Schedule& schedule) {
  const auto steps = static_cast<int>(schedule.steps.size());
  const std::size_t copies = schedule.copy(static_cast<int>(net.tensors.size()), 0);
  Lifetimes lives{std::vector<int>(copies, steps), std::vector<int>(copies, 0), {}};
  for (int i = 0; i < steps; ++i) {
    const Step& step = schedule.steps[static_cast<std::size_t>(i)];
    for (int image = step.first_image; image < step.first_image + step.images; ++image) {
      for (std::size_t number = step.op; step.has(number); ++number) {
        const QOp& op = net.ops[number];
        int& opened = lives.first[schedule.copy(op.output, image)];
        opened = std::min(opened, i);  // the first of the operations that write slices of it
        for (const int t : {op.input, op.shortcut, op.residual, op.output}) {
          if (t >= 0) lives.last[schedule.copy(t, image)] = i;
        }
      }
    }
  }
  for (int image = 0; image < schedule.images; ++image) {
    lives.first[schedule.copy(0, image)] = static_cast<int>(schedule.loaded_from(image));
    for (const NetOutput& o : net.outputs) lives.last[schedule.copy(o.tensor, image)] = steps;
  }
  for (const NetOutput& o : net.outputs) {
    const std::size_t copy = schedule.copy(o.tensor, schedule.images - 1);
    const int made = std::exchange(lives.first[copy], 0);
    if (made > 0) lives.outputs_made.emplace_back(copy, made);  // an output may have two names
  }
  lives.last[0] = steps;
  return lives;
}

}  // namespace reshift
