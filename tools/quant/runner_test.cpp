// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/runner.hpp"

#include <gmock/gmock.h>

#include "base/error.hpp"

namespace reshift {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// y = 2x of one channel, whose file gives out -y, 1 x 2: the host negates.
Graph doubled() {
  Graph graph;
  graph.tensors = {{"x", 1, 1, 2}, {"y", 1, 1, 2}};
  Node node;
  node.name = "double";
  node.input = 0;
  node.output = 1;
  node.weights = {2};
  node.bias = {0};
  graph.nodes = {node};
  graph.outputs = {{"y", 1}};
  graph.tail.inputs = {{1, 1, 1, 2}};
  HostStep negate;
  negate.kind = HostStep::Kind::kUnary;
  negate.function = "Neg";
  negate.inputs = {0};
  HostStep flatten;
  flatten.ints = {1, 2};
  flatten.inputs = {1};
  graph.tail.steps = {negate, flatten};
  graph.tail.outputs = {{"minus", 2, {1, 2}}};
  return graph;
}

TEST(Runner, GivesTheOutputsOfTheFileAndTensorsByName) {
  const auto runner = make_runner(doubled(), {}, {"y"});
  const auto tensors = runner->tensors();
  ASSERT_EQ(tensors.size(), 2u);
  EXPECT_EQ(tensors[0].name, "minus");
  EXPECT_THAT(tensors[0].shape, ElementsAre(2));
  EXPECT_EQ(tensors[1].name, "y");
  EXPECT_THAT(tensors[1].shape, ElementsAre(1, 1, 2));
  const auto values = runner->run({3, -4});
  EXPECT_THAT(values[0].values, ElementsAre(-6, 8));
  EXPECT_THAT(values[1].values, ElementsAre(6, -8));
  EXPECT_TRUE(values[1].codes.empty());
}

TEST(Runner, WithoutAPartOfTheHostGivesTheMachinesOutputs) {
  Graph graph = doubled();
  graph.tail.steps.clear();
  graph.tail.outputs = {{"y", 0, {1, 1, 1, 2}}};
  const auto runner = make_runner(graph, {}, {});
  ASSERT_EQ(runner->tensors().size(), 1u);
  EXPECT_EQ(runner->tensors()[0].name, "y");
  EXPECT_THAT(runner->run({3, -4})[0].values, ElementsAre(6, -8));
}

TEST(Runner, NamesTheTensorsWhenOneIsUnknown) {
  try {
    make_runner(doubled(), {}, {"z"});
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("no tensor z; there are y"));
  }
}

TEST(Runner, QuantizedNetworksHaveCodesToo) {
  QNet net;
  net.tensors = {{"x", 1, 1, 2, 0.5, 0}, {"y", 1, 1, 2, 0.25, 10}};
  QOp op;
  op.name = "double";
  op.input = 0;
  op.output = 1;
  op.term_values = {4};
  op.params = {{0, 1, 0}};
  op.post.out_zero = 10;
  op.post.lo = -128;
  op.post.hi = 127;
  net.ops = {op};
  net.outputs = {{"y", 1}};
  net.tail = doubled().tail;
  const auto runner = make_runner(net, {"y"});
  const auto values = runner->run({3, -4});
  EXPECT_THAT(values[0].values, ElementsAre(-6, 8));
  EXPECT_THAT(values[1].values, ElementsAre(6, -8));
  EXPECT_THAT(values[1].codes, ElementsAre(34, -22));
  EXPECT_EQ(runner->tensors()[1].zero, 10);
}

}  // namespace
}  // namespace reshift
