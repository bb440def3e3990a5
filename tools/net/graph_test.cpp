// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "net/graph.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/error.hpp"

namespace reshift {
namespace {

using ::testing::HasSubstr;

/// A convolution of 2 channels to 3, as a reader of quantised networks would make it.
Graph quantised() {
  Graph graph;
  graph.tensors = {{"image", 2, 4, 4, Quantization{{0.5f}, {-3}}},
                   {"sums", 3, 4, 4, Quantization{{0.25f}, {0}}}};
  Node node;
  node.name = "conv";
  node.input = 0;
  node.output = 1;
  graph.outputs = {{"scores", 1}};
  node.integer_weights = {{1, -2, 3, -4, 5, -6}, {10, 20, 30}, {{0.1f, 0.2f, 0.3f}, {0, 0, 0}}};
  node.output_rounding = OutputRounding::kHalfToEven;
  graph.nodes.push_back(node);
  return graph;
}

TEST(Graph, IntegerWeightsSayHowManyChannelsAreWritten) {
  const Graph graph = quantised();
  EXPECT_EQ(graph.written_channels(graph.nodes[0]), 3);
  EXPECT_TRUE(graph.writes_all(graph.nodes[0]));
}

TEST(Graph, WhateverIsQuantisedIsNamed) {
  const auto error_without = [](const std::function<void(Graph&)>& remove) {
    Graph graph = quantised();
    remove(graph);
    try {
      require_float(graph);
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string("no error");
  };
  const auto float_tensor = [](Tensor& tensor) { tensor.quantization.reset(); };
  EXPECT_THAT(error_without([](Graph&) {}), HasSubstr("tensor image is quantised already"));
  EXPECT_THAT(error_without([&](Graph& g) { float_tensor(g.tensors[0]); }),
              HasSubstr("tensor sums is quantised already"));
  EXPECT_THAT(error_without([&](Graph& g) {
                for (Tensor& tensor : g.tensors) float_tensor(tensor);
                g.nodes[0].output_rounding = OutputRounding::kNone;
              }),
              HasSubstr("node conv is quantised already"));
  EXPECT_THAT(error_without([&](Graph& g) {
                for (Tensor& tensor : g.tensors) float_tensor(tensor);
                g.nodes[0].integer_weights.reset();
              }),
              HasSubstr("node conv is quantised already"));
  EXPECT_EQ(error_without([&](Graph& g) {
              for (Tensor& tensor : g.tensors) float_tensor(tensor);
              g.nodes[0].integer_weights.reset();
              g.nodes[0].output_rounding = OutputRounding::kNone;
            }),
            "no error");
}

}  // namespace
}  // namespace reshift
