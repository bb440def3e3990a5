// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "onnx/import.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

#include "base/container.hpp"
#include "base/error.hpp"
#include "onnx/builder.hpp"

namespace reshift {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Graph import(const std::string& content) {
  const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
  const std::string path =
      (std::filesystem::path(::testing::TempDir()) / (std::string(test->name()) + ".onnx"))
          .string();
  write_file(path, content);
  try {
    Graph graph = import_onnx(path);
    std::filesystem::remove(path);
    return graph;
  } catch (...) {
    std::filesystem::remove(path);
    throw;
  }
}

std::string error_of(const std::string& content) {
  try {
    import(content);
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

std::vector<float> ramp(std::size_t size) {
  std::vector<float> values(size);
  for (std::size_t i = 0; i < size; ++i) values[i] = static_cast<float>(i) - 3;
  return values;
}

/// An image of 2 x 6 x 8 through one node "n", which `add` makes.
std::string single(int opset, const std::function<void(OnnxBuilder&)>& add) {
  OnnxBuilder b("single", 2, 6, 8, opset);
  add(b);
  b.output("n");
  return b.serialized();
}

TEST(Import, ConvolutionWithEveryAttribute) {
  const Graph g = import(single(13, [](OnnxBuilder& b) {
    auto& n =
        b.node("Conv", "n",
               {"image", b.constant("w", {4, 1, 3, 2}, ramp(24)), b.constant("b", {4}, ramp(4))});
    set_attribute(n, "group", std::int64_t{2});
    set_attribute(n, "strides", {2, 3});
    set_attribute(n, "dilations", {1, 2});
    set_attribute(n, "pads", {0, 1, 2, 3});
  }));
  ASSERT_EQ(g.nodes.size(), 1u);
  const Node& n = g.nodes[0];
  EXPECT_EQ(n.groups, 2);
  EXPECT_EQ(n.weights, ramp(24));
  EXPECT_EQ(n.bias, ramp(4));
  EXPECT_THAT((std::vector{n.pad_top, n.pad_left, n.pad_bottom, n.pad_right}),
              ElementsAre(0, 1, 2, 3));
  EXPECT_THAT((std::vector{n.stride_h, n.stride_w, n.dilation_h, n.dilation_w}),
              ElementsAre(2, 3, 1, 2));
  const Tensor& out = g.tensor(g.output);  // (6 + 2 - 3) / 2 + 1 and (8 + 4 - 3) / 3 + 1
  EXPECT_THAT((std::vector{out.channels, out.height, out.width}), ElementsAre(4, 3, 4));
}

TEST(Import, AutomaticPadding) {
  const auto pads = [](const char* mode) {
    const Graph g = import(single(13, [&](OnnxBuilder& b) {
      auto& n = b.node("MaxPool", "n", {"image"});
      set_attribute(n, "kernel_shape", {3, 2});
      set_attribute(n, "strides", {2, 1});
      set_attribute(n, "auto_pad", mode);
    }));
    const Node& n = g.nodes[0];
    return std::vector{n.pad_top, n.pad_left, n.pad_bottom, n.pad_right};
  };
  EXPECT_THAT(pads("SAME_UPPER"), ElementsAre(0, 0, 1, 1));
  EXPECT_THAT(pads("SAME_LOWER"), ElementsAre(1, 1, 0, 0));
  EXPECT_THAT(pads("VALID"), ElementsAre(0, 0, 0, 0));
}

TEST(Import, ClipInBothForms) {
  const Graph old_form = import(single(7, [](OnnxBuilder& b) {
    auto& n = b.node("Clip", "n", {"image"});
    set_attribute(n, "min", 0.0f);
    set_attribute(n, "max", 6.0f);
  }));
  const Graph new_form = import(single(11, [](OnnxBuilder& b) {
    b.node("Clip", "n", {"image", "", b.constant("six", {}, {6.0f})});
  }));
  EXPECT_EQ(old_form.nodes[0].lo, 0);
  EXPECT_EQ(old_form.nodes[0].hi, 6);
  EXPECT_EQ(new_form.nodes[0].lo, -std::numeric_limits<float>::infinity());
  EXPECT_EQ(new_form.nodes[0].hi, 6);
}

TEST(Import, PaddingIsTakenOverByTheNextNode) {
  const Graph g = import(single(13, [](OnnxBuilder& b) {
    b.node("Pad", "pad", {"image", b.constant("pads", {0, 0, 1, 2, 0, 0, 3, 4})});
    auto& n = b.node("Conv", "n", {"pad", b.constant("w", {1, 2, 1, 1}, ramp(2))});
    set_attribute(n, "pads", {1, 1, 1, 1});
  }));
  ASSERT_EQ(g.nodes.size(), 1u);
  const Node& n = g.nodes[0];
  EXPECT_THAT((std::vector{n.pad_top, n.pad_left, n.pad_bottom, n.pad_right}),
              ElementsAre(2, 3, 4, 5));
}

TEST(Import, FullyConnectedInEveryForm) {
  // The same layer as Gemm with and without transposition and as MatMul and Add, behind what leaves
  // no node.
  std::vector<float> weights = ramp(3 * 96), transposed(weights.size());
  for (std::size_t o = 0; o < 3; ++o) {
    for (std::size_t i = 0; i < 96; ++i) transposed[i * 3 + o] = weights[o * 96 + i];
  }
  const Graph transposed_gemm = import(single(13, [&](OnnxBuilder& b) {
    b.node("Flatten", "f", {"image"});
    auto& n = b.node("Gemm", "n",
                     {"f", b.constant("w", {3, 96}, weights), b.constant("b", {3}, ramp(3))});
    set_attribute(n, "transB", std::int64_t{1});
  }));
  const Graph plain_gemm = import(single(13, [&](OnnxBuilder& b) {
    b.node("Dropout", "d", {"image"});
    b.node("Reshape", "f", {"d", b.constant("s", {0, -1})});
    b.node("Gemm", "g",
           {"f", b.constant("w", {96, 3}, transposed), b.constant("b", {1, 3}, ramp(3))});
    b.node("Softmax", "n", {"g"});
  }));
  const Graph matmul = import(single(13, [&](OnnxBuilder& b) {
    b.node("Identity", "d", {"image"});
    b.node("Reshape", "f", {"d", b.constant("s", {1, 96})});
    b.node("MatMul", "g", {"f", b.constant("w", {96, 3}, transposed)});
    b.node("Add", "n", {"g", b.constant("b", {3}, ramp(3))});
  }));
  for (const Graph* g : {&transposed_gemm, &plain_gemm, &matmul}) {
    EXPECT_EQ(g->nodes[0].weights, weights);
    EXPECT_EQ(g->nodes[0].kernel_h, 6);
    EXPECT_EQ(g->nodes[0].kernel_w, 8);
    EXPECT_EQ(g->nodes.back().bias, ramp(3));
    EXPECT_EQ(g->tensor(g->output).size(), 3u);
  }
  EXPECT_EQ(transposed_gemm.nodes.size() + plain_gemm.nodes.size(), 2u);
}

TEST(Import, UnsupportedIsNamedWithItsNode) {
  const auto node_error = [](const char* op,
                             const std::function<void(onnx::NodeProto&, OnnxBuilder&)>& fill) {
    return error_of(single(13, [&](OnnxBuilder& b) { fill(b.node(op, "n", {"image"}), b); }));
  };
  const auto nothing = [](onnx::NodeProto&, OnnxBuilder&) {};
  EXPECT_THAT(node_error("LSTM", nothing),
              HasSubstr("node 'n' (LSTM): operator LSTM is not supported"));
  EXPECT_THAT(node_error("Relu", [](auto& n, auto&) { n.set_domain("com.example"); }),
              HasSubstr("com.example"));
  EXPECT_THAT(node_error("Relu", [](auto& n, auto&) { n.set_input(0, "nowhere"); }),
              HasSubstr("nowhere"));
  EXPECT_THAT(
      node_error("Pad",
                 [](auto& n, auto& b) { n.add_input(b.constant("p", OnnxBuilder::Ints(8, 1))); }),
      HasSubstr("'n' (Pad)"));
  EXPECT_THAT(node_error("Reshape",
                         [](auto& n, auto& b) {
                           n.add_input(b.constant("s", {1, 4, 24}));
                         }),
              HasSubstr("'n' (Reshape)"));
  EXPECT_THAT(node_error("Conv",
                         [](auto& n, auto& b) {
                           n.add_input(b.constant("w", {1, 3, 1, 1}, ramp(3)));
                         }),
              HasSubstr("do not fit 2 input channels"));
  EXPECT_THAT(node_error("Conv",
                         [](auto& n, auto& b) {
                           n.add_input(b.constant("w", {1, 2, 9, 9}, ramp(162)));
                         }),
              HasSubstr("the kernel covers 9"));
  EXPECT_THAT(node_error("AveragePool",
                         [](auto& n, auto&) {
                           set_attribute(n, "kernel_shape", {3, 3});
                           set_attribute(n, "pads", {1, 1, 1, 1});
                         }),
              HasSubstr("count_include_pad"));
}

TEST(Import, SoftmaxOnlyAtTheEnd) {
  EXPECT_THAT(error_of(single(13,
                              [](OnnxBuilder& b) {
                                b.node("Relu", "r", {"image"});
                                b.node("Softmax", "s", {"r"});
                                b.node("Relu", "n", {"s"});
                              })),
              HasSubstr("node 's' (Softmax)"));
}

TEST(Import, DamagedFiles) {
  const std::string good = single(13, [](OnnxBuilder& b) {
    b.node("Conv", "c", {"image", b.constant("w", {4, 2, 3, 3}, ramp(72))});
    b.node("Relu", "n", {"c"});
  });
  EXPECT_EQ(error_of(good), "no error");
  EXPECT_THAT(error_of(""), HasSubstr("not an ONNX file"));
  EXPECT_THAT(error_of("this is a text and no network at all"), HasSubstr("ONNX"));
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_NE(error_of(good.substr(0, size)), "no error") << "the first " << size << " bytes";
  }
}

TEST(Import, DamagedInitializers) {
  OnnxBuilder b("damaged", 2, 6, 8);
  b.node("Conv", "n", {"image", b.constant("w", {4, 2, 3, 3}, ramp(72))});
  b.output("n");
  auto* weights = b.model().mutable_graph()->mutable_initializer(0);
  weights->set_dims(0, 5);
  EXPECT_THAT(error_of(b.serialized()), HasSubstr("initializer w: 288 bytes"));
  weights->set_dims(0, -4);
  EXPECT_THAT(error_of(b.serialized()), HasSubstr("impossible shape"));
  weights->set_dims(0, 4);
  weights->set_data_type(onnx::TensorProto::FLOAT16);
  EXPECT_THAT(error_of(b.serialized()), HasSubstr("FLOAT16"));
  weights->set_data_type(onnx::TensorProto::FLOAT);
  b.model().mutable_opset_import(0)->set_version(18);
  EXPECT_THAT(error_of(b.serialized()), HasSubstr("version 18"));
}

}  // namespace
}  // namespace reshift
