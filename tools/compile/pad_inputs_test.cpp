// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/pad_inputs.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/integer.hpp"
#include "compile/compile.hpp"
#include "golden/graph_interpreter.hpp"
#include "golden/program_interpreter.hpp"
#include "golden/random_network.hpp"
#include "program/hardware.hpp"

namespace reshift {
namespace {

/// A window on one axis, both of them alike.
struct WindowCase {
  QKind kind;
  int side, kernel, stride, dilation, before, after;
};

/// A 1x1 convolution of an image of one channel, and an operation on its map.
QNet windowed(const WindowCase& w) {
  QNet net;
  net.name = "window";
  const int out = (w.side + w.before + w.after - (w.kernel - 1) * w.dilation - 1) / w.stride + 1;
  net.tensors = {{"image", 1, w.side, w.side, 0.1, 3},
                 {"map", 3, w.side, w.side, 0.1, 7},
                 {"out", 3, out, out, 0.1, 7}};
  QOp first;
  first.name = "first";
  first.input = 0;
  first.output = 1;
  first.term_values = {64, -64, 32};
  first.params = {{-3 * 64, 512, 15}, {3 * 64, 512, 15}, {-3 * 32, 512, 14}};
  first.post.out_zero = 7;
  first.post.lo = -128;
  first.post.hi = 127;
  QOp op = first;
  op.name = "wide";
  op.kind = w.kind;
  op.input = 1;
  op.output = 2;
  op.kernel_h = op.kernel_w = w.kernel;
  op.stride_h = op.stride_w = w.stride;
  op.dilation_h = op.dilation_w = w.dilation;
  op.pad_top = op.pad_left = w.before;
  op.pad_bottom = op.pad_right = w.after;
  op.term_values.clear();
  op.params.clear();
  const int taps = w.kernel * w.kernel;
  if (w.kind == QKind::kConv) {
    for (int i = 0; i < 9 * taps; ++i) {
      op.term_values.push_back(static_cast<std::int16_t>(1 - i % 3));
    }
    op.params.assign(3, {100, 3000, 14});
  } else if (w.kind == QKind::kAvgPool) {
    op.params.assign(3, {-7 * taps, 65535u / static_cast<unsigned>(taps), 16});
  }
  net.ops = {first, op};
  net.outputs = {{"scores", 2}};
  net.validate();
  return net;
}

// Taps and padding further away than a header says; windows over a whole map.
TEST(WideWindows, EqualTheGraph) {
  const std::vector<WindowCase> cases{
      {QKind::kConv, 33, 3, 1, 18, 18, 18},    {QKind::kConv, 21, 3, 2, 17, 17, 20},
      {QKind::kConv, 12, 40, 1, 1, 38, 3},     {QKind::kConv, 9, 1, 1, 1, 20, 37},
      {QKind::kAvgPool, 50, 50, 1, 1, 0, 0},   {QKind::kAvgPool, 40, 40, 1, 1, 20, 19},
      {QKind::kMaxPool, 40, 37, 1, 1, 18, 18}, {QKind::kMaxPool, 23, 35, 2, 1, 17, 17}};
  for (const char* name : {"4x4x2", "4x4x3", "16x16x8", "32x16x7"}) {
    isa::Hardware hw = find_hardware(name);
    hw.fb_depth = std::max(hw.fb_depth, 8192);
    hw.wm_depth = std::max(hw.wm_depth, 8192);
    for (const WindowCase& w : cases) {
      SCOPED_TRACE(
          fmt::format("{}: {} of {}, kernel {}", name, to_string(w.kind), w.side, w.kernel));
      const QNet net = windowed(w);
      const Program program = compile(hw, net, {.store_all = true});
      const auto image = random_image(net, 1);
      const auto expected = run_graph(net, image);
      const auto output =
          ProgramInterpreter(hw, program.image, ProgramInterpreter::Timing::kLate)
              .run(program.input_window(image), program.in_stride, program.out_stride);
      for (const StoredTensor& t : program.stored) {
        ASSERT_EQ(program.stored_codes(t, output), expected[index(t.tensor)]) << t.name;
      }
    }
  }
}

}  // namespace
}  // namespace reshift
