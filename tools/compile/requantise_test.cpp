// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/requantise.hpp"

#include <gmock/gmock.h>

#include <functional>

#include "base/integer.hpp"
#include "base/random.hpp"
#include "golden/graph_interpreter.hpp"
#include "golden/random_network.hpp"
#include "program/hardware.hpp"

namespace reshift {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr int kChannels = 4, kSide = 6;
constexpr int kLow = -128, kHigh = 127;

isa::Hardware core(int requantise) {
  isa::Hardware hw = find_hardware("4x4x3");
  hw.requantise = requantise;
  return hw;
}

/// A block of a residual network as a quantised file has it. Tensors: the image; `kept`, which has
/// no sign; `bounded`, its codes up to 127 with the zero point 0; `sum`, of a convolution of that;
/// `block`, half of it and `kept`, rounded again; `scores`, a convolution of that.
struct Block {
  enum Tensor { kImage, kKept, kBounded, kSum, kBlock, kScores };
  QNet net;

  explicit Block(Random& random) : random_(random) {
    net.name = "block";
    net.tensors = {tensor("image", 0), tensor("kept", kLow),  tensor("bounded", 0),
                   tensor("sum", 0),   tensor("block", kLow), tensor("scores", 0)};
    net.ops = {convolution("first", kImage, kKept), copy("bound", kKept, kBounded),
               convolution("second", kBounded, kSum), copy("add", kSum, kBlock),
               convolution("last", kBlock, kScores)};
    net.ops[1].post.lo = 0;  // never met
    QOp& add = net.ops[3];
    add.params.assign(kChannels, {0, 1, 1});
    add.residual = kKept;
    add.post.res_zero = kLow;
    add.post.res_factor = 1u << fraction_bits(8);
    net.outputs = {{"scores", kScores}};
  }

  QOp& op(std::size_t i) { return net.ops[i]; }

 private:
  static QTensor tensor(const std::string& name, int zero) {
    return {name, kChannels, kSide, kSide, 0.1, zero};
  }

  QOp operation(const std::string& name, int input, int output) const {
    QOp op;
    op.name = name;
    op.input = input;
    op.output = output;
    op.post.out_zero = net.tensors[index(output)].zero;
    op.post.lo = kLow;
    op.post.hi = kHigh;
    op.post.round = RoundMode::kHalfEven;
    return op;
  }

  QOp convolution(const std::string& name, int input, int output) {
    QOp op = operation(name, input, output);
    op.kernel_h = op.kernel_w = 3;
    op.pad_top = op.pad_left = op.pad_bottom = op.pad_right = 1;
    const int zero = net.tensors[index(input)].zero;
    for (int c = 0; c < kChannels; ++c) {
      int sum = 0;
      for (int i = 0; i < kChannels * 9; ++i) {
        const int weight = 1 << random_.uniform(0, 6);
        op.term_values.push_back(static_cast<std::int16_t>(random_.chance(50) ? weight : -weight));
        sum += op.term_values.back();
      }
      op.params.push_back({-zero * sum, 1, static_cast<std::uint8_t>(random_.uniform(5, 7))});
    }
    return op;
  }

  QOp copy(const std::string& name, int input, int output) const {
    QOp op = operation(name, input, output);
    op.groups = kChannels;
    op.term_values.assign(kChannels, 1);
    op.params.assign(kChannels, {-net.tensors[index(input)].zero, 1, 0});
    return op;
  }

  Random& random_;
};

/// Operations that are left, by name; all tensors that are left are those of before.
std::vector<std::string> left(const QNet& net, int requantise = 1) {
  net.validate();
  const RequantisedNet made = reshift::requantise(core(requantise), net);
  made.net.validate();
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const auto image = random_image(net, seed);
    const auto before = run_graph(net, image), after = run_graph(made.net, image);
    for (std::size_t t = 0; t < after.size(); ++t) {
      if (made.source_tensor[t] < 0) continue;
      EXPECT_EQ(after[t], before[index(made.source_tensor[t])]) << made.net.tensors[t].name;
    }
  }
  std::vector<std::string> names;
  for (const QOp& op : made.net.ops) names.push_back(op.name);
  EXPECT_EQ(names.size() + made.taken_over.size(), net.ops.size());
  return names;
}

class Requantise : public testing::Test {
 protected:
  Random random{1};
  Block block{random};
};

TEST_F(Requantise, ABlockIsTwoConvolutions) {
  EXPECT_THAT(left(block.net), ElementsAre("first", "second", "last"));
}

TEST_F(Requantise, NothingOnACoreWithout) {
  EXPECT_THAT(left(block.net, 0), ElementsAre("first", "bound", "second", "add", "last"));
}

TEST_F(Requantise, TheRoundedSumMayBeTheResidual) {
  QOp& add = block.op(3);
  add.input = Block::kKept;
  add.params.assign(kChannels, {-kLow, 3, 1});
  add.residual = Block::kSum;
  add.post.res_zero = 0;
  for (const int log2 : {-11, -3, 0, 3}) {
    add.post.res_factor = 1u << (fraction_bits(8) + log2);
    EXPECT_THAT(left(block.net), ElementsAre("first", "second", "last")) << log2;
  }
}

TEST_F(Requantise, RoundsTwiceWithoutAResidual) {
  block.op(3).residual = -1;
  block.op(3).post.res_factor = 0;
  block.op(3).post.res_zero = 0;
  EXPECT_THAT(left(block.net), ElementsAre("first", "second", "last"));
}

TEST_F(Requantise, BoundsPooling) {
  QOp& pool = block.op(2);
  pool.kind = QKind::kAvgPool;
  pool.term_values.clear();
  pool.params.assign(kChannels, {0, 7282, 16});
  EXPECT_THAT(left(block.net), ElementsAre("first", "second", "last"));
}

// `bounded` counts two steps for one of `kept`, which a table makes, and whose codes are low
// enough.
TEST_F(Requantise, FinerCodesMakeACopyABound) {
  for (int code = kLow; code <= kHigh; ++code) {
    block.op(0).table.push_back(static_cast<std::int16_t>(std::min(kLow + std::abs(code), -30)));
  }
  block.op(1).params.assign(kChannels, {-kLow, 2, 0});
  block.op(3).post.res_factor = 3u << fraction_bits(8);
  EXPECT_THAT(left(block.net), ElementsAre("first", "second", "last"));
  Block high = block;
  high.op(0).table[5] = 0;
  EXPECT_THAT(left(high.net), ElementsAre("first", "bound", "second", "last"));
  Block odd = block;
  odd.op(3).post.res_factor = 3;
  EXPECT_THAT(left(odd.net), ElementsAre("first", "bound", "second", "last"));
}

// What keeps the two roundings apart.
TEST_F(Requantise, LeavesSumsThatAreNotRoundedAlike) {
  const std::vector<std::function<void(Block&)>> changes{
      [](Block& b) { b.op(2).post.round = RoundMode::kHalfUp; },
      [](Block& b) { b.op(2).post.hi = 100; },
      [](Block& b) {
        b.op(3).params.assign(kChannels, {0, 3, 2});
      },
      [](Block& b) { b.op(3).params[1].shift = 2; },
      [](Block& b) {
        b.op(3).params.assign(kChannels, {0, 1, 12});
      },
      [](Block& b) {
        b.net.outputs.push_back({"sum", Block::kSum});
      },
      [](Block& b) { b.op(2).table.assign(256, 5); }};
  for (std::size_t i = 0; i < changes.size(); ++i) {
    Block changed = block;
    changes[i](changed);
    EXPECT_THAT(left(changed.net), ElementsAre("first", "second", "add", "last")) << i;
  }
}

TEST_F(Requantise, LeavesCopiesThatAreMoreThanABound) {
  const std::vector<std::function<void(Block&)>> changes{
      [](Block& b) { b.op(1).post.lo = 3; },
      [](Block& b) {
        b.op(1).params.assign(kChannels, {-kLow, 1, 1});
      },
      [](Block& b) { b.op(1).params[2].bias = 5; },
      [](Block& b) {
        b.net.outputs.push_back({"bounded", Block::kBounded});
      }};
  for (std::size_t i = 0; i < changes.size(); ++i) {
    Block changed = block;
    changes[i](changed);
    EXPECT_THAT(left(changed.net), ElementsAre("first", "bound", "second", "last")) << i;
  }
}

}  // namespace
}  // namespace reshift
