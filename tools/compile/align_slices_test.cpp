// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/align_slices.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/error.hpp"
#include "base/integer.hpp"
#include "compile/compile.hpp"
#include "golden/graph_interpreter.hpp"
#include "golden/program_interpreter.hpp"
#include "golden/random_network.hpp"
#include "program/hardware.hpp"

namespace reshift {
namespace {

using ::testing::HasSubstr;

/// A configuration with memories that take all networks of these tests.
isa::Hardware roomy(const char* name) {
  isa::Hardware hw = find_hardware(name);
  hw.acc_w = std::max(hw.acc_w, 28);
  hw.fb_depth = std::max(hw.fb_depth, 8192);
  hw.wm_depth = std::max(hw.wm_depth, 4096);
  hw.pm_depth = std::max(hw.pm_depth, 128);
  return hw;
}

constexpr std::array kConfigurations{"4x4x2", "4x4x3", "16x16x8", "32x16x7"};

/// Two frames; everything that is stored is compared with the graph interpreter.
void check_equal(const isa::Hardware& hw, const QNet& net, const CompileOptions& options) {
  SCOPED_TRACE(fmt::format("{} of {} words, {}, store_all {}, batch {}", hw.name, hw.fb_depth,
                           net.name, options.store_all, options.batch));
  const Program program = compile(hw, net, options);
  const std::size_t images = 2 * index(options.batch);
  std::vector<std::uint8_t> input;
  for (std::size_t i = 0; i < images; ++i) {
    const auto window = program.input_window(random_image(net, i));
    input.insert(input.end(), window.begin(), window.end());
  }
  const auto output = ProgramInterpreter(hw, program.image, ProgramInterpreter::Timing::kLate)
                          .run(input, program.frame_in_stride(), program.frame_out_stride());
  for (std::size_t i = 0; i < images; ++i) {
    const auto expected = run_graph(net, random_image(net, i));
    const auto stride = index(program.out_stride);
    const auto window = std::span(output).subspan(i * stride, stride);
    for (const StoredTensor& t : program.stored) {
      ASSERT_EQ(program.stored_codes(t, window), expected[index(t.tensor)])
          << "image " << i << " tensor " << t.name;
    }
    for (std::size_t o = 0; o < net.outputs.size(); ++o) {
      ASSERT_EQ(program.stored_codes(program.output(o), window),
                expected[index(net.outputs[o].tensor)])
          << "image " << i << " output " << net.outputs[o].name;
    }
  }
}

/// How the blocks of make_blocks are made.
struct Blocks {
  int first = 10, growth = 6, layers = 4, side = 7;
  bool scaled = true;          ///< each layer reads all before it through an operation on channels
  bool new_first = false;      ///< its own channels before those of all before it
  bool by_maximum = false;     ///< what is copied, is by a maximum of one pixel
  int groups = 1;              ///< of the convolutions
  bool output_inside = false;  ///< a tensor that is copied on is an output too
};

/// Layers that each read the concatenation of all before them (DenseNet), then a maximum of stride
/// 2, an average over what is left, and a fully connected layer.
class BlockMaker {
 public:
  explicit BlockMaker(const Blocks& blocks) : blocks_(blocks), random_(17) {
    net_.name = fmt::format("blocks of {} and {} x {}", blocks.first, blocks.layers, blocks.growth);
  }

  QNet make() {
    tensor("image", 3, blocks_.side);
    int all = tensor("t", blocks_.first, blocks_.side);
    convolution(0, all, 0, blocks_.first, 3);
    for (int i = 0; i < blocks_.layers; ++i) all = layer(all);
    const int half = tensor("half", channels(all), (blocks_.side + 1) / 2);
    QOp pool = pooling(QKind::kMaxPool, all, half, 3, 2);
    pool.pad_top = pool.pad_left = pool.pad_bottom = pool.pad_right = 1;
    net_.ops.push_back(pool);
    const int mean = tensor("mean", channels(all), 1);
    const int side = net_.tensors[index(half)].height;
    net_.ops.push_back(pooling(QKind::kAvgPool, half, mean, side, 1));
    const int scores = tensor("scores", 5, 1);
    convolution(mean, scores, 0, 5, 1);
    net_.outputs = {{"scores", scores}};
    if (blocks_.output_inside) net_.outputs.push_back({"inside", 1});
    net_.validate();
    return net_;
  }

 private:
  int pick(int low, int high) {
    return low + static_cast<int>(random_() % static_cast<std::uint64_t>(high - low + 1));
  }
  int channels(int t) const { return net_.tensors[index(t)].channels; }
  int tensor(const std::string& name, int count, int side) {
    net_.tensors.push_back(
        {fmt::format("{}{}", name, net_.tensors.size()), count, side, side, 0.1, -5});
    return static_cast<int>(net_.tensors.size()) - 1;
  }

  QOp operation(int input, int output, int first) {
    QOp op;
    op.name = fmt::format("op{}", net_.ops.size());
    op.input = input;
    op.output = output;
    op.first_channel = first;
    op.post = {};
    op.post.out_zero = -5;
    op.post.lo = -128;
    op.post.hi = 127;
    return op;
  }

  QOp pooling(QKind kind, int input, int output, int kernel, int stride) {
    QOp op = operation(input, output, 0);
    op.kind = kind;
    op.kernel_h = op.kernel_w = kernel;
    op.stride_h = op.stride_w = stride;
    if (kind == QKind::kAvgPool) {
      const int taps = kernel * kernel;
      for (int c = 0; c < channels(input); ++c) op.params.push_back({5 * taps, 4000, 16});
    }
    return op;
  }

  void convolution(int input, int output, int first, int count, int kernel, int groups = 1) {
    QOp op = operation(input, output, first);
    op.groups = groups;
    op.kernel_h = op.kernel_w = kernel;
    op.pad_top = op.pad_left = op.pad_bottom = op.pad_right = kernel / 2;
    op.terms = 2;
    const int row = net_.row_size(op);
    for (int c = 0; c < count; ++c) {
      int sum = 0;
      for (int i = 0; i < row * op.terms; ++i) {
        const int term = pick(-1, 1) * (1 << pick(0, 6));
        op.term_values.push_back(static_cast<std::int16_t>(term));
        sum += term;
      }
      op.params.push_back({5 * sum + pick(-90, 90), 9000, static_cast<std::uint8_t>(pick(18, 20))});
    }
    net_.ops.push_back(op);
  }

  void copy(int input, int output, int first) {
    QOp op = operation(input, output, first);
    if (blocks_.by_maximum) {
      op.kind = QKind::kMaxPool;
    } else {
      op.groups = channels(input);
      op.term_values.assign(index(op.groups), 64);
      op.params.assign(index(op.groups), {5 * 64, 32768, 21});
    }
    net_.ops.push_back(op);
  }

  int layer(int all) {
    int read = all;
    if (blocks_.scaled) {
      read = tensor("scaled", channels(all), blocks_.side);
      convolution(all, read, 0, channels(all), 1, channels(all));
      net_.ops.back().post.lo = -5;
    }
    const int next = tensor("t", channels(all) + blocks_.growth, blocks_.side);
    const int own = blocks_.new_first ? 0 : channels(all);
    copy(all, next, blocks_.new_first ? blocks_.growth : 0);
    convolution(read, next, own, blocks_.growth, 3, blocks_.groups);
    return next;
  }

  const Blocks blocks_;
  std::mt19937_64 random_;
  QNet net_;
};

class Alignment : public ::testing::TestWithParam<const char*> {};

TEST_P(Alignment, BlocksAreSlicesOfOneTensor) {
  const isa::Hardware hw = roomy(GetParam());
  for (const Blocks& blocks : std::vector<Blocks>{
           {},
           {.scaled = false},
           {.first = 16, .growth = 12, .layers = 3},
           {.new_first = true},
           {.scaled = false, .by_maximum = true},
           {.first = 12, .growth = 4, .groups = 2},
           {.first = 3, .growth = 1, .layers = 6, .scaled = false, .new_first = true}}) {
    const QNet net = BlockMaker(blocks).make();
    check_equal(hw, net, {.store_all = false});
    check_equal(hw, net, {.store_all = true});
    check_equal(hw, net, {.store_all = false, .batch = 2});
    if (HasFatalFailure()) return;
    const Program program = compile(hw, net, {});
    const auto copies = std::count_if(program.ops.begin(), program.ops.end(), [&](const auto& op) {
      return op.kind == "copy" || op.macs == 0;
    });
    // What is computed without a weight of the original: two poolings, and copies without gaps.
    if (blocks.scaled) {
      EXPECT_LE(copies, 3) << net.name;
    }
    const auto rewritten =
        std::count_if(program.support.begin(), program.support.end(), [](const Support& line) {
          return line.reason == "its input is written where the copy would be";
        });
    EXPECT_EQ(rewritten, blocks.layers) << net.name;
  }
}

TEST_P(Alignment, WhatIsAnOutputIsCopied) {
  const QNet net = BlockMaker({.output_inside = true}).make();
  check_equal(roomy(GetParam()), net, {});
}

// Slices of any number of channels, with residuals, shortcuts, pooling and both strides.
TEST_P(Alignment, RandomNetworksWithSlicesOfAnySize) {
  const isa::Hardware hw = roomy(GetParam());
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    check_equal(hw, random_qnet(seed, {.max_ops = 8, .slice_channels = 1}),
                {.store_all = seed % 2 == 0});
    if (HasFatalFailure()) return;
  }
}

// Any tensors as outputs, one of them twice, those inside the network too; from a small buffer on.
TEST_P(Alignment, SeveralOutputs) {
  isa::Hardware hw = roomy(GetParam());
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    QNet net = random_qnet(seed, {.slice_channels = seed % 2 == 0 ? 1 : hw.m});
    std::mt19937_64 random(seed);
    const int tensors = static_cast<int>(net.tensors.size());
    for (int i = 0; i < 3; ++i) {
      const int t = 1 + static_cast<int>(random() % static_cast<unsigned>(tensors - 1));
      net.outputs.insert(net.outputs.begin() + i % 2, {fmt::format("extra{}", i), t});
    }
    for (hw.fb_depth = 8192; hw.fb_depth >= 32; hw.fb_depth /= 4) {
      const CompileOptions options{.batch = 1 + static_cast<int>(seed % 2)};
      try {
        compile(hw, net, options);
      } catch (const Error&) {
        break;  // too small
      }
      check_equal(hw, net, options);
      if (HasFatalFailure()) return;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Configurations, Alignment, ::testing::ValuesIn(kConfigurations),
                         [](const auto& config) { return std::string("hw") + config.param; });

// 40 slices of one channel would be 40 words; a copy has three of them, and the readers' lists are
// shorter by more than it takes.
TEST(Joining, ManySmallSlicesAreCopiedTogether) {
  const QNet net = BlockMaker({.first = 1, .growth = 1, .layers = 20, .scaled = false}).make();
  const isa::Hardware hw = roomy("16x16x8");
  check_equal(hw, net, {});
  const Program program = compile(hw, net, {});
  EXPECT_TRUE(std::any_of(program.ops.begin(), program.ops.end(),
                          [](const OpReport& op) { return op.kind == "copy"; }));
}

TEST(Views, OnlyExactCopiesAreLeftOut) {
  QNet net = BlockMaker({.layers = 1}).make();
  const auto left_out = [&] { return align_slices(find_hardware("4x4x3"), net).left_out.size(); };
  const auto copy = std::find_if(net.ops.begin(), net.ops.end(),
                                 [](const QOp& op) { return op.term_values.size() == 10; });
  EXPECT_EQ(left_out(), 1u);
  copy->params[3].mult = 32767;
  EXPECT_EQ(left_out(), 0u);
  copy->params[3] = {5 * 64 + 1, 32768, 21};
  EXPECT_EQ(left_out(), 0u);
  copy->params[3].bias = 5 * 64;
  copy->post.lo = -5;
  EXPECT_EQ(left_out(), 0u);
}

}  // namespace
}  // namespace reshift
