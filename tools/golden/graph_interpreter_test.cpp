// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "golden/graph_interpreter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/error.hpp"
#include "golden/random_network.hpp"

namespace reshift {
namespace {

using ::testing::ElementsAre;

/// Small random networks that use every feature of the format.
class RandomNet {
 public:
  explicit RandomNet(unsigned seed) : random_(seed) {}

  int pick(int low, int high) {  // both included
    return low + static_cast<int>(random_() % static_cast<unsigned>(high - low + 1));
  }

  QNet make() {
    QNet net;
    net.name = "random";
    net.act_w = pick(0, 1) ? 8 : pick(6, 16);
    net.weight_format = pick(1, 8);
    net.tensors.push_back({"image", pick(1, 6), pick(4, 12), pick(4, 12), 0.1, code(net)});
    for (int i = 0; i < 5; ++i) add_op(net);
    net.outputs = {{"scores", static_cast<int>(net.tensors.size()) - 1}};
    net.validate();
    return net;
  }

  std::vector<std::int32_t> image(const QNet& net) {
    std::vector<std::int32_t> codes(net.tensors[0].size());
    for (auto& c : codes) c = code(net);
    return codes;
  }

 private:
  int code(const QNet& net) { return pick(code_min(net.act_w), code_max(net.act_w)); }

  void add_op(QNet& net) {
    const int source = pick(0, static_cast<int>(net.tensors.size()) - 1);
    const QTensor in = net.tensors[static_cast<std::size_t>(source)];
    QOp op;
    op.name = "op" + std::to_string(net.ops.size());
    op.kind = static_cast<QKind>(pick(0, 5) % 3);  // half of them a convolution would be too few
    if (pick(0, 1)) op.kind = QKind::kConv;
    op.input = source;
    op.output = static_cast<int>(net.tensors.size());
    const bool same = op.kind == QKind::kConv && pick(0, 1);  // keeps the shape, for residuals
    set_window(op, in, same);
    QTensor out{"t" + std::to_string(op.output), in.channels, 0, 0, 0.1, code(net)};
    out.height = (in.height + op.pad_top + op.pad_bottom - op.dilation_h * (op.kernel_h - 1) - 1) /
                     op.stride_h +
                 1;
    out.width = (in.width + op.pad_left + op.pad_right - op.dilation_w * (op.kernel_w - 1) - 1) /
                    op.stride_w +
                1;
    if (op.kind == QKind::kConv) {
      op.groups = in.channels % 2 == 0 && pick(0, 2) == 0 ? 2 : 1;
      if (!same) out.channels = op.groups * pick(1, 4);
      set_shortcut(net, op, out);
      op.terms = pick(1, 3);
      op.term_values.resize(static_cast<std::size_t>(out.channels * net.row_size(op) * op.terms));
      for (auto& v : op.term_values) {
        v = static_cast<std::int16_t>(pick(-1, 1) * (1 << pick(0, net.weight_format - 1)));
      }
    } else if (op.kind == QKind::kMaxPool) {
      out.zero = in.zero;
    }
    if (op.kind != QKind::kMaxPool) set_params(net, op, out);
    op.post.round = static_cast<RoundMode>(pick(0, 2));
    op.post.out_zero = out.zero;
    op.post.lo = pick(0, 1) ? code_min(net.act_w) : -pick(0, 30);
    op.post.hi = pick(0, 1) ? code_max(net.act_w) : pick(0, 30);
    net.tensors.push_back(out);
    net.ops.push_back(op);
  }

  void set_window(QOp& op, const QTensor& in, bool same) {
    op.kernel_h = same ? 3 : pick(1, std::min(in.height, 5));
    op.kernel_w = same ? 3 : pick(1, std::min(in.width, 5));
    if (same) {
      op.pad_top = op.pad_left = op.pad_bottom = op.pad_right = 1;
      return;
    }
    op.stride_h = pick(1, 3);
    op.stride_w = pick(1, 3);
    op.pad_top = pick(0, op.kernel_h - 1);
    op.pad_bottom = pick(0, op.kernel_h - 1);
    op.pad_left = pick(0, op.kernel_w - 1);
    op.pad_right = pick(0, op.kernel_w - 1);
    if (op.dilation_h * (op.kernel_h - 1) * 2 < in.height) op.dilation_h = pick(1, 2);
    if (op.dilation_w * (op.kernel_w - 1) * 2 < in.width) op.dilation_w = pick(1, 2);
  }

  /// The last tensor that fits, if any.
  void set_shortcut(const QNet& net, QOp& op, const QTensor& out) {
    for (int t = 0; t < op.output; ++t) {
      const QTensor& s = net.tensors[static_cast<std::size_t>(t)];
      const int stride = pick(1, 3);
      if ((s.height - 1) / stride + 1 != out.height || (s.width - 1) / stride + 1 != out.width)
        continue;
      op.shortcut = t;
      op.shortcut_stride = stride;
    }
  }

  /// Channel parameters, and the last tensor that fits as residual.
  void set_params(const QNet& net, QOp& op, const QTensor& out) {
    for (int c = 0; c < out.channels; ++c) {
      op.params.push_back({pick(-5000, 5000), static_cast<std::uint32_t>(pick(0, 65535)),
                           static_cast<std::uint8_t>(pick(14, 22))});
    }
    for (int t = 0; t < op.output; ++t) {
      const QTensor& r = net.tensors[static_cast<std::size_t>(t)];
      if (r.channels != out.channels || r.height != out.height || r.width != out.width) continue;
      op.residual = t;
      op.post.res_zero = r.zero;
      op.post.res_factor = static_cast<std::uint32_t>(pick(1, 1 << fraction_bits(net.act_w)));
    }
    if (op.residual >= 0 && pick(0, 2) == 0) {
      op.post.res_factor = 0;
      op.post.product = true;
      for (ChannelParams& c : op.params) c.mult = 1;
    }
  }

  std::mt19937 random_;
};

TEST(GraphInterpreter, FastEqualsPlainOnRandomNetworks) {
  int wide = 0, shortcuts = 0, strided = 0;
  for (unsigned seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomNet random(seed);
    const QNet net = random.make();
    wide += net.act_w > 8;
    for (const QOp& op : net.ops) {
      shortcuts += op.shortcut >= 0;
      strided += op.shortcut_stride > 1;
    }
    const auto image = random.image(net);
    const auto tensors = run_graph(net, image);
    // Every tensor, by making each the output in turn.
    for (std::size_t t = 1; t < tensors.size(); ++t) {
      QNet part = net;
      part.outputs = {{"any", static_cast<int>(t)}};
      ASSERT_EQ(FastGraph(part).run(image).front(), tensors[t]) << "tensor " << t;
    }
  }
  EXPECT_GT(wide, 50);
  EXPECT_GT(shortcuts, 50);
  EXPECT_GT(strided, 10);
}

// The networks that compiler, model and core are tested with have what they say.
TEST(GraphInterpreter, FastEqualsPlainOnNetworksForTheCore) {
  int tables = 0, upsampled = 0, gates = 0, strides = 0, both = 0;
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const QNet net = random_qnet(seed, {.tables = 4});
    for (const QOp& op : net.ops) {
      const QShape out = net.written(op);
      const bool one_pixel =
          op.residual >= 0 && net.tensors[static_cast<std::size_t>(op.residual)].size() ==
                                  static_cast<std::size_t>(out.channels);
      tables += !op.table.empty();
      upsampled += op.out_stride > 1;
      gates += one_pixel && out.height * out.width > 1;
      strides += out.height * out.width > 1 && (op.stride_h != op.stride_w || op.stride_h > 2);
      both += op.out_stride > 1 && op.residual >= 0;
    }
    const auto image = random_image(net, seed);
    const auto tensors = run_graph(net, image);
    const auto fast = LayerReference(net).run(image);
    for (std::size_t t = 0; t < tensors.size(); ++t) ASSERT_EQ(fast[t], tensors[t]) << t;
  }
  EXPECT_GT(tables, 100);
  EXPECT_GT(upsampled, 40);
  EXPECT_GT(gates, 10);
  EXPECT_GT(strides, 40);
  EXPECT_GT(both, 0);
}

TEST(GraphInterpreter, LargeSumsStayExact) {
  // 2^16 * 2^15 needs 31 bits: float would round it.
  QNet net;
  net.name = "wide";
  net.act_w = 16;
  net.weight_format = 15;
  net.tensors = {{"image", 16, 1, 1, 1.0, 0}, {"out", 1, 1, 1, 1.0, 0}};
  QOp op;
  op.name = "sum";
  op.input = 0;
  op.output = 1;
  op.term_values.assign(16, 1 << 14);
  op.term_values[0] = 1;
  op.params = {{0, 1, 0}};
  op.post = {0, -32768, 32767};
  net.ops = {op};
  net.outputs = {{"scores", 1}};
  net.validate();
  std::vector<std::int32_t> image(16, 0);
  image[0] = 12345;
  image[1] = 32767;
  image[2] = -32767;
  EXPECT_THAT(FastGraph(net).run(image).front(), ElementsAre(12345));
  EXPECT_THAT(run_graph(net, image)[1], ElementsAre(12345));
}

/// Sums at both sides of 2^24, where float stops to count, through copied and through gathered
/// columns.
TEST(GraphInterpreter, SumsAroundTheLimitOfFloatAreExact) {
  const auto check = [](int kernel, int groups, int magnitude) {
    SCOPED_TRACE(std::to_string(kernel) + " " + std::to_string(magnitude));
    const int channels = 2304 / (kernel * kernel);  // of a group
    const bool point = kernel == 1;
    QNet net;
    net.name = "limit";
    net.tensors = {{"image", channels * groups, 9, 7, 1.0, -7},
                   {"out", groups, point ? 9 : 5, point ? 7 : 4, 1.0, 0}};
    QOp op;
    op.name = "sum";
    op.input = 0;
    op.output = 1;
    op.groups = groups;
    op.kernel_h = op.kernel_w = kernel;
    if (!point) {
      op.stride_h = op.stride_w = op.dilation_h = op.dilation_w = 2;
      op.pad_top = op.pad_left = op.pad_bottom = op.pad_right = 2;
    }
    const auto sign = [](int channel) { return channel % 2 ? -1 : 1; };
    for (int i = 0; i < 2304 * groups; ++i) {
      const int weight = std::clamp(magnitude - i % 2304 * 64, 0, 64);
      op.term_values.push_back(static_cast<std::int16_t>(weight * sign(i / (kernel * kernel))));
    }
    op.params.assign(static_cast<std::size_t>(groups), {5 - 127 * magnitude, 1, 0});
    op.post = {0, -128, 127};
    net.ops = {op};
    net.outputs = {{"scores", 1}};
    net.validate();
    std::vector<std::int32_t> image(net.tensors[0].size());
    for (std::size_t i = 0; i < image.size(); ++i) image[i] = 127 * sign(static_cast<int>(i / 63));
    const auto expected = run_graph(net, image)[1];
    EXPECT_EQ(expected[net.tensors[1].size() / static_cast<std::size_t>(groups) / 2], 5);
    EXPECT_EQ(FastGraph(net).run(image).front(), expected);
  };
  for (const int magnitude : {2047 * 64 + 1, 2064 * 64 + 1, 2200 * 64 + 1}) {
    check(1, 1, magnitude);
    check(3, 2, magnitude);
  }
}

/// A 1x3 image through a 1x3 kernel (1, -2, 4), padding 1 each side, everything worked out by hand.
TEST(GraphInterpreter, ByHand) {
  QNet net;
  net.name = "hand";
  net.tensors = {{"image", 1, 1, 3, 1.0, 10},
                 {"sum", 1, 1, 3, 1.0, -128},
                 {"max", 1, 1, 2, 1.0, -128},
                 {"mean", 1, 1, 1, 1.0, 5}};
  QOp conv;
  conv.name = "conv";
  conv.input = 0;
  conv.residual = 0;
  conv.output = 1;
  conv.kernel_w = 3;
  conv.pad_left = conv.pad_right = 1;
  conv.term_values = {1, -2, 4};
  conv.params = {{-30, 3, 1}};  // the sum of the weights is 3: -3 * 10
  conv.post = {-128, -128, 127, 10, 2 << 16};
  QOp max;
  max.name = "max";
  max.kind = QKind::kMaxPool;
  max.input = 1;
  max.output = 2;
  max.kernel_w = 2;
  max.post = {-128, -128, 100};
  QOp mean;
  mean.name = "mean";
  mean.kind = QKind::kAvgPool;
  mean.input = 2;
  mean.output = 3;
  mean.kernel_w = 2;
  mean.params = {{256, 1, 1}};
  mean.post = {5, -128, 127};
  net.ops = {conv, max, mean};
  net.outputs = {{"scores", 3}};
  net.validate();
  // Behind the zero point the image is 10, 40, -3. Sums: -20+160=140, 10-80-12=-82, 40+6+0=46;
  // * 3/2: 210, -123, 69; + 2 * residual: 230, -43, 63; - 128, clamped: 102, -128, -65.
  const std::vector<std::int32_t> image{20, 50, 7};
  const auto tensors = run_graph(net, image);
  EXPECT_THAT(tensors[1], ElementsAre(102, -128, -65));
  EXPECT_THAT(tensors[2], ElementsAre(100, -65));
  EXPECT_THAT(tensors[3],
              ElementsAre(127));  // ((100 + 128) + (-65 + 128)) / 2 + 5 = 150.5, clamped
  EXPECT_THAT(FastGraph(net).run(image).front(), ElementsAre(127));
}

/// A 1x2 kernel (3, -1) on two pixels and one of padding, and every second pixel of an image of
/// three, twice and -4 times, in one sum.
TEST(GraphInterpreter, ShortcutByHand) {
  QNet net;
  net.name = "shortcut";
  net.tensors = {{"image", 1, 1, 3, 1.0, 10}, {"max", 1, 1, 2, 1.0, 10}, {"out", 2, 1, 2, 1.0, -5}};
  QOp max;
  max.name = "max";
  max.kind = QKind::kMaxPool;
  max.input = 0;
  max.output = 1;
  max.kernel_w = 2;
  max.post = {10, -128, 127};
  QOp conv;
  conv.name = "conv";
  conv.input = 1;
  conv.shortcut = 0;
  conv.shortcut_stride = 2;
  conv.output = 2;
  conv.kernel_w = 2;
  conv.pad_right = 1;
  conv.term_values = {4, -1, 2, 1, 0, -4};
  conv.params = {{-50, 1, 0}, {30, 1, 0}};  // the sums of the weights are 5 and -3, the zeros 10
  conv.post = {-5, -128, 127};
  net.ops = {max, conv};
  net.outputs = {{"scores", 2}};
  net.validate();
  // Behind the zero point the image is 1, 3, -4, the maxima are 3, 3.
  const std::vector<std::int32_t> image{11, 13, 6};
  const std::vector<std::int32_t> expected{12 - 3 + 2 - 5, 12 - 0 - 8 - 5, 3 - 4 - 5, 3 + 16 - 5};
  EXPECT_EQ(run_graph(net, image)[2], expected);
  EXPECT_EQ(FastGraph(net).run(image).front(), expected);
}

/// An image of 1x2 pixels becomes 2x4: each pixel as it is at the top left, doubled at the top
/// right, through a table at the bottom; then one pixel is added to all.
TEST(GraphInterpreter, UpsamplingTableAndOnePixelByHand) {
  QNet net;
  net.name = "upsampled";
  net.tensors = {{"image", 1, 1, 2, 1.0, 0},
                 {"large", 1, 2, 4, 1.0, 0},
                 {"mean", 1, 1, 1, 1.0, 0},
                 {"out", 1, 2, 4, 1.0, 0}};
  for (int phase = 0; phase < 4; ++phase) {
    QOp op;
    op.name = "phase" + std::to_string(phase);
    op.input = 0;
    op.output = 1;
    op.out_stride = 2;
    op.out_row = phase / 2;
    op.out_column = phase % 2;
    op.term_values = {static_cast<std::int16_t>(1 << op.out_column)};
    op.params = {{0, 1, 0}};
    op.post = {0, -128, 127};
    if (op.out_row == 1) {
      for (int code = -128; code < 128; ++code)
        op.table.push_back(static_cast<std::int16_t>(-code - 1));
    }
    net.ops.push_back(op);
  }
  QOp mean;
  mean.name = "mean";
  mean.kind = QKind::kAvgPool;
  mean.input = 0;
  mean.output = 2;
  mean.kernel_w = 2;
  mean.params = {{0, 1, 1}};
  mean.post = {0, -128, 127};
  QOp add = net.ops[0];
  add.name = "add";
  add.input = 1;
  add.residual = 2;
  add.output = 3;
  add.out_stride = 1;
  add.post = {0, -128, 127, 0, 2 << 16};
  net.ops.push_back(mean);
  net.ops.push_back(add);
  net.outputs = {{"out", 3}};
  net.validate();
  const std::vector<std::int32_t> image{5, -20};
  const auto tensors = run_graph(net, image);
  // The table gives -1 - code; the mean of 5 and -20 is -7.5, rounded half up -7.
  EXPECT_THAT(tensors[1], ElementsAre(5, 10, -20, -40, -6, -11, 19, 39));
  EXPECT_THAT(tensors[2], ElementsAre(-7));
  EXPECT_THAT(tensors[3], ElementsAre(-9, -4, -34, -54, -20, -25, 5, 25));
  EXPECT_EQ(FastGraph(net).run(image).front(), tensors[3]);
}

/// Three slices of one tensor of 2 pixels, worked out by hand: a convolution, a maximum, a mean
/// with a residual.
TEST(GraphInterpreter, SlicesByHand) {
  QNet net;
  net.name = "slices";
  net.tensors = {{"image", 1, 1, 2, 1.0, 10}, {"all", 4, 1, 2, 1.0, 10}};
  QOp conv;
  conv.name = "conv";
  conv.input = 0;
  conv.output = 1;
  conv.first_channel = 1;
  conv.term_values = {2, -1};
  conv.params = {{-20, 1, 0}, {10, 3, 0}};
  conv.post = {10, -128, 127};
  QOp max;
  max.name = "max";
  max.kind = QKind::kMaxPool;
  max.input = 0;
  max.output = 1;
  max.first_channel = 3;
  max.kernel_w = 2;
  max.pad_right = 1;
  max.post = {10, -128, 127};
  QOp mean = max;
  mean.name = "mean";
  mean.kind = QKind::kAvgPool;
  mean.first_channel = 0;
  mean.residual = 0;
  mean.params = {{-20, 1, 1}};
  mean.post = {10, -128, 127, 10, 2 << 16};
  net.ops = {conv, max, mean};
  net.outputs = {{"scores", 1}};
  net.validate();
  // Behind the zero point the image is 4, -6. Twice it: 8, -12; -3 times: -12, 18; maxima of it and
  // its right neighbour: 4, -6; means with padding, rounded up from halves: -1, -3, plus twice it.
  const std::vector<std::int32_t> image{14, 4};
  const std::vector<std::int32_t> expected{10 - 1 + 8, 10 - 3 - 12, 18, -2, -2, 28, 14, 4};
  EXPECT_EQ(run_graph(net, image)[1], expected);
  EXPECT_EQ(FastGraph(net).run(image).front(), expected);
}

TEST(GraphInterpreter, RefusesAnImageOfAnotherSize) {
  RandomNet random(1);
  const QNet net = random.make();
  const std::vector<std::int32_t> image(net.tensors[0].size() + 1);
  EXPECT_THROW(run_graph(net, image), Error);
  EXPECT_THROW(FastGraph(net).run(image), Error);
}

}  // namespace
}  // namespace reshift
