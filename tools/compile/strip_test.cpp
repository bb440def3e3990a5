// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/strip.hpp"

#include <gtest/gtest.h>

#include "program/hardware.hpp"

namespace reshift {
namespace {

QNet one_op(int in_height, int out_height, int kernel, int stride, int pad) {
  QNet net;
  net.tensors = {{"in", 1, in_height, 8, 1, 0}, {"out", 1, out_height, 8, 1, 0}};
  QOp op;
  op.input = 0;
  op.output = 1;
  op.kernel_h = kernel;
  op.stride_h = stride;
  op.pad_top = pad;
  net.ops = {op};
  return net;
}

// Every output row's window lies in its strip's rows, but for padding, and strips follow each
// other.
TEST(Strip, CoversEveryWindow) {
  for (const auto& [in, out, kernel, stride, pad] :
       {std::array{14, 14, 3, 1, 1}, std::array{15, 8, 3, 2, 1}, std::array{9, 9, 1, 1, 0},
        std::array{20, 16, 5, 1, 0}, std::array{12, 12, 7, 1, 3}, std::array{16, 8, 1, 2, 0}}) {
    const QNet net = one_op(in, out, kernel, stride, pad);
    for (int rows = 1; rows <= out; ++rows) {
      int next = 0;
      for (const Strip& s : cut(net, net.ops[0], stride == 2, rows)) {
        EXPECT_EQ(s.out.first, next);
        next += s.out.count;
        EXPECT_TRUE(stride == 1 || s.in.first % 2 == 0);
        EXPECT_GE(s.in.first, 0);
        EXPECT_LE(s.in.first + s.in.count, in);
        for (int y = 0; y < s.out.count; ++y) {
          for (int k = 0; k < kernel; ++k) {
            const int row = (s.out.first + y) * stride + k - pad;
            const int local = y * stride + k - s.pad_top;
            EXPECT_EQ(s.in.first + local, row);
            if (row >= 0 && row < in) {
              EXPECT_GE(local, 0);
              EXPECT_LT(local, s.in.count);
            }
          }
        }
      }
      EXPECT_EQ(next, out);
    }
  }
}

TEST(Strip, HasTheRowsOfTheShortcut) {
  for (const int stride : {1, 2}) {
    QNet net = one_op(9, 9, 3, 1, 1);
    QOp& op = net.ops[0];
    op.shortcut = 2;
    op.shortcut_stride = stride;
    const int height = 9 * stride - stride / 2;  // odd when strided: the last row has no other one
    net.tensors.push_back({"shortcut", 1, height, 8, 1, 0});
    for (int rows = 1; rows <= 9; ++rows) {
      for (const Strip& s : cut(net, op, false, rows)) {
        EXPECT_EQ(s.shortcut.first, s.out.first * stride);
        EXPECT_EQ((s.shortcut.count - 1) / stride + 1, s.out.count);
        EXPECT_LE(s.shortcut.first + s.shortcut.count, height);
      }
    }
  }
}

TEST(Strip, RowUnitBringsRowsToBankZero) {
  const isa::Hardware& hw = find_hardware("16x16x8");  // P = 8
  Layout layout{.channels = 1, .height = 14, .width = 14, .pitch = 14};
  EXPECT_EQ(row_unit(hw, layout), 4);
  layout.polyphase = true;
  EXPECT_EQ(row_unit(hw, layout), 8);
  layout.pitch = 16;
  EXPECT_EQ(row_unit(hw, layout), 2);
}

TEST(Strip, RowsOfALayoutAreItsPixels) {
  const isa::Hardware& hw = find_hardware("4x4x3");
  for (const bool polyphase : {false, true}) {
    const Layout whole{.channels = 9,
                       .height = 11,
                       .width = 7,
                       .pitch = 7,
                       .polyphase = polyphase,
                       .words = 3,
                       .base = 5};
    const Layout part = whole.rows(hw, 4, 5);
    for (int y = 0; y < 5; ++y) {
      for (int x = 0; x < 7; ++x) {
        // Bank and word of a pixel, from the phase's first word.
        const auto place = [&](const Layout& l, int row) {
          const int phase = polyphase ? 2 * (row & 1) + (x & 1) : 0;
          const int pixel =
              l.shift + (polyphase ? row >> 1 : row) * l.pitch + (polyphase ? x >> 1 : x);
          return std::pair(pixel % hw.p,
                           l.base + phase * l.phase_words(hw) + pixel / hw.p * l.words);
        };
        EXPECT_EQ(place(part, y), place(whole, y + 4));
      }
    }
  }
}

}  // namespace
}  // namespace reshift
