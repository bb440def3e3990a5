// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "import/onnx/onnx_testing.hpp"

namespace reshift {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A classifier of 96 inputs after what `flatten` does to the image; `flatten` names its output
/// "f".
std::string flattened(int opset, const std::function<void(OnnxBuilder&)>& flatten) {
  return single(opset, [&](OnnxBuilder& b) {
    flatten(b);
    auto& n = b.node("Gemm", "n", {"f", b.constant("w", {3, 96}, ramp(288))});
    set_attribute(n, "transB", std::int64_t{1});
  });
}

TEST(Import, ConcatenationIsCopiesIntoSlices) {
  for (const std::int64_t axis : {1, -3}) {
    const Graph g = import(single(13, [&](OnnxBuilder& b) {
      b.node("Conv", "c", {"image", b.constant("w", {5, 2, 1, 1}, ramp(10))});
      concat(b, "joined", {"image", "c", "image"}, axis);
      b.node("Relu", "n", {"joined"});
    }));
    ASSERT_EQ(g.nodes.size(), 5u);
    const int joined = g.nodes[1].output;
    const Tensor& out = g.tensor(joined);
    EXPECT_THAT((std::vector{out.channels, out.height, out.width}), ElementsAre(9, 6, 8));
    for (std::size_t i = 1; i < 4; ++i) {
      const Node& n = g.nodes[i];
      EXPECT_EQ(n.kind, NodeKind::kClamp);
      EXPECT_EQ(n.lo, -std::numeric_limits<float>::infinity());
      EXPECT_EQ(n.hi, std::numeric_limits<float>::infinity());
      EXPECT_EQ(n.output, joined);
      EXPECT_THAT(n.name, HasSubstr("joined (input"));
    }
    EXPECT_THAT((std::vector{g.nodes[1].input, g.nodes[2].input, g.nodes[3].input}),
                ElementsAre(0, g.nodes[0].output, 0));
    EXPECT_THAT(
        (std::vector{g.nodes[1].first_channel, g.nodes[2].first_channel, g.nodes[3].first_channel}),
        ElementsAre(0, 2, 7));
  }
}

TEST(Import, ConcatenationOfConcatenations) {
  const Graph g = import(single(13, [](OnnxBuilder& b) {
    concat(b, "inner", {"image", "image"});
    concat(b, "outer", {"inner", "image"});
    b.node("Relu", "n", {"outer"});
  }));
  ASSERT_EQ(g.nodes.size(), 5u);
  EXPECT_EQ(g.tensor(g.outputs.front().tensor).channels, 6);
  EXPECT_EQ(g.nodes[2].input, g.nodes[0].output);
  EXPECT_EQ(g.nodes[3].first_channel, 4);
}

TEST(Import, ConcatenationOfOneIsTheThingItself) {
  const Graph g = import(single(13, [](OnnxBuilder& b) {
    b.node("Relu", "r", {"image"});
    concat(b, "n", {"r"});
  }));
  EXPECT_EQ(g.nodes.size(), 1u);
  EXPECT_EQ(g.outputs.front().tensor, g.nodes[0].output);
}

TEST(Import, ConcatenationThatIsNotSupported) {
  const auto concat_error = [](const std::function<void(OnnxBuilder&)>& add) {
    return error_of(single(13, add));
  };
  EXPECT_THAT(concat_error([](OnnxBuilder& b) {
                b.node("Concat", "n", {"image", "image"});
              }),
              HasSubstr("node 'n' (Concat): its axis"));
  EXPECT_THAT(
      concat_error([](OnnxBuilder& b) {
        set_attribute(b.node("MaxPool", "p", {"image"}), "kernel_shape", {2, 1});
        concat(b, "n", {"image", "p"});
      }),
      HasSubstr("node 'n' (Concat): shapes [1, 2, 6, 8] and [1, 2, 5, 8] do not fit along axis 1"));
}

TEST(ImportExport, FlatteningInEveryForm) {
  const auto reshape = [](OnnxBuilder::Ints shape) {
    return [shape](OnnxBuilder& b) { b.node("Reshape", "f", {"image", b.constant("s", shape)}); };
  };
  /// x.view(x.size(0), last): the batch is taken from the shape; `gather` ends in "batch".
  const auto view = [](const std::function<void(OnnxBuilder&)>& unsqueeze, std::int64_t last) {
    return [=](OnnxBuilder& b) {
      b.node("Shape", "shape", {"image"});
      auto& gather = b.node("Gather", "size", {"shape", scalar_node(b, "index", 0)});
      set_attribute(gather, "axis", std::int64_t{0});
      unsqueeze(b);
      auto& concat = b.node("Concat", "to", {"batch", constant_node(b, "last", {1}, {last}, {})});
      set_attribute(concat, "axis", std::int64_t{0});
      b.node("Reshape", "f", {"image", "to"});
    };
  };
  const auto old_unsqueeze = [](OnnxBuilder& b) {
    set_attribute(b.node("Unsqueeze", "batch", {"size"}), "axes", OnnxBuilder::Ints{0});
  };
  const auto new_unsqueeze = [](OnnxBuilder& b) {
    b.node("Unsqueeze", "batch", {"size", b.constant("axes", {0})});
  };
  const std::vector<std::pair<int, std::function<void(OnnxBuilder&)>>> forms{
      {7, [](OnnxBuilder& b) { b.node("Flatten", "f", {"image"}); }},
      {13,
       [](OnnxBuilder& b) {
         set_attribute(b.node("Flatten", "f", {"image"}), "axis", std::int64_t{1});
       }},
      {9, reshape({0, -1})},
      {9, reshape({-1, 96})},
      {9, reshape({1, -1})},
      {9, reshape({1, 96})},
      {9, view(old_unsqueeze, -1)},
      {9, view(old_unsqueeze, 96)},
      {13, view(new_unsqueeze, -1)},
      {15, [](OnnxBuilder& b) {
         auto& shape = b.node("Shape", "batch", {"image"});
         set_attribute(shape, "start", std::int64_t{0});
         set_attribute(shape, "end", std::int64_t{-3});
         set_attribute(b.node("Constant", "last", {}), "value_ints", OnnxBuilder::Ints{-1});
         set_attribute(b.node("Concat", "to", {"batch", "last"}), "axis", std::int64_t{0});
         b.node("Reshape", "f", {"image", "to"});
       }}};
  for (std::size_t i = 0; i < forms.size(); ++i) {
    const Graph g = import(flattened(forms[i].first, forms[i].second));
    ASSERT_EQ(g.nodes.size(), 1u) << "form " << i;
    EXPECT_EQ(g.nodes[0].kernel_h, 6) << "form " << i;
    EXPECT_EQ(g.nodes[0].weights, ramp(288)) << "form " << i;
  }
}

}  // namespace
}  // namespace reshift
