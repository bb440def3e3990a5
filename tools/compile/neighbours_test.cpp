// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/neighbours.hpp"

#include <gtest/gtest.h>

#include "program/neighbours.hpp"

namespace reshift {
namespace {

constexpr isa::Hardware kHw{.m = 16, .c = 16, .p = 8, .weight_format = 17, .neighbours = 4};

/// A depthwise convolution of 32 channels and one of 1x1 that reads it.
struct Network {
  Network(int kernel, int stride, int pad) {
    op.kind = QKind::kConv;
    op.input = 0;
    op.output = 1;
    op.groups = 32;
    op.kernel_h = op.kernel_w = kernel;
    op.stride_h = op.stride_w = stride;
    op.pad_left = pad;
    op.params.resize(32);
    reader.kind = QKind::kConv;
    reader.input = 1;
    reader.output = 2;
  }

  std::optional<Neighbours> neighbours(isa::Hardware hw = kHw, int most = 4) {
    hw.neighbours = most;
    QNet net;
    net.tensors = {
        {"in", 32, 14, 14}, {"out", 32, 14, 14}, {"end", 32, 14, 14}, {"added", 32, 14, 14}};
    net.ops = {op, reader};
    return neighbours_of(hw, net, op);
  }

  QOp op, reader;
};

using Row = std::vector<Neighbours::Taps>;

TEST(Neighbours, ThreeTapsAreOneMicroOp) {
  const auto made = Network(3, 1, 1).neighbours(kHw, 2);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->row, (Row{{2, 1, 0}}));
  EXPECT_EQ(made->lead, 1);
  EXPECT_EQ(made->gap, 1);
}

TEST(Neighbours, FiveTapsAreOneOrTwo) {
  EXPECT_EQ(Network(5, 1, 2).neighbours()->row, (Row{{4, 3, 2, 1, 0}}));
  EXPECT_EQ(Network(5, 1, 2).neighbours(kHw, 2)->row, (Row{{4, 3, 2}, {1, 0, -1}}));
  EXPECT_EQ(Network(5, 1, 2).neighbours(kHw, 2)->lead, 2);
}

// Every second tap is in the other phase.
TEST(Neighbours, StrideTwo) {
  const auto centred = Network(3, 2, 1).neighbours(kHw, 2);
  EXPECT_EQ(centred->row, (Row{{2, 0, -1}, {1, -1, -1}}));
  EXPECT_EQ(centred->lead, 0);
  EXPECT_EQ(centred->gap, 1);
  const auto behind = Network(3, 2, 0).neighbours(kHw, 2);
  EXPECT_EQ(behind->row, (Row{{2, 0, -1}, {1, -1, -1}}));
  EXPECT_EQ(behind->lead, 1);
  EXPECT_EQ(behind->gap, 0);
}

TEST(Neighbours, NotWhereTheyDoNotFit) {
  Network one(1, 1, 0), grouped(3, 1, 1), thinned(3, 3, 1), far(3, 1, 1), slow(3, 1, 1);
  grouped.op.groups = 16;
  far.op.dilation_w = 16;
  slow.op.dilation_w = 3;
  EXPECT_FALSE(one.neighbours());
  EXPECT_FALSE(grouped.neighbours());
  EXPECT_FALSE(thinned.neighbours());
  EXPECT_FALSE(far.neighbours());
  EXPECT_FALSE(slow.neighbours(kHw, 2)) << "no tap is within reach of another";
  EXPECT_FALSE(Network(3, 1, 1).neighbours(kHw, 0));
}

// What a reader of stride 2 reads begins with the raster.
TEST(Neighbours, PolyphaseOutputsDoNotLead) {
  Network leads(3, 1, 1), begins(3, 1, 2);
  leads.reader.stride_h = leads.reader.stride_w = begins.reader.stride_h = begins.reader.stride_w =
      2;
  EXPECT_FALSE(leads.neighbours());
  ASSERT_TRUE(begins.neighbours());
  EXPECT_EQ(begins.neighbours()->lead, 0);
  Network adds(3, 1, 1);
  adds.op.residual = adds.reader.input = 3;
  adds.reader.stride_h = adds.reader.stride_w = 2;
  EXPECT_FALSE(adds.neighbours());
}

// Own channel, column by column, each in a lane of the same chain.
TEST(Neighbours, LanesOfARow) {
  for (int channel = 0; channel < kHw.c; ++channel) {
    std::vector<int> lanes(5, -1);
    for (int lane = 0; lane < kHw.c; ++lane) {
      const int left = neighbour(kHw, channel, lane);
      if (left == 0) continue;
      EXPECT_EQ(lanes[static_cast<std::size_t>(left)], -1);
      EXPECT_EQ(lane / 8, channel / 8);
      lanes[static_cast<std::size_t>(left)] = lane;
    }
    for (int left = 1; left <= 4; ++left) EXPECT_GE(lanes[static_cast<std::size_t>(left)], 0);
  }
  EXPECT_EQ(neighbour(kHw, 5, 3), 2);
  EXPECT_EQ(neighbour(kHw, 9, 10), 2);
  EXPECT_EQ(neighbour(kHw, 9, 8), 1);
}

}  // namespace
}  // namespace reshift
