// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/step_strips.hpp"

#include <gtest/gtest.h>

#include "base/integer.hpp"
#include "compile/tensor_layouts.hpp"
#include "program/hardware.hpp"

namespace reshift {
namespace {

QOp operation(int input, int output, int kernel, int stride = 1) {
  QOp op;
  op.input = input;
  op.output = output;
  op.kernel_h = op.kernel_w = kernel;
  op.stride_h = op.stride_w = stride;
  op.pad_top = op.pad_left = op.pad_bottom = op.pad_right = kernel / 2;
  return op;
}

/// A block of MobileNetV2: wider, 3x3 of a stride, narrower; and, with `sum`, its input added.
QNet block(int side, int stride, bool sum) {
  QNet net;
  const int out = (side - 1) / stride + 1;
  net.tensors = {{"in", 16, side, side, 1, 0},
                 {"wide", 32, side, side, 1, 0},
                 {"depthwise", 32, out, out, 1, 0},
                 {"narrow", 16, out, out, 1, 0},
                 {"scores", 16, out, out, 1, 0}};
  net.ops = {operation(0, 1, 1), operation(1, 2, 3, stride), operation(2, 3, 1),
             operation(3, 4, 1)};
  if (sum) net.ops[2].residual = 0;
  net.outputs = {{"scores", 4}};
  return net;
}

constexpr Step kChain{.op = 0, .ops = 3, .first_image = 0, .images = 1, .before = 0};

bool has(const Rows& all, const Rows& rows) {
  return rows.count == 0 ||
         (all.first <= rows.first && rows.first + rows.count <= all.first + all.count);
}

// Each strip finds the rows that it reads in those of its turn; the last operation makes every row
// once, and a tensor that stays in the buffer is made once as well.
TEST(StepStrips, HaveTheRowsThatLaterOperationsRead) {
  const isa::Hardware& hw = find_hardware("4x4x3");
  for (const int side : {7, 14, 15}) {
    for (const int stride : {1, 2}) {
      for (const bool sum : {false, stride == 1}) {
        const QNet net = block(side, stride, sum);
        const auto layouts = tensor_layouts(hw, net);
        const int unit = last_row_unit(hw, net, layouts, kChain);
        const int height = net.tensors[3].height;
        for (int rows = unit; rows < height; rows += unit) {
          const StepStrips cut =
              cut_step(hw, net, layouts, {true, true, true, true, false}, kChain, rows);
          ASSERT_EQ(cut.tensors.size(), 4u);
          for (std::size_t s = 0; s < cut.strips[2].size(); ++s) {
            EXPECT_TRUE(has(cut.tensors[0].rows[s], cut.strips[0][s].in));
            EXPECT_TRUE(!sum || has(cut.tensors[0].rows[s], cut.strips[2][s].out));
            EXPECT_TRUE(has(cut.strips[0][s].out, cut.strips[1][s].in));
            EXPECT_TRUE(has(cut.strips[1][s].out, cut.strips[2][s].in));
            EXPECT_EQ(cut.strips[2][s].out.first, static_cast<int>(s) * rows);
          }
          for (const StripTensor& t : cut.tensors) {
            EXPECT_EQ(t.made, t.tensor > 0);
            EXPECT_EQ(t.stored, t.tensor == 3);
          }
        }
      }
    }
  }
}

TEST(StepStrips, MakeRowsOfAResidentTensorOnce) {
  const isa::Hardware& hw = find_hardware("4x4x3");
  for (const int stride : {1, 2}) {
    const QNet net = block(15, stride, false);
    const auto layouts = tensor_layouts(hw, net);
    const int unit = last_row_unit(hw, net, layouts, kChain);
    const StepStrips cut =
        cut_step(hw, net, layouts, {false, false, true, true, false}, kChain, unit);
    int next = 0;
    for (std::size_t s = 0; s < cut.strips[0].size(); ++s) {
      const Rows& made = cut.strips[0][s].out;
      if (made.count > 0) {
        EXPECT_EQ(made.first, next);
        next += made.count;
      }
      EXPECT_TRUE(has({0, next}, cut.strips[1][s].in));
    }
    EXPECT_EQ(next, 15);
  }
}

// What other steps read goes to memory whole, each strip from a whole pixel group on.
TEST(StepStrips, StoreAllRowsThatOtherStepsRead) {
  const isa::Hardware& hw = find_hardware("4x4x3");
  QNet net = block(14, 1, false);
  net.ops[3].residual = 1;
  const auto layouts = tensor_layouts(hw, net);
  const StepStrips cut = cut_step(hw, net, layouts, {true, true, true, true, false}, kChain,
                                  last_row_unit(hw, net, layouts, kChain));
  int next = 0;
  for (const Strip& strip : cut.strips[0]) {
    EXPECT_LE(strip.out.first, next);
    EXPECT_EQ(strip.out.first % row_unit(hw, layouts[1]), 0);
    next = strip.out.first + strip.out.count;
  }
  EXPECT_EQ(next, 14);
  EXPECT_TRUE(cut.tensors[1].stored);
}

TEST(StepStrips, OperationsTakeTurnsWhereEachIsReadByALaterOne) {
  QNet net = block(14, 1, true);
  EXPECT_TRUE(can_fuse(net, 0, 3));
  net.ops[3].input = 2;  // nothing reads what the third makes
  EXPECT_FALSE(can_fuse(net, 2, 3));
  EXPECT_TRUE(can_fuse(net, 1, 2));
  net.outputs.push_back({"wide", 1});
  EXPECT_FALSE(can_fuse(net, 0, 1));
}

}  // namespace
}  // namespace reshift
