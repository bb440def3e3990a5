// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "onnx/import.hpp"

#include <archive.h>
#include <archive_entry.h>
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

/// Concatenates along an axis.
void concat(OnnxBuilder& b, const char* name, const std::vector<std::string>& inputs,
            std::int64_t axis = 1) {
  set_attribute(b.node("Concat", name, inputs), "axis", axis);
}

TEST(Import, ConcatenationIsCopiesIntoSlices) {
  for (const std::int64_t axis : {1, -3}) {
    const Graph g = import(single(13, [&](OnnxBuilder& b) {
      b.node("Conv", "c", {"image", b.constant("w", {5, 2, 1, 1}, ramp(10))});
      concat(b, "n", {"image", "c", "image"}, axis);
    }));
    ASSERT_EQ(g.nodes.size(), 4u);
    const Tensor& out = g.tensor(g.output);
    EXPECT_THAT((std::vector{out.channels, out.height, out.width}), ElementsAre(9, 6, 8));
    for (std::size_t i = 1; i < 4; ++i) {
      const Node& n = g.nodes[i];
      EXPECT_EQ(n.kind, NodeKind::kClamp);
      EXPECT_EQ(n.lo, -std::numeric_limits<float>::infinity());
      EXPECT_EQ(n.hi, std::numeric_limits<float>::infinity());
      EXPECT_EQ(n.output, g.output);
      EXPECT_THAT(n.name, HasSubstr("n (input"));
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
    concat(b, "n", {"inner", "image"});
  }));
  ASSERT_EQ(g.nodes.size(), 4u);
  EXPECT_EQ(g.tensor(g.output).channels, 6);
  EXPECT_EQ(g.nodes[2].input, g.nodes[0].output);
  EXPECT_EQ(g.nodes[3].first_channel, 4);
}

TEST(Import, ConcatenationOfOneIsTheThingItself) {
  const Graph g = import(single(13, [](OnnxBuilder& b) {
    b.node("Relu", "r", {"image"});
    concat(b, "n", {"r"});
  }));
  EXPECT_EQ(g.nodes.size(), 1u);
  EXPECT_EQ(g.output, g.nodes[0].output);
}

TEST(Import, ConcatenationThatIsNotSupported) {
  const auto concat_error = [](const std::function<void(OnnxBuilder&)>& add) {
    return error_of(single(13, add));
  };
  for (const std::int64_t axis : {0, 2, 3, -1}) {
    EXPECT_THAT(concat_error([&](OnnxBuilder& b) {
                  concat(b, "n", {"image", "image"}, axis);
                }),
                HasSubstr(fmt::format("node 'n' (Concat): along axis {}", axis)));
  }
  EXPECT_THAT(concat_error([](OnnxBuilder& b) {
                b.node("Concat", "n", {"image", "image"});
              }),
              HasSubstr("node 'n' (Concat): its axis"));
  EXPECT_THAT(concat_error([](OnnxBuilder& b) {
                set_attribute(b.node("MaxPool", "p", {"image"}), "kernel_shape", {2, 1});
                concat(b, "n", {"image", "p"});
              }),
              HasSubstr("node 'n' (Concat): input image has 6x8 pixels, input p has 5x8"));
  EXPECT_THAT(concat_error([](OnnxBuilder& b) {
                concat(b, "n", {"image", b.constant("k", {1, 2, 6, 8}, ramp(96))});
              }),
              HasSubstr("node 'n' (Concat): input k is a constant"));
  EXPECT_THAT(concat_error([](OnnxBuilder& b) {
                b.node("Flatten", "f", {"image"});
                concat(b, "n", {"f", "f"});
              }),
              HasSubstr("node 'n' (Concat): input f is flattened"));
}

TEST(Import, PaddingBeforeAMaximumNeedsSlicesThatAreNeverNegative) {
  const auto padded_maximum = [](const char* other) {
    return single(13, [&](OnnxBuilder& b) {
      b.node("Relu", "r", {"image"});
      concat(b, "c", {"r", other});
      b.node("Pad", "p", {"c", b.constant("pads", {0, 0, 1, 1, 0, 0, 1, 1})});
      set_attribute(b.node("MaxPool", "n", {"p"}), "kernel_shape", {3, 3});
    });
  };
  EXPECT_EQ(error_of(padded_maximum("r")), "no error");
  EXPECT_THAT(error_of(padded_maximum("image")), HasSubstr("only behind a ReLU"));
}

TEST(Import, MeanOverTheMapInEveryForm) {
  const auto mean = [](const OnnxBuilder::Ints& axes, std::int64_t keep) {
    return single(13, [&](OnnxBuilder& b) {
      auto& n = b.node("ReduceMean", keep ? "n" : "m", {"image"});
      set_attribute(n, "axes", axes);
      set_attribute(n, "keepdims", keep);
      // Without the two axes the result is a vector: a matrix takes it as it is.
      if (!keep) b.node("MatMul", "n", {"m", b.constant("w", {2, 3}, ramp(6))});
    });
  };
  for (const OnnxBuilder::Ints& axes : {OnnxBuilder::Ints{2, 3}, {-1, -2}, {3, -2}}) {
    const Graph kept = import(mean(axes, 1)), dropped = import(mean(axes, 0));
    for (const Graph* g : {&kept, &dropped}) {
      EXPECT_EQ(g->nodes[0].kind, NodeKind::kAvgPool);
      EXPECT_EQ(g->nodes[0].kernel_h, 6);
      EXPECT_EQ(g->nodes[0].kernel_w, 8);
    }
    const Tensor& out = kept.tensor(kept.output);
    EXPECT_THAT((std::vector{out.channels, out.height, out.width}), ElementsAre(2, 1, 1));
    EXPECT_EQ(dropped.tensor(dropped.output).channels, 3);
  }
  for (const OnnxBuilder::Ints& axes : {OnnxBuilder::Ints{1}, {2}, {1, 2, 3}, {2, 3, 3}}) {
    EXPECT_THAT(error_of(mean(axes, 1)), HasSubstr("node 'n' (ReduceMean): over axes"));
  }
}

TEST(Import, LocalResponseNormalisationNamesTheWayOut) {
  const std::string error = error_of(single(13, [](OnnxBuilder& b) {
    set_attribute(b.node("LRN", "n", {"image"}), "size", std::int64_t{5});
  }));
  EXPECT_THAT(error, HasSubstr("node 'n' (LRN): local response normalisation is not supported"));
  EXPECT_THAT(error, HasSubstr("train the network without it, or with batch normalisation"));
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

TEST(Import, CompressedFile) {
  const std::string plain = single(13, [](OnnxBuilder& b) { b.node("Relu", "n", {"image"}); });
  std::string packed(plain.size() + 1024, 0);
  std::size_t used = 0;
  archive* a = archive_write_new();
  archive_write_add_filter_xz(a);
  archive_write_set_format_raw(a);
  archive_write_open_memory(a, packed.data(), packed.size(), &used);
  archive_entry* entry = archive_entry_new();
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_write_header(a, entry);
  archive_write_data(a, plain.data(), plain.size());
  archive_entry_free(entry);
  archive_write_free(a);
  packed.resize(used);
  EXPECT_EQ(import(packed).nodes.size(), import(plain).nodes.size());
  EXPECT_THAT(error_of(packed.substr(0, used / 2)), HasSubstr("damaged or truncated"));
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

// --- The forms in which public networks are exported
// ----------------------------------------------

/// A Constant node of a tensor.
std::string constant_node(OnnxBuilder& b, const std::string& name, const OnnxBuilder::Ints& dims,
                          const OnnxBuilder::Ints& integers, const std::vector<float>& floats) {
  auto& n = b.node("Constant", name, {});
  auto* attribute = n.add_attribute();
  attribute->set_name("value");
  attribute->set_type(onnx::AttributeProto::TENSOR);
  auto* tensor = attribute->mutable_t();
  for (const auto d : dims) tensor->add_dims(d);
  tensor->set_data_type(floats.empty() ? onnx::TensorProto::INT64 : onnx::TensorProto::FLOAT);
  for (const auto v : integers) tensor->add_int64_data(v);
  for (const auto v : floats) tensor->add_float_data(v);
  return name;
}

std::string scalar_node(OnnxBuilder& b, const std::string& name, std::int64_t value) {
  return constant_node(b, name, {}, {value}, {});
}

TEST(ImportExport, ClipBoundsFromConstantNodes) {
  const Graph tensors = import(single(11, [](OnnxBuilder& b) {
    constant_node(b, "zero", {}, {}, {0.0f});
    constant_node(b, "six", {}, {}, {6.0f});
    b.node("Clip", "n", {"image", "zero", "six"});
  }));
  const Graph numbers = import(single(13, [](OnnxBuilder& b) {
    set_attribute(b.node("Constant", "zero", {}), "value_float", 0.0f);
    set_attribute(b.node("Constant", "six", {}), "value_float", 6.0f);
    b.node("Clip", "n", {"image", "zero", "six"});
  }));
  for (const Graph* g : {&tensors, &numbers}) {
    ASSERT_EQ(g->nodes.size(), 1u);
    EXPECT_EQ(g->nodes[0].lo, 0);
    EXPECT_EQ(g->nodes[0].hi, 6);
  }
}

TEST(ImportExport, BatchNormalizationOfOldOperatorSets) {
  const auto norm = [](std::int64_t spatial) {
    return single(7, [&](OnnxBuilder& b) {
      auto& n = b.node("BatchNormalization", "n",
                       {"image", b.constant("s", {2}, std::vector<float>{2, 3}),
                        b.constant("b", {2}, std::vector<float>{1, 1}),
                        b.constant("m", {2}, std::vector<float>{0, 1}),
                        b.constant("v", {2}, std::vector<float>{4, 9})});
      set_attribute(n, "epsilon", 0.0f);
      set_attribute(n, "momentum", 0.9f);
      set_attribute(n, "spatial", spatial);
    });
  };
  const Graph g = import(norm(1));
  EXPECT_THAT(g.nodes[0].weights, ElementsAre(1, 1));
  EXPECT_THAT(g.nodes[0].bias, ElementsAre(1, 0));
  EXPECT_THAT(error_of(norm(0)), HasSubstr("spatial = 0"));
}

TEST(ImportExport, DropoutLeavesNoNode) {
  const Graph attribute = import(single(7, [](OnnxBuilder& b) {
    auto& d = b.node("Dropout", "d", {"image"});
    set_attribute(d, "ratio", 0.5f);
    d.add_output("mask");
    b.node("Relu", "n", {"d"});
  }));
  const Graph input = import(single(13, [](OnnxBuilder& b) {
    auto& d = b.node("Dropout", "d", {"image", b.constant("ratio", {}, std::vector<float>{0.5f})});
    d.add_output("mask");
    b.node("Relu", "n", {"d"});
  }));
  for (const Graph* g : {&attribute, &input}) {
    ASSERT_EQ(g->nodes.size(), 1u);
    EXPECT_EQ(g->nodes[0].input, 0);
  }
}

/// A classifier of 96 inputs behind what `flatten` does to the image; `flatten` names its output
/// "f".
std::string flattened(int opset, const std::function<void(OnnxBuilder&)>& flatten) {
  return single(opset, [&](OnnxBuilder& b) {
    flatten(b);
    auto& n = b.node("Gemm", "n", {"f", b.constant("w", {3, 96}, ramp(288))});
    set_attribute(n, "transB", std::int64_t{1});
  });
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

TEST(ImportExport, ComputedShapesThatDoNotFitAreNamed) {
  const auto gather = [](std::int64_t index, std::int64_t axis) {
    return single(9, [=](OnnxBuilder& b) {
      b.node("Shape", "shape", {"image"});
      auto& n = b.node("Gather", "g", {"shape", scalar_node(b, "index", index)});
      set_attribute(n, "axis", axis);
      b.node("Relu", "n", {"image"});
    });
  };
  EXPECT_EQ(error_of(gather(-4, 0)), "no error");
  EXPECT_THAT(error_of(gather(4, 0)), HasSubstr("node 'g' (Gather): index 4 in 4 elements"));
  EXPECT_THAT(error_of(gather(0, 1)), HasSubstr("node 'g' (Gather)"));
  EXPECT_THAT(error_of(single(9,
                              [](OnnxBuilder& b) {
                                b.node("Gather", "g", {"image", scalar_node(b, "index", 0)});
                                b.node("Relu", "n", {"g"});
                              })),
              HasSubstr("operator Gather is not supported"));
  EXPECT_THAT(error_of(single(13,
                              [](OnnxBuilder& b) {
                                b.node("Squeeze", "q", {b.constant("two", {1, 2})});
                                b.node("Relu", "n", {"image"});
                              })),
              HasSubstr("'q' (Squeeze): has more than one element"));
  EXPECT_THAT(error_of(single(13,
                              [](OnnxBuilder& b) {
                                b.node("Concat", "c", {scalar_node(b, "s", 1)});
                                b.node("Relu", "n", {"image"});
                              })),
              HasSubstr("'c' (Concat)"));
}

TEST(ImportExport, AveragePoolAsGlobalAndAsAdaptivePooling) {
  const Graph g = import(single(9, [](OnnxBuilder& b) {
    auto& same = b.node("AveragePool", "same", {"image"});  // adaptive, to 6 x 8
    set_attribute(same, "kernel_shape", {1, 1});
    set_attribute(same, "strides", {1, 1});
    auto& n = b.node("AveragePool", "n", {"same"});  // adaptive, to 1 x 1
    set_attribute(n, "kernel_shape", {6, 8});
    set_attribute(n, "strides", {6, 8});
    set_attribute(n, "pads", {0, 0, 0, 0});
  }));
  ASSERT_EQ(g.nodes.size(), 1u);
  EXPECT_EQ(g.nodes[0].kind, NodeKind::kAvgPool);
  const Tensor& out = g.tensor(g.output);
  EXPECT_THAT((std::vector{out.channels, out.height, out.width}), ElementsAre(2, 1, 1));
  const Graph thinned = import(single(9, [](OnnxBuilder& b) {
    auto& n = b.node("AveragePool", "n", {"image"});  // not the identity
    set_attribute(n, "kernel_shape", {1, 1});
    set_attribute(n, "strides", {2, 2});
  }));
  EXPECT_EQ(thinned.tensor(thinned.output).height, 3);
}

TEST(ImportExport, WeightsAsInputsAndAnyBatch) {
  // As Caffe2 and old versions of PyTorch write it.
  OnnxBuilder b("zoo", 2, 6, 8, 7);
  b.node("Conv", "n", {"image", b.constant("w", {4, 2, 3, 3}, ramp(72))});
  b.output("n");
  *b.model().mutable_graph()->add_input() = b.model().graph().input(0);
  b.model().mutable_graph()->mutable_input(1)->set_name("w");
  auto* batch = b.model()
                    .mutable_graph()
                    ->mutable_input(0)
                    ->mutable_type()
                    ->mutable_tensor_type()
                    ->mutable_shape()
                    ->mutable_dim(0);
  const auto shape = [&] {
    const Graph g = import(b.serialized());
    return std::vector{g.tensor(0).channels, g.tensor(0).height, g.tensor(0).width};
  };
  EXPECT_THAT(shape(), ElementsAre(2, 6, 8));
  for (const char* symbol : {"N", "batch"}) {
    batch->set_dim_param(symbol);
    EXPECT_THAT(shape(), ElementsAre(2, 6, 8));
  }
  batch->clear_value();
  EXPECT_THAT(shape(), ElementsAre(2, 6, 8));
}

TEST(ImportExport, SumOfTwoIsAnAddition) {
  const auto sum = [](const std::vector<std::string>& inputs) {
    return single(7, [&](OnnxBuilder& b) {
      b.node("Relu", "r", {"image"});
      b.node("Sum", "n", inputs);
    });
  };
  const Graph g = import(sum({"image", "r"}));
  EXPECT_EQ(g.nodes.back().kind, NodeKind::kAdd);
  EXPECT_THAT(error_of(sum({"image", "r", "r"})), HasSubstr("'n' (Sum): 3 inputs"));
}

TEST(ImportExport, SharedWeightsServeEveryReader) {
  // PyTorch shares equal initializers, by name or through Identity nodes.
  const Graph g = import(single(13, [](OnnxBuilder& b) {
    b.constant("w", {2, 2, 3, 3}, ramp(36));
    b.node("Identity", "same", {"w"});
    set_attribute(b.node("Conv", "c1", {"image", "w"}), "pads", {1, 1, 1, 1});
    set_attribute(b.node("Conv", "c2", {"c1", "w"}), "pads", {1, 1, 1, 1});
    b.node("Conv", "n", {"c2", "same"});
  }));
  ASSERT_EQ(g.nodes.size(), 3u);
  for (const Node& n : g.nodes) EXPECT_EQ(n.weights, ramp(36)) << n.name;
}

}  // namespace
}  // namespace reshift
