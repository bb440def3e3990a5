// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/float_graph.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <limits>
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
    for (int i = 0; i < 12; ++i) {
      const int kind = pick(0, 7);
      kind < 2 ? concatenate(g) : kind < 3 ? add_block(g) : add(g);
    }
    g.outputs = {{"scores", static_cast<int>(g.tensors.size()) - 1}};
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
    n.kind =
        std::array{NodeKind::kConv,  NodeKind::kMaxPool, NodeKind::kAvgPool,
                   NodeKind::kScale, NodeKind::kAdd,     NodeKind::kClamp}[static_cast<std::size_t>(
            pick(0, 5))];
    n.name = "n" + std::to_string(g.nodes.size());
    n.output = newest + 1;
    switch (n.kind) {
      case NodeKind::kConv:
        out.channels = pick(0, 1) ? in.channels : pick(1, 4);
        set_convolution(n, in, out.channels, 3);
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
      default:
        break;
    }
    out.name = n.name;
    g.tensors.push_back(out);
    g.nodes.push_back(n);
  }

  void set_convolution(Node& n, const Tensor& in, int channels, int kernel) {
    n.kernel_h = n.kernel_w = kernel;
    n.pad_top = n.pad_left = n.pad_bottom = n.pad_right = kernel / 2;
    n.weights = values(static_cast<std::size_t>(channels * in.channels * kernel * kernel));
    n.bias = values(static_cast<std::size_t>(channels));
  }

  /// The sum of two convolutions of any tensors.
  void add_block(Graph& g) {
    const int newest = static_cast<int>(g.tensors.size()) - 1;
    const int channels = pick(1, 4);
    for (int i = 0; i < 3; ++i) {
      Node n;
      n.name = "n" + std::to_string(g.nodes.size());
      n.output = newest + 1 + i;
      if (i < 2) {
        n.input = pick(0, newest);
        set_convolution(n, g.tensor(n.input), channels, pick(0, 1) ? 3 : 1);
      } else {
        n.kind = NodeKind::kAdd;
        n.input = newest + 1;
        n.residual = newest + 2;
      }
      g.tensors.push_back({n.name, channels, g.tensor(0).height, g.tensor(0).width});
      g.nodes.push_back(n);
    }
  }

  /// Two or three tensors, perhaps the same, next to each other.
  void concatenate(Graph& g) {
    const int newest = static_cast<int>(g.tensors.size()) - 1;
    Tensor out = g.tensor(0);
    out.name = "c" + std::to_string(g.nodes.size());
    out.channels = 0;
    const int count = pick(2, 3);
    for (int i = 0; i < count; ++i) {
      Node n;
      n.name = out.name + "_" + std::to_string(i);
      n.kind = NodeKind::kClamp;
      n.input = pick(0, 1) ? newest : pick(0, newest);
      n.output = newest + 1;
      n.first_channel = out.channels;
      out.channels += g.tensor(n.input).channels;
      g.nodes.push_back(n);
    }
    g.tensors.push_back(out);
  }

  std::mt19937 random_;
};

TEST(Fuse, EqualsTheNetworkNodeByNode) {
  int shortcuts = 0;
  for (unsigned seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomGraph random(seed);
    const Graph graph = random.make();
    const Graph fused = fuse(graph);
    for (const Node& n : fused.nodes) {
      EXPECT_TRUE(n.kind == NodeKind::kConv || n.kind == NodeKind::kMaxPool ||
                  n.kind == NodeKind::kAvgPool);
      shortcuts += n.shortcut >= 0;
    }
    const auto image = random.values(graph.tensor(0).size());
    const auto expected = run_float(graph, image).front(), got = run_float(fused, image).front();
    float largest = 1;
    for (const float v : expected) largest = std::max(largest, std::abs(v));
    ASSERT_EQ(got.size(), expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) ASSERT_NEAR(got[i], expected[i], 1e-5 * largest);
  }
  EXPECT_GT(shortcuts, 20);
}

/// A residual block of one channel, with a projection of the stem's `channels`, which a last node
/// may read besides.
Graph projected_block(int channels, bool read_twice = false) {
  Graph g;
  const auto add = [&](NodeKind kind, const char* name, int input, int residual = -1,
                       int outputs = 1) {
    Node n;
    n.name = name;
    n.kind = kind;
    n.input = input;
    n.residual = residual;
    n.output = static_cast<int>(g.tensors.size());
    const auto count = static_cast<std::size_t>(outputs);
    if (kind == NodeKind::kConv) {
      n.weights.assign(count * static_cast<std::size_t>(g.tensor(input).channels), 2);
      n.bias.assign(count, 1);
    }
    if (kind == NodeKind::kScale) n.weights = n.bias = {3};
    if (kind == NodeKind::kClamp) n.lo = 0;
    g.tensors.push_back({name, outputs, 4, 4});
    g.nodes.push_back(n);
    return n.output;
  };
  g.tensors.push_back({"image", 1, 4, 4});
  const int stem = add(NodeKind::kClamp, "stem_relu", add(NodeKind::kConv, "stem", 0, -1, channels),
                       -1, channels);
  const int first = add(NodeKind::kClamp, "relu1",
                        add(NodeKind::kScale, "bn1", add(NodeKind::kConv, "conv1", stem)));
  const int main = add(NodeKind::kScale, "bn2", add(NodeKind::kConv, "conv2", first));
  const int shortcut = add(NodeKind::kConv, "projection", stem);
  g.outputs = {
      {"scores", add(NodeKind::kClamp, "relu2", add(NodeKind::kAdd, "add", shortcut, main))}};
  if (read_twice)
    g.outputs = {{"scores", add(NodeKind::kAdd, "again", g.outputs.front().tensor, shortcut)}};
  return g;
}

std::vector<std::string> names_of(const Graph& graph) {
  std::vector<std::string> names;
  for (const Node& n : graph.nodes) names.push_back(n.name);
  return names;
}

TEST(Fuse, ProjectionJoinsTheConvolutionItIsAddedTo) {
  const Graph fused = fuse(projected_block(1));
  EXPECT_THAT(names_of(fused), ::testing::ElementsAre("stem", "conv1", "conv2 + projection"));
  const Node& sum = fused.nodes[2];
  EXPECT_EQ(sum.shortcut, fused.nodes[0].output);
  EXPECT_EQ(sum.residual, -1);
  EXPECT_EQ(sum.lo, 0);
  EXPECT_THAT(sum.weights, ::testing::ElementsAre(6, 2));
  EXPECT_THAT(sum.bias, ::testing::ElementsAre(6 + 1));
}

TEST(Fuse, ProjectionsOfManyChannelsOrReadersAndSelectionsStayApart) {
  const auto apart = ::testing::Contains("projection");
  EXPECT_THAT(names_of(fuse(projected_block(kMostMerged))), ::testing::Not(apart));
  EXPECT_THAT(names_of(fuse(projected_block(kMostMerged + 1))), apart);
  EXPECT_THAT(names_of(fuse(projected_block(1, true))), apart);
  Graph selection = projected_block(2);
  const auto node = std::find_if(selection.nodes.begin(), selection.nodes.end(),
                                 [](const Node& n) { return n.name == "projection"; });
  node->weights = {0, 1};
  EXPECT_THAT(names_of(fuse(selection)), ::testing::Not(apart));  // it has a bias
  node->bias = {0};
  EXPECT_THAT(names_of(fuse(selection)), apart);
}

/// A residual block with a projection comes out as three convolutions, the projection first.
TEST(Fuse, ProjectionComesBeforeTheMainBranch) {
  const Graph fused = fuse(projected_block(1), false);
  EXPECT_THAT(names_of(fused), ::testing::ElementsAre("stem", "projection", "conv1", "conv2"));
  EXPECT_EQ(fused.nodes[3].residual, fused.nodes[1].output);
  EXPECT_EQ(fused.nodes[3].lo, 0);
  EXPECT_EQ(fused.nodes[2].weights[0], 6);
  EXPECT_EQ(fused.nodes[2].bias[0], 6);
}

/// Two convolutions with bounds, an average and a maximum of one channel each, side by side twice:
/// where the first three are read only there they write their slices themselves.
TEST(Fuse, ConcatenationTakesNoOperation) {
  Graph g;
  g.tensors.push_back({"image", 1, 4, 4});
  const auto add = [&](NodeKind kind, const char* name, int input) {
    Node n;
    n.name = name;
    n.kind = kind;
    n.input = input;
    n.output = static_cast<int>(g.tensors.size());
    if (kind == NodeKind::kConv) n.weights = n.bias = {2};
    if (kind == NodeKind::kClamp) n.lo = 0;
    g.tensors.push_back({name, 1, 4, 4});
    g.nodes.push_back(n);
    return n.output;
  };
  const auto concatenate = [&](const char* name, const std::vector<int>& inputs) {
    const int output = static_cast<int>(g.tensors.size());
    Tensor whole{name, 0, 4, 4};
    for (const int input : inputs) {
      Node n;
      n.name = name;
      n.kind = NodeKind::kClamp;
      n.input = input;
      n.output = output;
      n.first_channel = whole.channels;
      whole.channels += g.tensor(input).channels;
      g.nodes.push_back(n);
    }
    g.tensors.push_back(whole);
    return output;
  };
  const int a = add(NodeKind::kClamp, "relu", add(NodeKind::kConv, "a", 0));
  const int b = add(NodeKind::kAvgPool, "b", 0);
  const int m = add(NodeKind::kMaxPool, "m", 0);
  const int twice = add(NodeKind::kConv, "twice", 0);
  const int inner = concatenate("inner", {a, b, m, twice, twice});
  g.outputs = {{"scores", concatenate("outer", {inner, add(NodeKind::kConv, "c", 0)})}};

  const Graph fused = fuse(g);
  std::vector<std::string> names;
  std::vector<int> first, written, output;
  for (const Node& n : fused.nodes) {
    names.push_back(n.name);
    first.push_back(n.first_channel);
    written.push_back(fused.written_channels(n));
    output.push_back(fused.tensor(n.output).channels);
  }
  using ::testing::ElementsAre;
  EXPECT_THAT(names, ElementsAre("a", "b", "m", "inner", "twice", "inner", "inner", "outer", "c"));
  EXPECT_THAT(first, ElementsAre(0, 1, 0, 2, 0, 3, 4, 0, 5));
  EXPECT_THAT(written, ElementsAre(1, 1, 1, 1, 1, 1, 1, 5, 1));
  EXPECT_THAT(output, ElementsAre(5, 5, 1, 5, 1, 5, 5, 6, 6));
  EXPECT_EQ(fused.nodes[0].lo, 0);
}

TEST(RunFloat, MaximumOfPaddingAloneIsTheLowestNumber) {
  Graph g;
  g.tensors = {{"image", 1, 1, 1}, {"m", 1, 3, 3}};
  Node n;
  n.name = "m";
  n.kind = NodeKind::kMaxPool;
  n.input = 0;
  n.output = 1;
  n.pad_top = n.pad_left = n.pad_bottom = n.pad_right = 1;
  g.nodes = {n};
  g.outputs = {{"m", 1}};
  const auto values = run_float(g, std::vector<float>{2}).front();
  EXPECT_EQ(values[4], 2);
  EXPECT_EQ(values[0], std::numeric_limits<float>::lowest());
}

/// A sum of a concatenation and a tensor must not be folded into the operation of one slice.
TEST(Fuse, SumOfAConcatenationStaysWhole) {
  Graph g;
  g.tensors = {
      {"image", 2, 3, 3}, {"a", 1, 3, 3}, {"b", 1, 3, 3}, {"both", 2, 3, 3}, {"sum", 2, 3, 3}};
  const auto add = [&](NodeKind kind, int input, int output, int first_channel) {
    Node n;
    n.kind = kind;
    n.input = input;
    n.output = output;
    n.first_channel = first_channel;
    if (kind == NodeKind::kConv) {
      n.weights = {1, static_cast<float>(output)};
      n.bias = {1};
    }
    g.nodes.push_back(n);
  };
  add(NodeKind::kConv, 0, 1, 0);
  add(NodeKind::kConv, 0, 2, 0);
  add(NodeKind::kClamp, 1, 3, 0);
  add(NodeKind::kClamp, 2, 3, 1);
  add(NodeKind::kAdd, 3, 4, 0);
  g.nodes.back().residual = 0;
  g.outputs = {{"scores", 4}};
  const Graph fused = fuse(g);
  ASSERT_EQ(fused.nodes.size(), 3u);
  EXPECT_EQ(fused.nodes[0].residual, -1);
  EXPECT_EQ(fused.nodes[1].residual, -1);
  EXPECT_EQ(fused.nodes[2].residual, 0);
  // Pixel 0: image 3 and 5; a = 3 + 5 + 1, b = 3 + 2 * 5 + 1, plus the image.
  std::vector<float> image(18, 0);
  image[0] = 3;
  image[9] = 5;
  const auto out = run_float(fused, image).front();
  EXPECT_EQ(out[0], 9 + 3);
  EXPECT_EQ(out[9], 14 + 5);
}

TEST(RunFloat, RefusesAnImageOfAnotherSize) {
  RandomGraph random(1);
  const Graph graph = random.make();
  EXPECT_THROW(run_float(graph, std::vector<float>(5)), Error);
}

}  // namespace
}  // namespace reshift
