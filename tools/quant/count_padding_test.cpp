// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/count_padding.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>

#include "base/error.hpp"
#include "quant/float_graph.hpp"
#include "quant/skeleton.hpp"

namespace reshift {
namespace {

/// An average without its padding of a map of two channels, `side` x `side`.
Graph average(int side, int kernel, int stride, int pad) {
  Graph g;
  const int out = (side + 2 * pad - kernel) / stride + 1;
  g.tensors = {{"image", 2, side, side}, {"mean", 2, out, out}};
  Node n;
  n.name = "mean";
  n.kind = NodeKind::kAvgPool;
  n.input = 0;
  n.output = 1;
  n.kernel_h = n.kernel_w = kernel;
  n.stride_h = n.stride_w = stride;
  n.pad_top = n.pad_left = n.pad_bottom = n.pad_right = pad;
  n.exclude_padding = true;
  g.nodes = {n};
  g.outputs = {{"mean", 1}};
  return g;
}

struct Shape {
  int side, kernel, stride, pad;
};

TEST(CountPadding, GivesTheSameValues) {
  for (const Shape s :
       {Shape{7, 3, 1, 1}, Shape{9, 5, 1, 2}, Shape{11, 5, 2, 2}, Shape{10, 4, 3, 3}}) {
    const Graph g = average(s.side, s.kernel, s.stride, s.pad);
    const Graph counted = count_padding(g);
    EXPECT_EQ(counted.nodes.size(), 4u);
    EXPECT_TRUE(std::none_of(counted.nodes.begin(), counted.nodes.end(),
                             [](const Node& n) { return n.exclude_padding; }));
    std::mt19937 random(1);
    std::vector<float> image(g.tensor(0).size());
    for (float& v : image) v = static_cast<float>(random() % 1000) / 1000;
    const auto expected = run_machine(g, image)[0], got = run_machine(fuse(g), image)[0];
    ASSERT_EQ(got.size(), expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) ASSERT_NEAR(got[i], expected[i], 1e-4) << i;
  }
}

TEST(CountPadding, LeavesAverageWithoutPaddingInsideAsItIs) {
  const Graph counted = count_padding(average(6, 2, 2, 0));
  ASSERT_EQ(counted.nodes.size(), 1u);
  EXPECT_FALSE(counted.nodes[0].exclude_padding);
}

TEST(CountPadding, KeepsWhatHasNoWeights) {
  const Graph fused = fuse(average(8, 2, 2, 1));
  ASSERT_EQ(fused.nodes.size(), 1u);
  EXPECT_TRUE(fused.nodes[0].exclude_padding);
  try {
    skeleton(fused);
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), ::testing::HasSubstr("operation mean: an average that leaves out"));
  }
}

}  // namespace
}  // namespace reshift
