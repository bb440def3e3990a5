// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/schedule.hpp"

#include <algorithm>

#include "compile/walk.hpp"

namespace reshift {

std::size_t Schedule::loaded_from(int image) const {
  const auto first = std::find_if(steps.begin(), steps.end(), [&](const Step& s) {
    return s.first_image + s.images > image - 1;
  });
  return static_cast<std::size_t>(first - steps.begin());
}

Schedule make_schedule(const QNet& net, int images, std::size_t cut,
                       const std::vector<bool>& fused) {
  Schedule schedule{images, {}};
  std::size_t before = 0;
  const auto add = [&](std::size_t begin, std::size_t end, int first_image, int count) {
    for (std::size_t op = begin; op < end;) {
      Step step{op, 1, first_image, count, before};
      while (step.last_op() + 1 < end && !fused.empty() && fused[step.last_op()]) ++step.ops;
      while (!can_fuse(net, op, step.last_op())) --step.ops;
      op += step.ops;
      before += step.ops;
      schedule.steps.push_back(step);
    }
  };
  for (int image = 0; image < images; ++image) add(0, cut, image, 1);
  add(cut, net.ops.size(), 0, images);
  return schedule;
}

bool uses(const QOp& op, int tensor) {
  return op.input == tensor || op.shortcut == tensor || op.residual == tensor;
}

bool can_spill(const QNet& net, int tensor) {
  const auto writers = std::count_if(net.ops.begin(), net.ops.end(),
                                     [&](const QOp& op) { return op.output == tensor; });
  const bool read_apart = std::any_of(net.ops.begin(), net.ops.end(), [&](const QOp& op) {
    return op.residual == tensor && (op.out_stride > 1 || broadcasts(net, op));
  });
  return !net.is_output(tensor) && (tensor == 0 || writers == 1) && !read_apart;
}

bool can_fuse(const QNet& net, std::size_t first, std::size_t last) {
  for (std::size_t i = first; i < last; ++i) {
    const int made = net.ops[i].output;
    bool read = false;
    for (std::size_t reader = i + 1; reader <= last; ++reader) {
      read |= uses(net.ops[reader], made);
    }
    if (!read || !can_spill(net, made)) return false;
  }
  return first == last || (net.ops[last].out_stride == 1 && net.written(net.ops[last]).height > 1);
}

bool just_made(const QNet& net, const Schedule& schedule, std::size_t step, int tensor) {
  if (step == 0) return false;
  const Step& before = schedule.steps[step - 1];
  for (std::size_t op = before.op; before.has(op); ++op) {
    if (net.ops[op].output == tensor) return true;
  }
  return false;
}

}  // namespace reshift
