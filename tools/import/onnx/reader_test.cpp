// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "import/onnx/onnx_testing.hpp"

namespace reshift {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

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
  EXPECT_THAT(error_of(b.serialized()), HasSubstr("288 bytes for 72 values"));
  weights->set_data_type(onnx::TensorProto::FLOAT);
  b.model().mutable_opset_import(0)->set_version(25);
  EXPECT_THAT(error_of(b.serialized()), HasSubstr("version 25"));
}

TEST(Import, OnlyWhatIsUsedIsRead) {
  const auto with_weight = [](const char* used, onnx::TensorProto::DataType type) {
    OnnxBuilder b("unused", 2, 6, 8);
    b.constant("good", {1, 2, 1, 1}, {1, 2});
    b.constant("bad", {1, 2, 1, 1}, {1, std::numeric_limits<float>::quiet_NaN()});
    b.model().mutable_graph()->mutable_initializer(1)->set_data_type(type);
    b.node("Conv", "n", {"image", used});
    b.output("n");
    return error_of(b.serialized());
  };
  EXPECT_EQ(with_weight("good", onnx::TensorProto::FLOAT), "no error");
  EXPECT_EQ(with_weight("good", onnx::TensorProto::STRING), "no error");
  EXPECT_THAT(with_weight("bad", onnx::TensorProto::FLOAT),
              HasSubstr("initializer bad: value 1 is nan, not a finite number"));
  EXPECT_THAT(with_weight("bad", onnx::TensorProto::STRING),
              HasSubstr("initializer bad: its values are of type STRING"));
}

TEST(Import, ValuesInAnotherFile) {
  const auto external = [](const std::string& location) {
    OnnxBuilder b("external", 2, 6, 8);
    b.node("Conv", "n", {"image", b.constant("w", {1, 2, 1, 1}, {1, 2})});
    b.output("n");
    auto* w = b.model().mutable_graph()->mutable_initializer(0);
    w->clear_raw_data();
    w->set_data_location(onnx::TensorProto::EXTERNAL);
    const auto add = [w](const char* key, const std::string& value) {
      auto* entry = w->add_external_data();
      entry->set_key(key);
      entry->set_value(value);
    };
    add("location", location);
    add("offset", "4");
    add("length", "8");
    return b.serialized();
  };
  const std::string name = "weights_of_values_in_another_file.bin";
  const std::string path = (std::filesystem::path(::testing::TempDir()) / name).string();
  const std::vector<float> values{9, 3, 4};
  const std::string bytes(reinterpret_cast<const char*>(values.data()), 12);
  write_file(path, bytes);
  EXPECT_THAT(import(external(name)).nodes[0].weights, ElementsAre(3, 4));
  write_file(path, bytes.substr(0, 11));
  EXPECT_THAT(error_of(external(name)), HasSubstr("has 11 bytes, needed are 8 from 4 on"));
  std::filesystem::remove(path);
  EXPECT_THAT(error_of(external(name)), HasSubstr("which is not there"));
  EXPECT_THAT(error_of(external("../" + name)), HasSubstr("not below the model's folder"));
  EXPECT_THAT(error_of(external("/etc/hostname")), HasSubstr("not below the model's folder"));
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

TEST(Import, OpenSizesAreGiven) {
  OnnxBuilder b("open", 2, 6, 8);
  b.node("Relu", "n", {"image"});
  b.output("n");
  auto* type = b.model().mutable_graph()->mutable_input(0)->mutable_type();
  type->mutable_tensor_type()->mutable_shape()->mutable_dim(3)->set_dim_param("width");
  const std::string path = (std::filesystem::path(::testing::TempDir()) / "open.onnx").string();
  write_file(path, b.serialized());
  const auto error = [&](const Dims& shape) {
    try {
      import_network(path, {shape});
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string("no error");
  };
  EXPECT_THAT(error({}), HasSubstr("dimension 3 has no fixed size ('width'); give --input-shape"));
  EXPECT_THAT(error({1, 2, 7, 8}), HasSubstr("[1, 2, 7, 8] does not fit"));
  EXPECT_EQ(import_network(path, {{1, 2, 6, 20}}).tensor(0).width, 20);
  std::filesystem::remove(path);
}

TEST(Import, ChannelsLastBecomeFirst) {
  OnnxBuilder b("last", 6, 8, 3);
  set_attribute(b.node("Transpose", "t", {"image"}), "perm", {0, 3, 1, 2});
  b.node("Conv", "n", {"t", b.constant("w", {1, 3, 1, 1}, ramp(3))});
  b.output("n");
  const Graph g = import(b.serialized());
  EXPECT_TRUE(g.channels_last);
  EXPECT_THAT((std::vector{g.tensor(0).channels, g.tensor(0).height, g.tensor(0).width}),
              ElementsAre(3, 6, 8));
  EXPECT_EQ(g.nodes.size(), 1u);
}

TEST(Import, SaysWhatBecomesOfEveryNode) {
  OnnxBuilder b("check", 2, 6, 8);
  b.node("Conv", "c", {"image", b.constant("w", {4, 2, 1, 1}, ramp(8))});
  b.node("Flatten", "f", {"c"});
  b.node("LRN", "l", {"c"});
  b.node("Softmax", "n", {"f"});
  b.output("n");
  const std::string path = (std::filesystem::path(::testing::TempDir()) / "check.onnx").string();
  write_file(path, b.serialized());
  const NetworkCheck check = check_network(path);
  std::filesystem::remove(path);
  std::vector<NodeCheck::Result> results;
  for (const NodeCheck& n : check.nodes) results.push_back(n.result);
  using R = NodeCheck::Result;
  EXPECT_THAT(results, ElementsAre(R::kAccepted, R::kRewritten, R::kRefused, R::kHost));
  EXPECT_FALSE(check.accepted());
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
