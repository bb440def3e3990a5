// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "zoo/zoo.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>

#include "base/error.hpp"
#include "base/random.hpp"
#include "import/import.hpp"
#include "quant/float_graph.hpp"

namespace reshift {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const onnx::NodeProto& node_of(const onnx::ModelProto& model, const std::string& name) {
  for (const auto& node : model.graph().node()) {
    if (node.name() == name) return node;
  }
  throw Error("no node {}", name);
}

std::vector<std::int64_t> integers(const onnx::NodeProto& node, const std::string& name) {
  for (const auto& a : node.attribute()) {
    if (a.name() == name) return {a.ints().begin(), a.ints().end()};
  }
  throw Error("no attribute {}", name);
}

/// What a network's paper or its well-known implementation says of it.
struct Published {
  const char* name;
  std::int64_t parameters;
  double giga_macs;
};

class Zoo : public ::testing::TestWithParam<Published> {};

TEST_P(Zoo, ParametersAndMultiplicationsAsPublished) {
  const ZooNetwork network = make_network(GetParam().name, 1);
  std::int64_t trainable = 0;
  std::set<std::string> known{"image"};
  for (const auto& t : network.model.graph().initializer()) {
    EXPECT_TRUE(known.insert(t.name()).second) << t.name() << " twice";
    if (!t.name().ends_with(".weight") && !t.name().ends_with(".bias")) continue;
    std::int64_t size = 1;
    for (const auto d : t.dims()) size *= d;
    EXPECT_EQ(t.raw_data().size(), static_cast<std::size_t>(size) * sizeof(float)) << t.name();
    trainable += size;
  }
  EXPECT_EQ(trainable, GetParam().parameters);
  EXPECT_EQ(network.parameters, GetParam().parameters);
  EXPECT_NEAR(static_cast<double>(network.macs) * 1e-9, GetParam().giga_macs,
              0.02 * GetParam().giga_macs);
  for (const auto& node : network.model.graph().node()) {
    for (const auto& input : node.input()) {
      EXPECT_TRUE(known.contains(input)) << node.name() << " reads " << input;
    }
    EXPECT_TRUE(known.insert(node.output(0)).second) << node.output(0) << " twice";
  }
  EXPECT_TRUE(known.contains(network.model.graph().output(0).name()));
}

// Totals of torchvision's models; of AlexNet with two groups those of Caffe's reference model. That
// for 32 x 32 images is not published: the sums of its layers.
INSTANTIATE_TEST_SUITE_P(Networks, Zoo,
                         ::testing::Values(Published{"alexnet", 60'965'224, 0.72},
                                           Published{"alexnet32", 7'507'914, 0.0695},
                                           Published{"mobilenetv2", 3'504'872, 0.30},
                                           Published{"resnet18", 11'689'512, 1.81},
                                           Published{"resnet50", 25'557'032, 4.09},
                                           Published{"squeezenet", 1'248'424, 0.82},
                                           Published{"vgg16", 138'357'544, 15.47}),
                         [](const auto& network) { return std::string(network.param.name); });

// 13 times fewer parameters, each layer as dense as published.
TEST(ZooDensity, AlexNetAsPublished) {
  const auto model = make_network("alexnet", 1, Density::kPublished).model;
  constexpr std::array kPublished{0.84, 0.38, 0.35, 0.37, 0.37, 0.058, 0.058, 0.16};
  std::size_t layer = 0;
  double all = 0, kept = 0;
  for (const auto& tensor : model.graph().initializer()) {
    if (!tensor.name().ends_with(".weight")) continue;
    std::vector<float> weights(tensor.raw_data().size() / sizeof(float));
    std::memcpy(weights.data(), tensor.raw_data().data(), tensor.raw_data().size());
    const auto zeros = static_cast<double>(std::count(weights.begin(), weights.end(), 0.0f));
    const auto count = static_cast<double>(weights.size());
    EXPECT_NEAR(1 - zeros / count, kPublished.at(layer), 0.01 * kPublished.at(layer) + 0.005)
        << tensor.name();
    ++layer;
    all += count;
    kept += count - zeros;
  }
  EXPECT_EQ(layer, kPublished.size());
  EXPECT_NEAR(all / kept, 13, 0.2);
}

TEST(ZooDensity, OtherNetworksHaveNone) {
  EXPECT_THROW(make_network("resnet18", 1, Density::kPublished), Error);
}

/// Spread of the values over the whole tensor, and the share that is not zero.
struct Spread {
  double deviation, active;
};

Spread spread_of(const std::vector<float>& values) {
  double sum = 0, squares = 0, active = 0;
  for (const float v : values) {
    sum += v;
    squares += double{v} * v;
    active += v != 0;
  }
  const auto count = static_cast<double>(values.size());
  return {std::sqrt(squares / count - (sum / count) * (sum / count)), active / count};
}

/// VGG-16 is left out for its memory, SqueezeNet because concatenation is not imported.
class ImportedZoo : public ::testing::TestWithParam<const char*> {};

TEST_P(ImportedZoo, IsImportedAndItsSignalStaysSane) {
  const auto path = std::filesystem::path(::testing::TempDir()) /
                    fmt::format("zoo_{}_{}.onnx", GetParam(), ::getpid());
  std::int64_t expected_macs;
  {
    const ZooNetwork network = make_network(GetParam(), 1);
    expected_macs = network.macs;
    std::ofstream out(path, std::ios::binary);
    ASSERT_TRUE(network.model.SerializeToOstream(&out));
  }
  const Graph graph = import_network(path.string());
  std::filesystem::remove(path);
  EXPECT_EQ(graph.tensor(graph.outputs.front().tensor).size(), 1000u);

  std::vector<std::vector<float>> values(graph.tensors.size());
  PortableRandom random(7);
  values[0].resize(graph.tensor(0).size());
  for (float& v : values[0]) v = static_cast<float>(random.normal());
  Matrix<float> columns;
  std::int64_t macs = 0;
  for (const Node& node : graph.nodes) {
    const Tensor& to = graph.tensor(node.output);
    if (node.kind == NodeKind::kConv) {
      macs += static_cast<std::int64_t>(node.weights.size()) * to.height * to.width;
    }
    auto& out = values[static_cast<std::size_t>(node.output)];
    out.resize(to.size());
    run_node(graph, node,
             operands_of(node, [&](int t) { return values[static_cast<std::size_t>(t)].data(); }),
             out.data(), columns);
    for (float& v : out) v = std::clamp(v, node.lo, node.hi);
    const Spread spread = spread_of(out);
    EXPECT_GT(spread.deviation, 0.1) << node.name;
    EXPECT_LT(spread.deviation, 10) << node.name;
    EXPECT_GT(spread.active, 0.3) << node.name;
  }
  EXPECT_EQ(macs, expected_macs);
}

INSTANTIATE_TEST_SUITE_P(Networks, ImportedZoo,
                         ::testing::Values("alexnet", "mobilenetv2", "resnet18", "resnet50"),
                         [](const auto& network) { return std::string(network.param); });

TEST(ZooTopology, ResNet50IsVersionOneAndAHalf) {
  const auto model = make_network("resnet50", 1).model;
  EXPECT_THAT(integers(node_of(model, "layer2.0.conv1"), "strides"), ElementsAre(1, 1));
  EXPECT_THAT(integers(node_of(model, "layer2.0.conv2"), "strides"), ElementsAre(2, 2));
  EXPECT_THAT(node_of(model, "layer1.0.bn1").input(),
              ElementsAre("layer1.0.conv1", "layer1.0.bn1.weight", "layer1.0.bn1.bias",
                          "layer1.0.bn1.running_mean", "layer1.0.bn1.running_var"));
}

TEST(ZooTopology, SqueezeNetConcatenatesEachFire) {
  const auto model = make_network("squeezenet", 1).model;
  int concatenations = 0;
  for (const auto& node : model.graph().node()) concatenations += node.op_type() == "Concat";
  EXPECT_EQ(concatenations, 8);
  EXPECT_THAT(node_of(model, "features.12.concat").input(),
              ElementsAre("features.12.expand1x1.relu", "features.12.expand3x3.relu"));
}

TEST(ZooTopology, DetectorUpsamplesTwiceAndPredictsAtThreeSizes) {
  const auto model = make_network("yolo", 1).model;
  int upsamplings = 0, sums = 0;
  for (const auto& node : model.graph().node()) {
    upsamplings += node.op_type() == "Resize";
    sums += node.op_type() == "Add";
  }
  EXPECT_EQ(upsamplings, 2);
  EXPECT_EQ(sums, 8);
  EXPECT_EQ(model.graph().output_size(), 3);
}

TEST(ZooTopology, UNetJoinsEachLevelWithItsSkip) {
  const auto model = make_network("unet", 1).model;
  EXPECT_THAT(node_of(model, "up3.concat").input(), ElementsAre("down3.conv2.relu", "up3.up.relu"));
  EXPECT_THAT(node_of(model, "up0.concat").input(), ElementsAre("down0.conv2.relu", "up0.up.relu"));
  EXPECT_EQ(node_of(model, "up0.up").op_type(), "ConvTranspose");
}

// An upsampled map is copied into a concatenation: both are made for the same node of the file.
TEST(ZooImport, TensorsHaveNamesOfTheirOwn) {
  const auto path =
      std::filesystem::path(::testing::TempDir()) / fmt::format("zoo_names_{}.onnx", ::getpid());
  {
    std::ofstream out(path, std::ios::binary);
    ASSERT_TRUE(make_network("yolo", 1).model.SerializeToOstream(&out));
  }
  const Graph graph = import_network(path.string());
  std::filesystem::remove(path);
  std::set<std::string> names;
  for (const Tensor& t : graph.tensors) EXPECT_TRUE(names.insert(t.name).second) << t.name;
  EXPECT_TRUE(names.contains("neck.fine.concat"));
}

TEST(MakeNetwork, SameSeedSameBytes) {
  const auto bytes = [](std::uint32_t seed) {
    return make_network("squeezenet", seed).model.SerializeAsString();
  };
  const std::string first = bytes(3);
  EXPECT_EQ(first, bytes(3));
  EXPECT_NE(first, bytes(4));
}

TEST(MakeNetwork, UnknownNameListsTheKnownOnes) {
  try {
    make_network("resnet51", 1);
    FAIL() << "resnet51 is known";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("resnet51"));
    for (const auto& name : zoo_names()) EXPECT_THAT(e.what(), HasSubstr(name));
  }
}

}  // namespace
}  // namespace reshift
