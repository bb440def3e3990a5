// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/compile.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <ranges>
#include <tuple>

#include "base/error.hpp"
#include "base/random.hpp"
#include "compile/neighbours.hpp"
#include "golden/graph_interpreter.hpp"
#include "golden/program_interpreter.hpp"
#include "golden/random_network.hpp"
#include "isa/fields.hpp"
#include "program/hardware.hpp"

namespace reshift {
namespace {

using Timing = ProgramInterpreter::Timing;

/// Runs two frames of a seed's network, and compares everything that reaches memory with the graph.
void check_program(const QNet& net, const Program& program, std::uint64_t seed, bool store_all,
                   Timing timing) {
  SCOPED_TRACE(fmt::format("{} of {} words, batch {} seed {} store_all {} late {}", program.hw.name,
                           program.hw.fb_depth, program.batch, seed, store_all,
                           timing == Timing::kLate));
  std::vector<std::uint8_t> input;
  std::vector<std::vector<std::vector<std::int32_t>>> expected;
  constexpr std::size_t kFrames = 2;
  const std::size_t images = kFrames * static_cast<std::size_t>(program.batch);
  for (std::size_t i = 0; i < images; ++i) {
    const auto image = random_image(net, seed * 10 + i);
    expected.push_back(run_graph(net, image));
    const auto window = program.input_window(image);
    input.insert(input.end(), window.begin(), window.end());
  }
  const auto output = ProgramInterpreter(program.hw, program.image, timing)
                          .run(input, program.frame_in_stride(), program.frame_out_stride());
  int words = 0;
  for (const BufferUse& a : program.buffer) {
    words = std::max(words, a.base + a.words);
    for (const BufferUse& b : program.buffer) {
      const bool together = &a != &b && a.first <= b.last && b.first <= a.last;
      ASSERT_FALSE(together && a.base < b.base + b.words && b.base < a.base + a.words)
          << a.name << " and " << b.name << " lie over one another";
    }
  }
  ASSERT_EQ(words, program.buffer_words);
  ASSERT_GE(program.stored.size(), store_all ? net.tensors.size() - 1 : 1);
  const auto stride = static_cast<std::size_t>(program.out_stride);
  for (std::size_t i = 0; i < images; ++i) {
    const auto window = std::span(output).subspan(i * stride, stride);
    for (const StoredTensor& t : program.stored) {
      ASSERT_EQ(program.stored_codes(t, window), expected[i][static_cast<std::size_t>(t.tensor)])
          << "image " << i << " tensor " << t.name;
    }
  }
}

RandomNetworkOptions formats_of(const isa::Hardware& hw) {
  return {.act_w = hw.act_w,
          .weight_format = hw.weight_format,
          .mult_w = hw.mult_w,
          .slice_channels = hw.m,
          .tables = hw.tables,
          .requantise = hw.requantise > 0};
}

void check_seed(const isa::Hardware& hw, std::uint64_t seed, bool store_all, Timing timing) {
  const QNet net = random_qnet(seed, formats_of(hw));
  check_program(net, compile(hw, net, {store_all}), seed, store_all, timing);
}

/// Nothing when the buffer is too small, which compile() refuses.
std::optional<Program> compile_if_it_fits(const isa::Hardware& hw, const QNet& net,
                                          const CompileOptions& options) {
  try {
    return compile(hw, net, options);
  } catch (const Error&) {
    return {};
  }
}

/// Whether operations run strip by strip in turn: one goes on after another one has begun.
bool takes_turns(const Program& program) {
  std::vector<std::string> order;
  for (const std::string& name : program.descriptors) {
    if (!name.starts_with("exec ")) continue;
    if (!order.empty() && name == order.back()) continue;
    if (std::find(order.begin(), order.end(), name) != order.end()) return true;
    order.push_back(name);
  }
  return false;
}

class RandomNetworks : public ::testing::TestWithParam<isa::Hardware> {};

/// So many networks, a quarter of them for large shapes, which take long.
std::uint64_t networks(const isa::Hardware& hw, std::uint64_t count) {
  return hw.m * hw.c * hw.p > 1000 ? count / 4 : count;
}

// Every shape; memories that take all of these networks (what does not fit is refused, see
// program_test.cpp).
TEST_P(RandomNetworks, ProgramEqualsGraph) {
  isa::Hardware hw = GetParam();
  hw.acc_w = std::max(hw.acc_w, 28);
  hw.fb_depth = std::max(hw.fb_depth, 8192);
  hw.wm_depth = std::max(hw.wm_depth, 4096);
  hw.pm_depth = std::max(hw.pm_depth, 128);
  for (std::uint64_t seed = 1; seed <= networks(hw, 100); ++seed) {
    if (seed % 2 == 0) hw.tables = std::min(GetParam().tables, 1);
    check_seed(hw, seed, seed % 2 == 0, seed % 4 < 2 ? Timing::kLate : Timing::kEager);
    if (HasFatalFailure()) return;
  }
}

// Half of the buffer, and half of that, until the network is refused: tensors in memory, strip by
// strip.
TEST_P(RandomNetworks, ProgramEqualsGraphWithTensorsInMemory) {
  isa::Hardware hw = GetParam();
  hw.acc_w = std::max(hw.acc_w, 28);
  hw.wm_depth = std::max(hw.wm_depth, 4096);
  hw.pm_depth = std::max(hw.pm_depth, 128);
  int spilled = 0, in_turn = 0;
  for (std::uint64_t seed = 1; seed <= networks(hw, 80); ++seed) {
    const bool store_all = seed % 2 == 0;
    const QNet net = random_qnet(seed, formats_of(hw));
    for (hw.fb_depth = 4096; hw.fb_depth >= 8; hw.fb_depth /= 2) {
      const std::optional<Program> program = compile_if_it_fits(hw, net, {store_all});
      if (!program) break;
      const bool strips = std::any_of(program->ops.begin(), program->ops.end(),
                                      [](const OpReport& op) { return op.strips > 1; });
      if (!strips) continue;
      ++spilled;
      in_turn += takes_turns(*program);
      check_program(net, *program, seed, store_all, seed % 4 < 2 ? Timing::kLate : Timing::kEager);
      if (HasFatalFailure()) return;
    }
  }
  // The networks are too small for the widest core's words.
  EXPECT_GT(spilled, hw.m < 32 ? 0 : -1);
  EXPECT_GT(in_turn, hw.m < 16 ? 0 : -1);
}

/// Blocks of MobileNetV2: wider, a 3x3 convolution of `stride`, narrower; where the stride is 1
/// with a sum. The wide maps have as many pixels as the image, and six times its channels.
QNet inverted_residuals(int side, int stride) {
  PortableRandom random(17);
  QNet net;
  net.name = "inverted";
  const int half = (side - 1) / stride + 1;
  net.tensors = {{"image", 8, side, side, 0.1, -128}, {"x", 8, side, side, 0.1, 0},
                 {"wide", 48, side, side, 0.1, -128}, {"depthwise", 48, half, half, 0.1, -128},
                 {"narrow", 8, half, half, 0.1, 0},   {"scores", 8, half, half, 0.1, 0}};
  const auto conv = [&](const char* name, int input, int kernel, int groups) {
    QOp op;
    op.name = name;
    op.input = input;
    op.output = input + 1;
    op.groups = groups;
    op.kernel_h = op.kernel_w = kernel;
    op.pad_top = op.pad_left = op.pad_bottom = op.pad_right = kernel / 2;
    const QTensor& out = net.tensors[static_cast<std::size_t>(input + 1)];
    for (int i = 0; i < out.channels * net.row_size(op); ++i) {
      op.term_values.push_back((random.uniform() < 0.5 ? -1 : 1) *
                               (1 << static_cast<int>(random.uniform() * 7)));
    }
    for (int c = 0; c < out.channels; ++c) op.params.push_back({100 * c, 30000, 22});
    op.post = {out.zero, -128, 127};
    net.ops.push_back(op);
  };
  conv("stem", 0, 1, 1);
  conv("widen", 1, 1, 1);
  conv("depthwise", 2, 3, 48);
  net.ops.back().stride_h = net.ops.back().stride_w = stride;
  conv("narrow", 3, 1, 1);
  if (stride == 1) {
    net.ops.back().residual = 1;
    net.ops.back().post.res_factor = 1 << 16;
  }
  conv("scores", 4, 1, 1);
  net.outputs = {{"scores", 5}};
  return net;
}

// The wide map, which the buffer does not hold, is made and used strip by strip and never goes to
// memory; with every tensor stored it does.
TEST(Chain, KeepsAWideMapOffTheBus) {
  for (const char* name : {"4x4x3", "8x8x8", "16x16x8"}) {
    for (const int stride : {1, 2}) {
      const QNet net = inverted_residuals(33, stride);
      isa::Hardware hw = find_hardware(name);
      int in_turn = 0;
      for (hw.fb_depth = 4096; hw.fb_depth >= 64; hw.fb_depth /= 2) {
        const std::optional<Program> program = compile_if_it_fits(hw, net, {});
        if (!program || program->ops.at(1).strips == 1) continue;
        check_program(net, *program, 5, false, Timing::kLate);
        check_program(net, *program, 5, false, Timing::kEager);
        if (HasFatalFailure()) return;
        const bool fused = takes_turns(*program);
        in_turn += fused && program->ops.at(1).feature_bytes_written == 0;
        const std::optional<Program> stored = compile_if_it_fits(hw, net, {.store_all = true});
        if (!stored) continue;
        EXPECT_FALSE(takes_turns(*stored));
        EXPECT_LE(program->cycles, stored->cycles) << name << " " << hw.fb_depth;
      }
      EXPECT_GT(in_turn, 0) << name << " stride " << stride;
    }
  }
}

TEST(Chain, TakesImagesOfABatchOneByOne) {
  const QNet net = inverted_residuals(20, 1);
  isa::Hardware hw = find_hardware("8x8x8");
  int in_turn = 0;
  for (hw.fb_depth = 1024; hw.fb_depth >= 64; hw.fb_depth /= 2) {
    const std::optional<Program> program = compile_if_it_fits(hw, net, {false, 2});
    if (!program) continue;
    check_program(net, *program, 6, false, Timing::kLate);
    if (HasFatalFailure()) return;
    in_turn += takes_turns(*program);
  }
  EXPECT_GT(in_turn, 0);
}

/// A block of ResNet-50 that halves its map: a tensor that a 1x1 convolution of stride 1 reads and
/// one of stride 2, which is in the last one's sums when `merged`.
QNet downsampling_block(int side, bool merged = false) {
  PortableRandom random(7);
  const auto pick = [&](int low, int high) {
    return low + static_cast<int>(random.uniform() * (high - low + 1));
  };
  QNet net;
  net.name = "block";
  const int half = side / 2;
  net.tensors = {{"image", 3, side, side, 0.1, -128},  {"x", 16, side, side, 0.1, -128},
                 {"shortcut", 32, half, half, 0.1, 0}, {"u", 8, side, side, 0.1, -128},
                 {"v", 8, half, half, 0.1, -128},      {"y", 32, half, half, 0.1, -128}};
  const auto conv = [&](const char* name, int input, int output, int kernel, int stride,
                        int shortcut = -1) {
    QOp op;
    op.name = name;
    op.input = input;
    op.shortcut = shortcut;
    op.shortcut_stride = shortcut < 0 ? 1 : 2;
    op.output = output;
    op.kernel_h = op.kernel_w = kernel;
    op.stride_h = op.stride_w = stride;
    op.pad_top = op.pad_left = kernel / 2;
    op.pad_bottom = op.pad_right = stride == 1 ? kernel / 2 : 0;
    const int out = net.tensors[static_cast<std::size_t>(output)].channels;
    for (int i = 0; i < out * net.row_size(op); ++i) {
      const int sign = pick(-1, 1);
      op.term_values.push_back(sign * (1 << pick(0, 6)));
    }
    for (int c = 0; c < out; ++c) {
      op.params.push_back({pick(-4000, 4000), static_cast<std::uint32_t>(pick(20000, 65535)), 22});
    }
    const int zero = net.tensors[static_cast<std::size_t>(output)].zero;
    op.post = {zero, -128, 127};
    net.ops.push_back(op);
  };
  conv("stem", 0, 1, 3, 1);
  if (merged) {
    net.tensors.erase(net.tensors.begin() + 2);
    conv("narrow", 1, 2, 1, 1);
    conv("middle", 2, 3, 3, 2);
    conv("wide + shortcut", 3, 4, 1, 1, 1);
    net.outputs = {{"scores", 4}};
    return net;
  }
  conv("shortcut", 1, 2, 1, 2);
  conv("narrow", 1, 3, 1, 1);
  conv("middle", 3, 4, 3, 2);
  conv("wide", 4, 5, 1, 1);
  net.ops.back().residual = 2;
  net.ops.back().post.res_factor = 1 << 16;
  net.outputs = {{"scores", 5}};
  return net;
}

// The 1x1 convolution walks the phases as they lie, so that nothing is copied; strips of an
// operation share its list. No chains, which load lists again.
TEST(DownsamplingBlock, NeedsNoCopyAndLoadsListsOnce) {
  const QNet net = downsampling_block(24);
  for (const char* name : {"4x4x3", "8x8x8", "16x16x8"}) {
    isa::Hardware hw = find_hardware(name);
    const Program whole = compile(hw, net, {true});
    ASSERT_EQ(whole.ops.size(), net.ops.size()) << "a copy";
    check_program(net, whole, 1, true, Timing::kLate);
    int strips = 0;
    for (hw.fb_depth = 1024; hw.fb_depth >= 64; hw.fb_depth /= 2) {
      const std::optional<Program> program = compile_if_it_fits(hw, net, {true});
      if (!program) break;
      check_program(net, *program, 1, true, Timing::kLate);
      for (const std::size_t op : {1u, 2u}) {
        strips = std::max(strips, program->ops[op].strips);
        EXPECT_EQ(program->ops[op].weight_bytes_bus, whole.ops[op].weight_bytes_bus)
            << hw.fb_depth << " " << program->ops[op].name;
      }
    }
    EXPECT_GT(strips, 1) << name;
  }
}

// The list of the sum has the tiles of both.
TEST(DownsamplingBlock, MergedShortcutNeedsOneOperationLess) {
  const QNet apart = downsampling_block(28), merged = downsampling_block(28, true);
  for (const char* name : {"4x4x3", "8x8x8", "16x16x8"}) {
    const isa::Hardware& hw = find_hardware(name);
    const Program before = compile(hw, apart, {true}), whole = compile(hw, merged, {true});
    check_program(merged, whole, 1, true, Timing::kLate);
    ASSERT_EQ(whole.ops.size() + 1, before.ops.size()) << "a copy";
    EXPECT_EQ(whole.macs(), before.macs());
    EXPECT_LE(whole.ops[3].exec_cycles, before.ops[1].exec_cycles + before.ops[4].exec_cycles);
  }
}

// Its input, shortcut and output in memory, strip by strip.
TEST(DownsamplingBlock, MergedShortcutIsReadInStrips) {
  for (const char* name : {"4x4x3", "8x8x8", "16x16x8"}) {
    isa::Hardware hw = find_hardware(name);
    int strips = 0, from_memory = 0;
    for (const int side : {20, 28, 36}) {
      const QNet merged = downsampling_block(side, true);
      for (hw.fb_depth = 1024; hw.fb_depth >= 32; hw.fb_depth /= 2) {
        for (const int batch : {1, 2}) {
          const std::optional<Program> program = compile_if_it_fits(hw, merged, {false, batch});
          if (!program) continue;
          check_program(merged, *program, 1, false, Timing::kLate);
          strips = std::max(strips, program->ops.back().strips);
          from_memory += std::any_of(
              program->buffer.begin(), program->buffer.end(), [&](const BufferUse& use) {
                return use.name == "strips of x" && use.last + 1 == std::ssize(program->ops);
              });
        }
      }
    }
    EXPECT_GT(strips, 1) << name;
    EXPECT_GT(from_memory, 0) << name << ": the shortcut is not read in strips";
  }
}

/// A convolution of stride 1 between two tensors of a network, with random weights.
QOp random_convolution(const QNet& net, PortableRandom& random, const char* name, int input,
                       int output, int kernel, int pad) {
  const QTensor& out = net.tensors[static_cast<std::size_t>(output)];
  QOp op;
  op.name = name;
  op.input = input;
  op.output = output;
  op.kernel_h = op.kernel_w = kernel;
  op.pad_top = op.pad_left = op.pad_bottom = op.pad_right = pad;
  for (int i = 0; i < out.channels * net.row_size(op); ++i) {
    const int sign = random.uniform() < 0.5 ? -1 : 1;
    op.term_values.push_back(sign * (1 << static_cast<int>(random.uniform() * 7)));
  }
  for (int c = 0; c < out.channels; ++c) op.params.push_back({100 * c, 30000, 22});
  op.post = {out.zero, -128, 127};
  return op;
}

/// A 3x3 convolution of an image, a maximum of stride 2 over its map of `side`, whose last window
/// ends in the map's last row or, with `kernel` 2 and an odd side, in the one after it; and, when
/// `classified`, a fully connected layer.
QNet pooled_convolution(int side, int kernel, bool classified) {
  PortableRandom random(13);
  QNet net;
  net.name = "pooled";
  const int half = (side - kernel + 1) / 2 + 1;
  net.tensors = {{"image", 3, side, side, 0.1, -128},
                 {"map", 16, side, side, 0.1, -128},
                 {"pooled", 16, half, half, 0.1, -128}};
  net.ops.push_back(random_convolution(net, random, "conv", 0, 1, 3, 1));
  QOp pool;
  pool.name = "pool";
  pool.kind = QKind::kMaxPool;
  pool.input = 1;
  pool.output = 2;
  pool.kernel_h = pool.kernel_w = kernel;
  pool.stride_h = pool.stride_w = 2;
  pool.pad_bottom = pool.pad_right = 2 * (half - 1) + kernel - side;
  pool.post = {-128, -128, 127};
  net.ops.push_back(pool);
  net.outputs = {{"scores", 2}};
  if (classified) {
    net.tensors.push_back({"scores", 64, 1, 1, 0.1, 0});
    net.ops.push_back(random_convolution(net, random, "classifier", 2, 3, half, 0));
    net.outputs = {{"scores", 3}};
  }
  return net;
}

TEST(PolyphaseTensor, HasItsExtensionRowWhereThatIsRead) {
  for (const char* name : {"4x4x3", "8x8x8", "16x16x8"}) {
    const isa::Hardware& hw = find_hardware(name);
    const QNet inside = pooled_convolution(13, 3, true), beyond = pooled_convolution(13, 2, true);
    const Program without = compile(hw, inside, {}), with = compile(hw, beyond, {});
    check_program(inside, without, 1, false, Timing::kLate);
    check_program(beyond, with, 1, false, Timing::kLate);
    EXPECT_EQ(without.ops.at(0).groups, (12 * 14 + 14 - 1) / hw.p + 1) << name;
    EXPECT_EQ(with.ops.at(0).groups, (13 * 14 + 14 - 1) / hw.p + 1) << name;
  }
}

// Networks of many depthwise layers. In two of them one pixel is added to all and read with
// stride 2.
TEST(Neighbours, DepthwiseNetworksEqualTheGraph) {
  const isa::Hardware& hw = find_hardware("mobile");
  std::vector<std::uint64_t> seeds{128, 169};
  for (std::uint64_t seed = 0; seed < 40; ++seed) seeds.push_back(seed);
  int found = 0;
  for (const std::uint64_t seed : seeds) {
    const QNet net = random_qnet(seed, {.weight_format = hw.weight_format,
                                        .mult_w = hw.mult_w,
                                        .slice_channels = hw.m,
                                        .tables = hw.tables,
                                        .depthwise = true,
                                        .requantise = seed % 2 == 0});
    for (const QOp& op : net.ops) found += neighbours_of(hw, net, op).has_value();
    check_program(net, compile(hw, net, {}), seed, false, Timing::kLate);
  }
  EXPECT_GT(found, 20);
}

// LOAD brings a classifier's weights to the end of a frame, for few are ahead in a small memory, so
// that the next image comes late.
TEST(Image, IsCutIntoStripsWhereItWouldBeWaitedFor) {
  isa::Hardware hw = find_hardware("4x4x3");
  hw.wm_depth = 128;
  for (const bool classified : {false, true}) {
    const QNet net = pooled_convolution(64, 2, classified);
    const Program program = compile(hw, net, {});
    check_program(net, program, 1, false, Timing::kLate);
    if (classified) {
      EXPECT_GT(program.ops.at(0).strips, 1);
    }
  }
}

/// What the program says of one image of several, and of all together.
struct Batched {
  bool one = false, all = false, front_in_strips = false;
  explicit Batched(const Program& program) {
    for (const OpReport& op : program.ops) {
      const bool of_image = op.name.find(", image ") != std::string::npos;
      one |= of_image;
      all |= !of_image;
      front_in_strips |= of_image && op.strips > 1;
    }
  }
};

TEST_P(RandomNetworks, BatchEqualsGraph) {
  isa::Hardware hw = GetParam();
  hw.acc_w = std::max(hw.acc_w, 28);
  hw.wm_depth = std::max(hw.wm_depth, 4096);
  hw.pm_depth = std::max(hw.pm_depth, 128);
  int together = 0, cut = 0;
  for (std::uint64_t seed = 1; seed <= 16; ++seed) {
    const bool store_all = seed % 2 == 0;
    const QNet net = random_qnet(seed, formats_of(hw));
    for (hw.fb_depth = 8192; hw.fb_depth >= 8; hw.fb_depth /= 4) {
      const std::optional<Program> program =
          compile_if_it_fits(hw, net, {store_all, 2 + static_cast<int>(seed % 2)});
      if (!program) break;
      const Batched batched(*program);
      (batched.one ? cut : together) += 1;
      ASSERT_TRUE(batched.all);
      check_program(net, *program, seed, store_all, seed % 4 < 2 ? Timing::kLate : Timing::kEager);
      if (HasFatalFailure()) return;
    }
  }
  EXPECT_GT(together, 0);
  EXPECT_GT(cut, 0);
}

// Smaller and smaller buffers: all images together, a cut, a front whose tensors are in memory.
TEST(Batch, CutsWhereImagesDoNotFitTogether) {
  for (const int batch : {1, 2, 3}) {
    int together = 0, cut = 0, front_in_strips = 0;
    for (const int side : {12, 16, 24, 32}) {
      const QNet net = downsampling_block(side);
      isa::Hardware hw = find_hardware("4x4x3");
      for (hw.fb_depth = 16384; hw.fb_depth >= 64; hw.fb_depth /= 2) {
        const std::optional<Program> program = compile_if_it_fits(hw, net, {false, batch});
        if (!program) break;
        ASSERT_EQ(program->batch, batch);
        const Batched batched(*program);
        (batched.one ? cut : together) += 1;
        front_in_strips += batched.front_in_strips;
        check_program(net, *program, 1, false, Timing::kLate);
        if (HasFatalFailure()) return;
      }
    }
    EXPECT_GT(together, 0) << batch;
    EXPECT_EQ(cut > 0, batch > 1) << batch;
    EXPECT_EQ(front_in_strips > 0, batch > 1) << batch;
  }
}

TEST(Batch, ThatDoesNotFitNamesTheOperation) {
  const QNet net = downsampling_block(24);
  isa::Hardware hw = find_hardware("4x4x3");
  hw.fb_depth = 1024;
  EXPECT_NO_THROW(compile(hw, net, {}));
  // Three outputs are 3 x 384 words.
  EXPECT_THAT(
      [&] {
        compile(hw, net, {false, 3});
      },
      ::testing::ThrowsMessage<Error>(
          ::testing::AllOf(::testing::HasSubstr("operation wide on 3 images"),
                           ::testing::HasSubstr("needed in all, it has 1024"))));
  for (const int batch : {0, -1}) {
    EXPECT_THAT(
        [&] {
          compile(hw, net, {false, batch});
        },
        ::testing::ThrowsMessage<Error>(::testing::HasSubstr("1 at least")));
  }
}

/// A fully connected layer.
QNet fully_connected(int inputs, int outputs) {
  PortableRandom random(11);
  QNet net;
  net.name = "fc";
  net.tensors = {{"image", inputs, 1, 1, 0.1, 0}, {"scores", outputs, 1, 1, 0.1, 0}};
  net.ops = {random_convolution(net, random, "fc", 0, 1, 1, 0)};
  net.outputs = {{"scores", 1}};
  return net;
}

/// Micro-ops that the LOADs of a frame bring.
std::int64_t loaded_uops(const Program& program) {
  std::int64_t uops = 0;
  for (std::size_t i = 0; i < program.descriptors.size(); ++i) {
    isa::Descriptor d{};
    std::memcpy(d.data(), program.image.data() + i * isa::kDescriptorBytes, isa::kDescriptorBytes);
    if (static_cast<isa::Opcode>(isa::get(d, isa::common::kOpcode)) == isa::Opcode::kLoadWeights) {
      uops += isa::get(d, isa::load_weights::kUops);
    }
  }
  return uops;
}

// Lists of an M-block that half of the weight memory holds, only the whole, and not even that.
TEST(Batch, LoadsListsOnceThatTheWeightMemoryHolds) {
  isa::Hardware hw = find_hardware("4x4x3");
  hw.wm_depth = 32;
  constexpr int kOutputs = 20, kMBlocks = 5, kBatch = 3;
  for (const int inputs : {8, 40, 96, 160}) {
    const QNet net = fully_connected(inputs, kOutputs);
    const Program program = compile(hw, net, {false, kBatch});
    check_program(net, program, 1, false, Timing::kLate);
    if (HasFatalFailure()) return;
    const std::int64_t list = std::int64_t{inputs} / hw.c, loads = list > hw.wm_depth ? kBatch : 1;
    EXPECT_EQ(loaded_uops(program), loads * list * kMBlocks) << inputs;
    EXPECT_EQ(program.ops.at(0).uops, list * kMBlocks) << inputs;
  }
}

/// The mean or the maximum of each channel of the image.
QNet global_pooling(QKind kind, int channels, int height, int width) {
  QNet net;
  net.name = "pool";
  net.tensors = {{"image", channels, height, width, 0.1, -3}, {"pooled", channels, 1, 1, 0.1, -3}};
  QOp op;
  op.name = "pool";
  op.kind = kind;
  op.input = 0;
  op.output = 1;
  op.kernel_h = height;
  op.kernel_w = width;
  if (kind == QKind::kAvgPool) {
    op.params.assign(static_cast<std::size_t>(channels), {3 * height * width, 21399, 18});
  }
  op.post = {-3, -128, 127};
  net.ops = {op};
  net.outputs = {{"scores", 1}};
  return net;
}

// Words of the source in turn through one list, which a part of the weight memory holds.
TEST(Batch, GlobalMaximumKeepsItsList) {
  for (const char* name : {"16x16x8", "32x16x7"}) {
    isa::Hardware hw = find_hardware(name);
    const QNet net = global_pooling(QKind::kMaxPool, 12 * hw.m, 4, 4);
    hw.wm_depth = 256;
    for (const int batch : {1, 2, 3}) {
      const Program program = compile(hw, net, {false, batch});
      check_program(net, program, 3, false, Timing::kLate);
      if (HasFatalFailure()) return;
      const OpReport& op = program.ops.at(0);
      EXPECT_GT(op.uops, hw.wm_depth / 2);
      if (batch == 1) continue;  // the last list may be shorter
      EXPECT_EQ(loaded_uops(program) * op.execs, op.uops * batch) << name;
    }
  }
}

// The mean of a map is made of sums of P pixels, one list for all words; on a core with fewer lanes
// of post-processing than channels, and where rows have gaps that are no pixel groups, pixel by
// pixel.
TEST(Mean, SumsOfPixelGroups) {
  struct Case {
    const char* hw;
    int height, width, uops;  ///< of a word
    bool sums = true;
  };
  for (const Case& c : {Case{"16x16x8", 7, 7, 7}, Case{"16x16x8", 1, 3, 1},
                        Case{"16x16x8_q2", 8, 8, 8}, Case{"16x16x8_q2", 7, 7, 7},
                        Case{"16x16x8_q2", 9, 9, 81, false}, Case{"32x16x7", 7, 7, 7 * 2},
                        Case{"32x16x4", 14, 14, 49 * 2}, Case{"4x4x2", 3, 3, 9, false}}) {
    const isa::Hardware hw = find_hardware(c.hw);
    for (const int words : {1, 5}) {
      const QNet net =
          global_pooling(QKind::kAvgPool, words * hw.m - (words > 1), c.height, c.width);
      for (const int batch : {1, 2}) {
        const Program program = compile(hw, net, {false, batch});
        check_program(net, program, 2, false, Timing::kLate);
        if (HasFatalFailure()) return;
      }
      const OpReport& op = compile(hw, net, {}).ops.at(0);
      EXPECT_EQ(op.uops, c.sums ? c.uops : c.uops * words) << c.hw;
    }
  }
}

// Pixels beside the map count 0 in the sums, which a bound below 0 would change.
TEST(Mean, OfCodesWithABound) {
  const isa::Hardware& hw = find_hardware("16x16x8_digit");
  for (const int highest : {-100, -1, 0, 100}) {
    QNet net = global_pooling(QKind::kAvgPool, hw.m, 7, 7);
    net.ops[0].in_cut = code_max(net.act_w) - highest;
    const Program program = compile(hw, net, {});
    check_program(net, program, 2, false, Timing::kLate);
    EXPECT_EQ(program.ops.at(0).uops, highest < 0 ? 49 : 7) << highest;
  }
}

// Weights of a long convolution go over the bus once for all images, part by part.
TEST(Batch, ConvolutionsInPartsShareThem) {
  const QNet net = downsampling_block(12);
  isa::Hardware hw = find_hardware("4x4x3");
  hw.wm_depth = 64;
  const Program one = compile(hw, net, {}), three = compile(hw, net, {false, 3});
  check_program(net, three, 2, false, Timing::kLate);
  ASSERT_EQ(one.ops.size(), three.ops.size()) << "a cut";
  EXPECT_GT(one.ops[0].execs + one.ops[1].execs + one.ops[3].execs, 3) << "no list in parts";
  // The plans may differ: one image may read a part again for a further strip.
  EXPECT_LE(loaded_uops(three), loaded_uops(one));
  for (std::size_t i = 0; i < one.ops.size(); ++i) {
    EXPECT_EQ(three.ops[i].execs % 3, 0) << "parts may be smaller than those of one image";
    EXPECT_EQ(three.ops[i].macs, 3 * one.ops[i].macs);
    EXPECT_LE(three.ops[i].weight_bytes_bus, one.ops[i].weight_bytes_bus);
    EXPECT_LE(three.ops[i].exec_cycles, 3 * one.ops[i].exec_cycles);
  }
}

// Fewer activation bits and exponents than the core has.
TEST(Formats, NarrowerNetworksRunOnACore) {
  const isa::Hardware& hw = find_hardware("4x4x3_a10t5");
  for (const int act_w : {6, 7, 8, 9}) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      RandomNetworkOptions options = formats_of(hw);
      options.act_w = act_w;
      options.weight_format = 3 + static_cast<int>(seed);
      const QNet net = random_qnet(seed, options);
      check_program(net, compile(hw, net, {.store_all = true}), seed, true, Timing::kLate);
      if (HasFatalFailure()) return;
    }
  }
  const QNet wide = random_qnet(1, {.act_w = 11});
  EXPECT_THROW(compile(hw, wide, {}), Error);
}

/// One configuration each of those that make the same programs of these networks: the others have
/// another bus, deeper memories or more lanes of post-processing, which planning sees where
/// memories are scarce.
std::vector<isa::Hardware> differing() {
  using Differences = std::tuple<int, int, int, int, int, int, int, int, int>;
  std::map<Differences, isa::Hardware> found;
  for (const isa::Hardware& hw : isa::kConfigurations) {
    found.emplace(Differences{hw.m, hw.c, hw.p, hw.act_w, hw.weight_format, hw.mult_w == 1,
                              hw.neighbours, hw.weight_streams, hw.requantise},
                  hw);
  }
  const auto hardware = std::views::values(found);
  return {hardware.begin(), hardware.end()};
}

INSTANTIATE_TEST_SUITE_P(All, RandomNetworks, ::testing::ValuesIn(differing()),
                         [](const auto& param) { return "Hw" + std::string(param.param.name); });

}  // namespace
}  // namespace reshift
