// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/difference.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "base/error.hpp"

namespace reshift {
namespace {

/// Two 1x1 convolutions of one channel and four pixels: y = 2x, z = y.
struct Pair {
  Graph graph;
  QNet net;

  Pair() {
    for (const char* name : {"x", "y", "z"}) {
      graph.tensors.push_back({name, 1, 1, 4});
      net.tensors.push_back({name, 1, 1, 4, 1, 0});
    }
    for (int i = 0; i < 2; ++i) {
      Node node;
      QOp op;
      node.name = op.name = i == 0 ? "double" : "same";
      node.input = op.input = i;
      node.output = op.output = i + 1;
      node.weights = {i == 0 ? 2.0f : 1.0f};
      node.bias = {0};
      op.term_values = {static_cast<std::int16_t>(i == 0 ? 2 : 1)};
      op.params = {{0, 1, 0}};
      op.post.lo = -128;
      op.post.hi = 127;
      graph.nodes.push_back(node);
      net.ops.push_back(op);
    }
    graph.outputs = net.outputs = {{"z", 2}};
  }
};

TEST(Differences, NoneWhereTheNetworksAgree) {
  const Pair pair;
  for (const LayerDifference& d :
       differences(pair.graph, pair.net, {{1, 2, 3, 4}, {-9, 0, 5, 7}})) {
    EXPECT_TRUE(std::isinf(d.ratio)) << d.layer;
    EXPECT_TRUE(std::isinf(d.own_ratio)) << d.layer;
    EXPECT_EQ(d.largest, 0) << d.layer;
  }
}

TEST(Differences, NamesTheLayerInWhichAnErrorArises) {
  Pair pair;
  pair.net.ops[0].params[0].bias = 1;  // y = 2x + 1
  const auto layers = differences(pair.graph, pair.net, {{1, 2, 3, 4}});
  ASSERT_EQ(layers.size(), 2u);
  // Signal 4 + 16 + 36 + 64, noise 4.
  EXPECT_NEAR(layers[0].ratio, 10 * std::log10(30), 1e-9);
  EXPECT_NEAR(layers[0].own_ratio, 10 * std::log10(30), 1e-9);
  EXPECT_EQ(layers[0].largest, 1);
  // The second layer hands it on and adds nothing.
  EXPECT_NEAR(layers[1].ratio, 10 * std::log10(30), 1e-9);
  EXPECT_TRUE(std::isinf(layers[1].own_ratio));
  EXPECT_EQ(layers[1].layer, "same");
  EXPECT_EQ(layers[1].tensor, "z");
}

TEST(Differences, RefusesNetworksThatDoNotBelongTogether) {
  Pair pair;
  pair.net.tensors[1].name = "other";
  EXPECT_THROW(differences(pair.graph, pair.net, {{1, 2, 3, 4}}), Error);
  EXPECT_THROW(differences(Pair().graph, Pair().net, {}), Error);
}

}  // namespace
}  // namespace reshift
