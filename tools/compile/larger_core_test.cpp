// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

// A wider bus, a deeper feature buffer or weight memory never makes a network slower.

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <optional>

#include "base/error.hpp"
#include "base/random.hpp"
#include "compile/compile.hpp"
#include "golden/random_network.hpp"
#include "import/import.hpp"
#include "program/hardware.hpp"
#include "quant/float_graph.hpp"
#include "quant/quantize.hpp"
#include "zoo/zoo.hpp"

namespace reshift {
namespace {

/// What a larger core may take longer: the search does not try everything.
constexpr double kAllowed = 0.001;

constexpr int kMostBus = 256;
constexpr int kMostCBlocks = 32768;  // of a bank

std::optional<std::int64_t> cycles_of(const isa::Hardware& hw, const QNet& net) {
  try {
    return compile(hw, net, {}).cycles;
  } catch (const Error&) {
    return {};  // does not fit
  }
}

void expect_no_slower(const QNet& net, const isa::Hardware& hw) {
  const std::optional<std::int64_t> cycles = cycles_of(hw, net);
  if (!cycles) return;
  const auto check = [&](const char* what, const isa::Hardware& larger) {
    const std::optional<std::int64_t> fewer = cycles_of(larger, net);
    ASSERT_TRUE(fewer) << net.name << " on " << hw.name << " with " << what << ": refused";
    const double ratio = static_cast<double>(*fewer) / static_cast<double>(*cycles);
    EXPECT_LE(ratio, 1 + kAllowed) << net.name << " on " << hw.name << ": " << *cycles
                                   << " cycles, with " << what << " " << *fewer;
  };
  isa::Hardware larger = hw;
  larger.fb_depth *= 2;
  if (isa::c_blocks(larger) <= kMostCBlocks) check("twice the feature buffer", larger);
  larger = hw;
  larger.wm_depth *= 2;
  check("twice the weight memory", larger);
  if (hw.axi_data_w == kMostBus) return;
  larger = hw;
  larger.axi_data_w *= 2;
  check("twice the bus", larger);
}

/// One of make_network(), one term a weight.
QNet zoo_network(const std::string& name) {
  const auto path = std::filesystem::path(::testing::TempDir()) /
                    fmt::format("larger_{}_{}.onnx", name, ::getpid());
  {
    std::ofstream out(path, std::ios::binary);
    if (!make_network(name, 1).model.SerializeToOstream(&out)) throw Error("no {}", path.string());
  }
  const Graph graph = fuse(import_network(path.string()));
  std::filesystem::remove(path);
  PortableRandom random(7);
  std::vector<float> image(graph.tensor(0).size());
  for (float& v : image) v = static_cast<float>(random.normal());
  return quantize(graph, {}, {image}, uniform_terms(graph, 1, 1), {}, Rounding::kNearest);
}

/// A residual network for images of 32x32 in three stages of so many blocks (He et al.,
/// arXiv:1512.03385), with 1x1 convolutions as shortcuts: ResNet-8 has 1, ResNet-20 has 3.
class ResidualNetwork {
 public:
  explicit ResidualNetwork(int blocks) {
    net_.name = fmt::format("resnet{}", 6 * blocks + 2);
    net_.tensors = {{"image", 3, 32, 32, 0.1, -128}};
    int x = conv(0, 16, 3, 1, -1);
    for (int stage = 0; stage < 3; ++stage) {
      for (int block = 0; block < blocks; ++block) {
        const int stride = stage > 0 && block == 0 ? 2 : 1, channels = 16 << stage;
        const int shortcut = stride == 1 ? x : conv(x, channels, 1, stride, -1);
        x = conv(conv(x, channels, 3, stride, -1), channels, 3, 1, shortcut);
      }
    }
    const int side = tensor(x).height;
    QOp pool = operation(x, QKind::kAvgPool, side, side);
    pool.params.assign(static_cast<std::size_t>(tensor(x).channels), {0, 1, 6});
    x = add(pool, 1);
    const int scores = conv(x, 10, 1, 1, -1);
    net_.outputs = {{"scores", scores}};
  }

  QNet net() const { return net_; }

 private:
  const QTensor& tensor(int i) const { return net_.tensors[static_cast<std::size_t>(i)]; }

  static QOp operation(int input, QKind kind, int kernel, int stride) {
    QOp op;
    op.kind = kind;
    op.input = input;
    op.kernel_h = op.kernel_w = kernel;
    op.stride_h = op.stride_w = stride;
    op.post = {-128, -128, 127};
    return op;
  }

  int add(QOp op, int side) {
    op.output = static_cast<int>(net_.tensors.size());
    op.name = fmt::format("op{}", op.output);
    const auto channels = static_cast<int>(op.params.size());
    net_.tensors.push_back({op.name, channels, side, side, 0.1, -128});
    net_.ops.push_back(op);
    return op.output;
  }

  int conv(int input, int channels, int kernel, int stride, int residual) {
    QOp op = operation(input, QKind::kConv, kernel, stride);
    const int pad = kernel / 2, side = tensor(input).height;
    op.pad_top = op.pad_left = op.pad_bottom = op.pad_right = pad;
    op.residual = residual;
    if (residual >= 0) op.post.res_factor = 1 << kActFraction;
    if (residual >= 0) op.post.res_zero = -128;
    const int weights = channels * tensor(input).channels * kernel * kernel;
    for (int i = 0; i < weights; ++i)
      op.term_values.push_back(static_cast<std::int16_t>(1 << i % 7));
    op.params.assign(static_cast<std::size_t>(channels), {0, 1, 8});
    return add(op, (side + 2 * pad - kernel) / stride + 1);
  }

  static constexpr int kActFraction = 16;  ///< bits behind the point of a residual's factor

  QNet net_;
};

const std::vector<const char*> kCores{"16x16x8", "16x16x8_256k", "32x16x7", "32x16x4", "8x8x8"};

class LargerCore : public ::testing::TestWithParam<const char*> {};
TEST_P(LargerCore, IsNoSlower) {
  const QNet net = zoo_network(GetParam());
  for (const char* core : kCores) expect_no_slower(net, find_hardware(core));
}

std::string network_of(const ::testing::TestParamInfo<const char*>& info) { return info.param; }

INSTANTIATE_TEST_SUITE_P(Small, LargerCore, ::testing::Values("unet", "yolo", "squeezenet"),
                         network_of);
INSTANTIATE_TEST_SUITE_P(Full, LargerCore,  // make plan-test
                         ::testing::Values("mobilenetv2", "resnet18", "resnet50", "alexnet"),
                         network_of);

TEST(LargerCoreMobileNetV2, IsNoSlower) {
  expect_no_slower(zoo_network("mobilenetv2"), find_hardware("16x16x8"));
}

TEST(LargerCoreResidual, IsNoSlower) {
  for (const int blocks : {1, 3}) {
    const QNet net = ResidualNetwork(blocks).net();
    for (const char* core : kCores) expect_no_slower(net, find_hardware(core));
    expect_no_slower(net, find_hardware("4x4x3"));
  }
}

// Of 2,166 comparisons like these a larger weight memory made one slower: the search takes the plan
// of a smaller memory only where its own is near it.
TEST(LargerCoreRandom, IsNoSlower) {
  isa::Hardware hw = find_hardware("8x8x8");
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    QNet net = random_qnet(seed, {.slice_channels = hw.m});
    net.name = fmt::format("seed {}", seed);
    for (hw.fb_depth = 64; hw.fb_depth <= 1024; hw.fb_depth *= 4) expect_no_slower(net, hw);
  }
}

}  // namespace
}  // namespace reshift
