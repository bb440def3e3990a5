// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/float_graph.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/error.hpp"

namespace reshift {
namespace {

/// Random networks of every kind of node; each node's operands are any tensors made before.
class RandomGraph {
 public:
  explicit RandomGraph(unsigned seed) : random_(seed) {}

  float uniform() { return static_cast<float>(random_() * 0x1p-31 - 1); }
  int pick(int low, int high) {
    return low + static_cast<int>(random_() % static_cast<unsigned>(high - low + 1));
  }

  Graph make() {
    Graph g;
    g.tensors.push_back({"image", 3, 7, 6});
    for (int i = 0; i < 12; ++i) add(g);
    g.output = static_cast<int>(g.tensors.size()) - 1;
    return g;
  }

  std::vector<float> values(std::size_t size) {
    std::vector<float> v(size);
    for (float& x : v) x = uniform();
    return v;
  }

 private:
  void add(Graph& g) {
    Node n;
    // Mostly the newest tensor, sometimes an older one, so that some are shared.
    const int newest = static_cast<int>(g.tensors.size()) - 1;
    n.input = pick(0, 3) ? newest : pick(0, newest);
    const Tensor in = g.tensor(n.input);
    Tensor out = in;
    n.kind = static_cast<NodeKind>(pick(0, 5));
    n.name = "n" + std::to_string(g.nodes.size());
    n.output = newest + 1;
    switch (n.kind) {
      case NodeKind::kConv:
        out.channels = pick(0, 1) ? in.channels : pick(1, 4);
        n.kernel_h = n.kernel_w = 3;
        n.pad_top = n.pad_left = n.pad_bottom = n.pad_right = 1;
        n.weights = values(static_cast<std::size_t>(out.channels * in.channels * 9));
        n.bias = values(static_cast<std::size_t>(out.channels));
        break;
      case NodeKind::kMaxPool:
      case NodeKind::kAvgPool:
        n.kernel_h = n.kernel_w = 3;
        n.pad_top = n.pad_left = n.pad_bottom = n.pad_right = 1;
        break;
      case NodeKind::kScale:
        n.weights = values(static_cast<std::size_t>(in.channels));
        n.bias = values(static_cast<std::size_t>(in.channels));
        break;
      case NodeKind::kAdd:
        do {
          n.residual = pick(0, newest);
        } while (g.tensor(n.residual).channels != in.channels);
        break;
      case NodeKind::kClamp:
        n.lo = pick(0, 1) ? 0.0f : -0.5f;
        if (pick(0, 1)) n.hi = 1;
        break;
    }
    out.name = n.name;
    g.tensors.push_back(out);
    g.nodes.push_back(n);
  }

  std::mt19937 random_;
};

TEST(Fuse, EqualsTheNetworkNodeByNode) {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomGraph random(seed);
    const Graph graph = random.make();
    const Graph fused = fuse(graph);
    for (const Node& n : fused.nodes) {
      EXPECT_TRUE(n.kind == NodeKind::kConv || n.kind == NodeKind::kMaxPool ||
                  n.kind == NodeKind::kAvgPool);
    }
    const auto image = random.values(graph.tensor(0).size());
    const auto expected = run_float(graph, image), got = run_float(fused, image);
    float largest = 1;
    for (const float v : expected) largest = std::max(largest, std::abs(v));
    ASSERT_EQ(got.size(), expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) ASSERT_NEAR(got[i], expected[i], 1e-5 * largest);
  }
}

/// A residual block with a projection comes out as three convolutions, the projection first.
TEST(Fuse, ProjectionComesBeforeTheMainBranch) {
  Graph g;
  const auto add = [&](NodeKind kind, const char* name, int input, int residual = -1) {
    Node n;
    n.name = name;
    n.kind = kind;
    n.input = input;
    n.residual = residual;
    n.output = static_cast<int>(g.tensors.size());
    if (kind == NodeKind::kConv) n.weights = {2};
    if (kind == NodeKind::kConv) n.bias = {1};
    if (kind == NodeKind::kScale) n.weights = n.bias = {3};
    if (kind == NodeKind::kClamp) n.lo = 0;
    g.tensors.push_back({name, 1, 4, 4});
    g.nodes.push_back(n);
    return n.output;
  };
  g.tensors.push_back({"image", 1, 4, 4});
  const int stem = add(NodeKind::kClamp, "stem_relu", add(NodeKind::kConv, "stem", 0));
  const int first = add(NodeKind::kClamp, "relu1",
                        add(NodeKind::kScale, "bn1", add(NodeKind::kConv, "conv1", stem)));
  const int main = add(NodeKind::kScale, "bn2", add(NodeKind::kConv, "conv2", first));
  const int shortcut = add(NodeKind::kConv, "projection", stem);
  g.output = add(NodeKind::kClamp, "relu2", add(NodeKind::kAdd, "add", shortcut, main));

  const Graph fused = fuse(g);
  std::vector<std::string> names;
  for (const Node& n : fused.nodes) names.push_back(n.name);
  EXPECT_THAT(names, ::testing::ElementsAre("stem", "projection", "conv1", "conv2"));
  EXPECT_EQ(fused.nodes[3].residual, fused.nodes[1].output);
  EXPECT_EQ(fused.nodes[3].lo, 0);
  EXPECT_EQ(fused.nodes[2].weights[0], 6);
  EXPECT_EQ(fused.nodes[2].bias[0], 6);
}

TEST(RunFloat, RefusesAnImageOfAnotherSize) {
  RandomGraph random(1);
  const Graph graph = random.make();
  EXPECT_THROW(run_float(graph, std::vector<float>(5)), Error);
}

}  // namespace
}  // namespace reshift
