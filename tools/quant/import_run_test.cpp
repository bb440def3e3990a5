// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

// Networks from files, computed: what the importer makes of operators against values found by hand
// or by plain loops over padded arrays.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/random.hpp"
#include "import/onnx/onnx_testing.hpp"
#include "quant/float_graph.hpp"

namespace reshift {
namespace {

using ::testing::ElementsAre;
using ::testing::Pointwise;

struct Result {
  Dims dims;
  std::vector<float> values;
};

/// The first output, of the network as it was read; fused it must be the same.
Result run(const OnnxBuilder& b, const std::vector<float>& image) {
  const Graph graph = import(b.serialized());
  const auto values = run_float(graph, image).front();
  EXPECT_THAT(run_float(fuse(graph), image).front(),
              Pointwise(::testing::FloatNear(1e-4f), values));
  return {graph.tail.outputs.front().dims, values};
}

struct WindowCase {
  std::int64_t size, zeros, kernel, stride, before, after, ceil, counted;
};

/// One axis after another, by ONNX's definition: zeros of the Pad node are pixels.
std::vector<float> expected(const WindowCase& c, const std::vector<float>& image, bool maximum) {
  const std::int64_t padded = c.size + 2 * c.zeros, room = padded + c.before + c.after - c.kernel;
  std::int64_t out = room / c.stride + 1;
  if (c.ceil && room % c.stride && out * c.stride < padded + c.before) ++out;
  const auto pixel = [&](std::int64_t y, std::int64_t x) {
    y -= c.zeros, x -= c.zeros;
    const bool inside = y >= 0 && x >= 0 && y < c.size && x < c.size;
    return inside ? image[static_cast<std::size_t>(y * c.size + x)] : 0.0f;
  };
  std::vector<float> result;
  for (std::int64_t oy = 0; oy < out; ++oy) {
    for (std::int64_t ox = 0; ox < out; ++ox) {
      float sum = 0, most = -INFINITY;
      int count = 0;
      for (std::int64_t k = 0; k < c.kernel * c.kernel; ++k) {
        const auto y = oy * c.stride + k / c.kernel - c.before;
        const auto x = ox * c.stride + k % c.kernel - c.before;
        const auto reach = [&](std::int64_t i) { return i < padded + (c.counted ? c.after : 0); };
        const bool real = y >= 0 && x >= 0 && y < padded && x < padded;
        if (real || (c.counted && reach(y) && reach(x))) ++count;
        if (real) sum += pixel(y, x), most = std::max(most, pixel(y, x));
      }
      result.push_back(maximum ? most : sum / static_cast<float>(count));
    }
  }
  return result;
}

TEST(ImportRun, WindowsOverPaddingOfEveryKind) {
  Random random(17);
  for (int i = 0; i < 400; ++i) {
    const auto pick = [&](std::int64_t low, std::int64_t high) {
      return random.uniform(low, high);
    };
    WindowCase c{pick(2, 7), pick(0, 2), pick(1, 4), pick(1, 4), 0, 0, pick(0, 1), pick(0, 1)};
    c.before = pick(0, c.kernel - 1);
    c.after = pick(0, c.kernel - 1);
    if (c.size + 2 * c.zeros + c.before + c.after < c.kernel) continue;
    std::vector<float> image(static_cast<std::size_t>(c.size * c.size));
    for (float& v : image) v = static_cast<float>(random.uniform(-50, 50));
    for (const bool maximum : {false, true}) {
      OnnxBuilder b("windows", 1, static_cast<int>(c.size), static_cast<int>(c.size), 13);
      b.node("Pad", "pad",
             {"image", b.constant("pads", {0, 0, c.zeros, c.zeros, 0, 0, c.zeros, c.zeros})});
      auto& n = b.node(maximum ? "MaxPool" : "AveragePool", "n", {"pad"});
      set_attribute(n, "kernel_shape", {c.kernel, c.kernel});
      set_attribute(n, "strides", {c.stride, c.stride});
      set_attribute(n, "pads", {c.before, c.before, c.after, c.after});
      set_attribute(n, "ceil_mode", c.ceil);
      if (!maximum) set_attribute(n, "count_include_pad", c.counted);
      b.output("n");
      EXPECT_THAT(run(b, image).values,
                  Pointwise(::testing::FloatNear(1e-4f), expected(c, image, maximum)))
          << c.size << " zeros " << c.zeros << " kernel " << c.kernel << " stride " << c.stride
          << " pads " << c.before << " " << c.after << " ceil " << c.ceil << " counted "
          << c.counted << " maximum " << maximum;
    }
  }
}

TEST(ImportRun, SoftmaxByVersion) {
  const auto softmax = [](int opset, std::int64_t axis) {
    OnnxBuilder b("softmax", 1, 2, 2, opset);
    set_attribute(b.node("Softmax", "n", {"image"}), "axis", axis);
    b.output("n");
    return run(b, {0, 0, std::log(2.0f), std::log(5.0f)}).values;
  };
  const auto near = [](std::vector<float> values) {
    return Pointwise(::testing::FloatNear(1e-6f), values);
  };
  EXPECT_THAT(softmax(11, 1), near({1 / 9.0f, 1 / 9.0f, 2 / 9.0f, 5 / 9.0f}));
  EXPECT_THAT(softmax(13, 1), near({1, 1, 1, 1}));
  EXPECT_THAT(softmax(13, 2), near({1 / 3.0f, 1 / 6.0f, 2 / 3.0f, 5 / 6.0f}));
  EXPECT_THAT(softmax(13, -1), near({0.5f, 0.5f, 2 / 7.0f, 5 / 7.0f}));
}

TEST(ImportRun, BroadcastsAsOnnxDoes) {
  OnnxBuilder b("broadcast", 2, 1, 1, 13);
  b.node("Flatten", "flat", {"image"});
  b.node("Add", "n", {"image", "flat"});
  b.output("n");
  const Result r = run(b, {1, 10});
  EXPECT_EQ(r.dims, (Dims{1, 2, 1, 2}));
  EXPECT_THAT(r.values, ElementsAre(2, 11, 11, 20));
}

TEST(ImportRun, TransposeBeforeFlatteningMovesTheWeights) {
  OnnxBuilder b("keras", 2, 1, 2, 13);
  set_attribute(b.node("Transpose", "t", {"image"}), "perm", {0, 2, 3, 1});
  b.node("Flatten", "f", {"t"});
  b.node("Gemm", "n", {"f", b.constant("w", {4, 1}, {1, 10, 100, 1000})});
  b.output("n");
  EXPECT_THAT(run(b, {1, 2, 3, 4}).values, ElementsAre(4231));  // order 1, 3, 2, 4
}

TEST(ImportRun, UpsamplingAndItsTransposedConvolution) {
  OnnxBuilder b("up", 1, 2, 2, 13);
  b.node("Resize", "up", {"image", "", b.constant("s", {4}, std::vector<float>{1, 1, 2, 2})});
  set_attribute(b.node("MaxPool", "n", {"up"}), "kernel_shape", {1, 1});
  b.output("n");
  EXPECT_THAT(run(b, {1, 2, 3, 4}).values,
              ElementsAre(1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4));
  OnnxBuilder c("transposed", 1, 1, 2, 13);
  set_attribute(
      c.node("ConvTranspose", "n", {"image", c.constant("w", {1, 1, 1, 3}, {1, 10, 100})}),
      "strides", {2, 2});
  c.output("n");
  EXPECT_THAT(run(c, {1, 2}).values, ElementsAre(1, 10, 102, 20, 200));
}

TEST(ImportRun, OutputsThatOnlyMove) {
  OnnxBuilder b("moves", 1, 1, 2, 13);
  b.node("Relu", "r", {"image"});
  b.node("Pad", "p", {"r", b.constant("pads", {0, 0, 0, 1, 0, 0, 0, 0})});
  b.output("p");
  b.output("image");
  const Graph g = import(b.serialized());
  EXPECT_THAT(run_float(g, std::vector<float>{-1, 2}),
              ElementsAre(ElementsAre(0, 0, 2), ElementsAre(-1, 2)));
}

}  // namespace
}  // namespace reshift
