// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
  EXPECT_THAT(error_of(b.serialized()), HasSubstr("FLOAT16"));
  weights->set_data_type(onnx::TensorProto::FLOAT);
  b.model().mutable_opset_import(0)->set_version(18);
  EXPECT_THAT(error_of(b.serialized()), HasSubstr("version 18"));
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
