// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "program/program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <functional>
#include <random>
#include <tuple>

#include "base/container.hpp"
#include "base/error.hpp"
#include "base/mutations.hpp"
#include "compile/compile.hpp"
#include "compile/report.hpp"
#include "golden/graph_interpreter.hpp"
#include "golden/program_interpreter.hpp"
#include "golden/random_network.hpp"
#include "isa/descriptors.hpp"
#include "isa/fields.hpp"
#include "program/hardware.hpp"

namespace reshift {
namespace {

using ::testing::HasSubstr;
using Timing = ProgramInterpreter::Timing;

/// What the Error says that `action` throws; empty when it throws none.
std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

/// One 3x3 convolution, stride and padding 1, weights 1, on `channels` x `side` x `side`.
QNet one_conv(int channels, int side, int outputs) {
  QNet net;
  net.name = "one";
  net.tensors = {{"image", channels, side, side, 0.1, -128},
                 {"out", outputs, side, side, 0.1, -128}};
  QOp op;
  op.name = "conv1";
  op.input = 0;
  op.output = 1;
  op.kernel_h = op.kernel_w = 3;
  op.pad_top = op.pad_left = op.pad_bottom = op.pad_right = 1;
  op.term_values.assign(static_cast<std::size_t>(channels * outputs * 9), 1);
  op.params.assign(static_cast<std::size_t>(outputs), {0, 1, 0});
  op.post = {-128, -128, 127};
  net.ops = {op};
  net.outputs = {{"scores", 1}};
  return net;
}

class ProgramFile : public ::testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }
  std::string path_ = ::testing::TempDir() + "reshift_program_test.program";
};

TEST_F(ProgramFile, LoadsWhatWasSaved) {
  const isa::Hardware& hw = find_hardware("4x4x3");
  const Program program = compile(hw, random_qnet(3), {true});
  program.save(path_);
  const Program loaded = Program::load(path_);
  EXPECT_EQ(loaded.image, program.image);
  EXPECT_EQ(loaded.descriptors, program.descriptors);
  EXPECT_EQ(loaded.table, program.table);
  EXPECT_EQ(loaded.input_layout, program.input_layout);
  EXPECT_EQ(report_json(loaded), report_json(program));
  ASSERT_EQ(loaded.buffer.size(), program.buffer.size());
  EXPECT_EQ(loaded.buffer.back().name, program.buffer.back().name);
  EXPECT_EQ(loaded.buffer.back().words, program.buffer.back().words);
  const auto image = random_image(program.net, 1);
  EXPECT_EQ(loaded.input_window(image), program.input_window(image));
}

TEST_F(ProgramFile, RefusesDamage) {
  compile(find_hardware("4x4x3"), random_qnet(3), {false}).save(path_);
  const auto bytes = read_file(path_);
  const std::string whole(bytes.begin(), bytes.end());
  for (const std::size_t length :
       {std::size_t{0}, std::size_t{20}, whole.size() / 2, whole.size() - 1}) {
    write_file(path_, whole.substr(0, length));
    EXPECT_THROW(Program::load(path_), Error) << length << " bytes";
  }
  std::string changed = whole;
  changed[whole.size() / 2] ^= 1;
  write_file(path_, changed);
  EXPECT_THROW(Program::load(path_), Error);
  random_qnet(3).save(path_);
  EXPECT_THAT(error_of([this] { Program::load(path_); }), HasSubstr(path_));
}

TEST_F(ProgramFile, EveryDamageWithTheRightChecksum) {
  const isa::Hardware& hw = find_hardware("4x4x3");
  compile(hw, one_conv(1, 3, 2), {}).save(path_);
  const auto accepted = read_damaged_content(path_, "PROGRAM", [&] {
    const Program program = Program::load(path_);
    // What it says of the windows holds.
    const auto window = program.input_window(random_image(program.net, 1));
    program.stored_codes(program.output(),
                         std::vector<std::uint8_t>(static_cast<std::size_t>(program.out_stride)));
    report_json(program);
  });
  EXPECT_GT(accepted, 0u);  // another letter of a name, another weight
}

TEST(Compile, NamesTheOperationThatIsUnsupported) {
  QNet net = one_conv(4, 60, 4);
  net.tensors.push_back({"late", 4, 4, 4, 0.1, -128});
  QOp op = net.ops[0];
  op.name = "conv2";
  op.input = 1;
  op.output = 2;
  op.stride_h = op.stride_w = 17;
  net.ops.push_back(op);
  net.outputs = {{"scores", 2}};
  const std::string error = error_of([&] { compile(find_hardware("4x4x3"), net, {}); });
  EXPECT_THAT(error, HasSubstr("conv2"));
  EXPECT_THAT(error, HasSubstr("stride 17x17"));
}

TEST(Compile, NamesTheShortcutThatIsUnsupported) {
  // Reads 12x12 pixels, and the image, of 14x14, as its shortcut.
  const auto error_with = [](int side, int kernel, int pad, int shortcut_stride) {
    QNet net = one_conv(3, 14, 4);
    QOp op = net.ops[0];
    net.tensors[1].height = net.tensors[1].width = 12;
    net.ops[0].pad_top = net.ops[0].pad_left = net.ops[0].pad_bottom = net.ops[0].pad_right = 0;
    net.tensors.push_back({"sum", 4, side, side, 0.1, -128});
    op.name = "conv2";
    op.input = 1;
    op.shortcut = 0;
    op.shortcut_stride = shortcut_stride;
    op.output = 2;
    net.outputs = {{"scores", 2}};
    op.kernel_h = op.kernel_w = kernel;
    op.pad_top = op.pad_left = op.pad_bottom = op.pad_right = pad;
    op.term_values.assign(static_cast<std::size_t>(4 * net.row_size(op)), 1);
    net.ops.push_back(op);
    return error_of([&] { compile(find_hardware("4x4x3"), net, {}); });
  };
  EXPECT_EQ(error_with(7, 6, 0, 2), "");
  EXPECT_THAT(error_with(5, 8, 0, 3), HasSubstr("conv2: a shortcut of stride 3"));
  EXPECT_EQ(error_with(14, 1, 1, 1), "");  // reads a padded copy
}

/// An image of 3 channels through two convolutions of 1x1 side by side, whose channels a third one
/// sums; the second starts at `first` channels and has `second`.
QNet two_slices(int first, int second) {
  QNet net;
  net.name = "slices";
  net.tensors = {{"image", 3, 6, 6, 0.1, -128},
                 {"both", first + second, 6, 6, 0.1, -128},
                 {"out", 2, 6, 6, 0.1, -128}};
  const auto add = [&](const char* name, int input, int output, int first_channel, int channels) {
    QOp op;
    op.name = name;
    op.input = input;
    op.output = output;
    op.first_channel = first_channel;
    const auto count = net.tensors[static_cast<std::size_t>(input)].channels * channels;
    for (int i = 0; i < count; ++i) op.term_values.push_back(static_cast<std::int16_t>(1 << i % 3));
    for (int c = 0; c < channels; ++c) op.params.push_back({1280 - 31 * c, 20000, 18});
    op.post = {-128, -128, 127};
    net.ops.push_back(op);
  };
  add("left", 0, 1, 0, first);
  add("right", 0, 1, first, second);
  add("sum", 1, 2, 0, 2);
  net.outputs = {{"scores", 2}};
  return net;
}

/// The output of a program for an image, by the interpreter at its slowest.
std::vector<std::int32_t> run_program(const Program& program, std::span<const std::int32_t> image) {
  const auto output =
      ProgramInterpreter(program.hw, program.image, ProgramInterpreter::Timing::kLate)
          .run(program.input_window(image), program.in_stride, program.out_stride);
  return program.stored_codes(program.output(), output);
}

TEST(Compile, SlicesBeginAtWholeWords) {
  // On M = 4, 16 and 32: slices of whole words, and a last one that ends within a word.
  for (const auto& [name, first, second] :
       std::vector<std::tuple<const char*, int, int>>{{"4x4x3", 8, 4},
                                                      {"4x4x3", 4, 7},
                                                      {"16x16x8", 16, 16},
                                                      {"16x16x8", 32, 5},
                                                      {"32x16x7", 32, 32},
                                                      {"32x16x7", 64, 1}}) {
    SCOPED_TRACE(fmt::format("{} {} {}", name, first, second));
    const QNet net = two_slices(first, second);
    const Program program = compile(find_hardware(name), net, {});
    EXPECT_EQ(program.ops[0].m_blocks, first / program.hw.m);
    EXPECT_EQ(program.ops[1].m_blocks, (second + program.hw.m - 1) / program.hw.m);
    const auto image = random_image(net, 7);
    EXPECT_EQ(run_program(program, image), run_graph(net, image)[2]);
    QNet part = net;  // the sliced tensor itself is what is stored
    part.ops.pop_back();
    part.tensors.pop_back();
    part.outputs = {{"joined", 1}};
    EXPECT_EQ(run_program(compile(find_hardware(name), part, {}), image), run_graph(net, image)[1]);
  }
}

/// Two convolutions one behind the other, with tables.
QNet with_tables(int first, int second) {
  QNet net = two_slices(4, 4);
  const auto table = [](int shift) {
    std::vector<std::int16_t> codes;
    for (int i = 0; i < 256; ++i)
      codes.push_back(static_cast<std::int16_t>((i + shift) % 256 - 128));
    return codes;
  };
  net.ops[0].table = net.ops[1].table = table(first);
  net.ops[2].table = table(second);
  return net;
}

TEST(Compile, LoadsEachTableOnceBeforeItsFirstWeights) {
  isa::Hardware hw = find_hardware("4x4x3");
  hw.tables = 2;
  const Program program = compile(hw, with_tables(3, 9), {});
  std::vector<std::string> loads;
  std::copy_if(program.descriptors.begin(), program.descriptors.end(), std::back_inserter(loads),
               [](const std::string& d) {
                 return d.starts_with("load_weights") || d.starts_with("load_table");
               });
  EXPECT_THAT(loads,
              ::testing::ElementsAre("load_table 1", "load_weights left", "load_weights right",
                                     "load_table 2", "load_weights sum"));
  const auto image = random_image(program.net, 7);
  EXPECT_EQ(run_program(program, image), run_graph(program.net, image)[2]);
}

TEST(Compile, NamesTheOperationThatNeedsATable) {
  isa::Hardware hw = find_hardware("4x4x3");
  hw.tables = 0;
  EXPECT_THAT(error_of([&] { compile(hw, with_tables(3, 3), {}); }),
              HasSubstr("operation left: a function of codes, and 4x4x3 has no tables"));
}

// A place for one table, two of which a frame needs: the second waits for the last EXEC of the
// first, and the first one of the next frame for that of the second.
TEST(Compile, LoadsATableAgainWhereAnotherOneWas) {
  isa::Hardware hw = find_hardware("4x4x3");
  hw.tables = 1;
  const Program program = compile(hw, with_tables(3, 9), {});
  std::vector<std::string> order;
  for (std::size_t i = 0; i < program.descriptors.size(); ++i) {
    isa::Descriptor d;
    std::memcpy(d.data(), program.image.data() + i * isa::kDescriptorBytes, sizeof d);
    const std::string& name = program.descriptors[i];
    if (name.starts_with("load_table")) {
      const auto load = isa::decode<isa::LoadTable>(d);
      EXPECT_EQ(load.number, 1);
      EXPECT_TRUE(load.wait_exec) << name;
      order.push_back(name);
    } else if (name.starts_with("exec")) {
      const auto exec = isa::decode<isa::Exec>(d);
      EXPECT_EQ(exec.table_index, 1) << name;
      EXPECT_EQ(exec.post_load, name != "exec left") << name;
      order.push_back(name);
    }
  }
  EXPECT_THAT(order, ::testing::ElementsAre("load_table 1", "exec left", "exec right",
                                            "load_table 2", "exec sum"));
  for (const Timing timing : {Timing::kLate, Timing::kEager}) {
    const auto image = random_image(program.net, 7);
    std::vector<std::uint8_t> input = program.input_window(image);
    input.resize(static_cast<std::size_t>(program.frame_in_stride()));
    std::vector<std::uint8_t> frames = input;
    frames.insert(frames.end(), input.begin(), input.end());
    const auto output = ProgramInterpreter(hw, program.image, timing)
                            .run(frames, program.frame_in_stride(), program.frame_out_stride());
    const auto expected = run_graph(program.net, image)[2];
    const auto stride = static_cast<std::size_t>(program.frame_out_stride());
    for (const std::size_t frame : {0, 1}) {
      EXPECT_EQ(
          program.stored_codes(program.output(), std::span(output).subspan(frame * stride, stride)),
          expected);
    }
  }
}

TEST(Compile, SlicesBeginWithinWords) {
  const QNet net = two_slices(24, 8);
  const auto image = random_image(net, 7);
  const Program aligned = compile(find_hardware("4x4x3"), net, {});
  EXPECT_EQ(aligned.support[2].verdict, Support::Verdict::kAccepted);
  const Program program = compile(find_hardware("16x16x8"), net, {});
  EXPECT_EQ(run_program(program, image), run_graph(net, image)[2]);
  EXPECT_THAT(program.support[2].reason, HasSubstr("weights of 0 for gaps"));
  QNet part = net;
  part.ops.pop_back();
  part.tensors.pop_back();
  part.outputs = {{"joined", 1}};
  const Program stored = compile(find_hardware("16x16x8"), part, {});
  EXPECT_EQ(stored.output().layout.channels, 40);
  EXPECT_EQ(run_program(stored, image), run_graph(net, image)[1]);
}

TEST(Compile, ASliceIsNotWrittenOverItsResidual) {
  // "left" adds a tensor of its own size that nothing reads after it: in place, but for the slice.
  QNet net = two_slices(4, 4);
  net.tensors.push_back({"skip", 4, 6, 6, 0.1, -128});
  QOp skip = net.ops[0];
  skip.name = "skip";
  skip.output = 3;
  net.ops.insert(net.ops.begin(), skip);
  QOp& left = net.ops[1];
  left.residual = 3;
  left.post.res_zero = -128;
  left.post.res_factor = 1 << 16;
  const Program program = compile(find_hardware("4x4x3"), net, {});
  EXPECT_FALSE(program.ops[1].in_place);
  const auto image = random_image(net, 3);
  EXPECT_EQ(run_program(program, image), run_graph(net, image)[2]);
}

TEST(Compile, StoresASlicedTensorOnce) {
  // With an operation between the two that write it, whose tensor is stored first.
  QNet net = two_slices(4, 4);
  net.tensors.push_back({"between", 4, 6, 6, 0.1, -128});
  QOp between = net.ops[0];
  between.name = "between";
  between.output = 3;
  net.ops.insert(net.ops.begin() + 1, between);
  const Program program = compile(find_hardware("4x4x3"), net, {.store_all = true});
  std::vector<int> stored;
  for (const StoredTensor& t : program.stored) stored.push_back(t.tensor);
  EXPECT_THAT(stored, ::testing::ElementsAre(3, 1, 2));
  const auto image = random_image(net, 5);
  const auto expected = run_graph(net, image);
  const auto output =
      ProgramInterpreter(program.hw, program.image, ProgramInterpreter::Timing::kLate)
          .run(program.input_window(image), program.in_stride, program.out_stride);
  for (const StoredTensor& t : program.stored) {
    EXPECT_EQ(program.stored_codes(t, output), expected[static_cast<std::size_t>(t.tensor)]);
  }
}

// The interpreter's late results do not show it: the first operation that writes the output has to
// wait until that of the frame before is stored, the store for the last.
TEST(Compile, NoSliceOfTheOutputIsWrittenBeforeTheLastFrameIsStored) {
  QNet net = two_slices(4, 4);
  net.ops.pop_back();
  net.tensors.pop_back();
  net.outputs = {{"scores", 1}};
  const Program program = compile(find_hardware("4x4x3"), net, {});
  const auto tokens = [&](const std::string& name) {
    const auto found = std::find(program.descriptors.begin(), program.descriptors.end(), name);
    isa::Descriptor d;
    std::memcpy(
        d.data(),
        program.image.data() + (found - program.descriptors.begin()) * isa::kDescriptorBytes,
        sizeof d);
    return std::pair(isa::get(d, isa::common::kWaitStore), isa::get(d, isa::common::kPostStore));
  };
  EXPECT_EQ(tokens("exec left"), std::pair(1u, 0u));
  EXPECT_EQ(tokens("exec right"), std::pair(0u, 1u));
}

TEST(Compile, ProvesThatAccumulatorsFit) {
  // 9 * 40 weights of 64 with codes up to 128: 2949120.
  QNet net = one_conv(40, 4, 2);
  for (auto& value : net.ops[0].term_values) value = 64;
  EXPECT_EQ(error_of([&] { compile(find_hardware("4x4x3"), net, {}); }), "");
  isa::Hardware narrow = find_hardware("4x4x3");
  narrow.acc_w = 22;  // less than 2^21 = 2097152
  const std::string error = error_of([&] { compile(narrow, net, {}); });
  EXPECT_THAT(error, HasSubstr("conv1"));
  EXPECT_THAT(error, HasSubstr("2949120"));
  net.ops[0].params[1].bias = 2147483647;
  EXPECT_THAT(error_of([&] { compile(find_hardware("4x4x3"), net, {}); }), HasSubstr("channel 1"));
}

TEST(Compile, SaysWhatDoesNotFitTheFeatureBuffer) {
  isa::Hardware small = find_hardware("4x4x3");
  small.fb_depth = 64;
  const std::string error = error_of([&] { compile(small, one_conv(4, 16, 4), {}); });
  EXPECT_THAT(error, HasSubstr("conv1"));
  EXPECT_THAT(error, HasSubstr("64"));
}

TEST(Compile, PacksTheKernelOfAThreeChannelImage) {
  // 27 channels in two C-blocks of 16: 2 tiles; kernel columns: 9 channels in one C-block, 3 tiles.
  // Both are below the 8 cycles that post-processing takes, so the smaller image wins.
  const Program program = compile(find_hardware("16x16x8"), one_conv(3, 32, 16), {});
  EXPECT_EQ(program.table.rows.size(), 9u);
  EXPECT_EQ(program.ops[0].uops, 3);
  EXPECT_EQ(program.support[0].verdict, Support::Verdict::kRewritten);
}

TEST(Compile, PutsTwoTermsOnlyWhereAWeightNeedsThem) {
  QNet net = one_conv(16, 8, 16);
  net.ops[0].terms = 2;
  std::vector<std::int16_t> terms;
  for (const std::int16_t value : net.ops[0].term_values) terms.insert(terms.end(), {0, value});
  terms[1] = 1;
  terms[0] = 2;  // the only weight with two terms: tap (0, 0)
  net.ops[0].term_values = terms;
  EXPECT_EQ(compile(find_hardware("16x16x8"), net, {}).ops[0].uops, 10);
}

/// A valid program whose descriptor `index` was changed by `change`, its checksum right again.
Program changed_program(std::size_t index, const std::function<void(isa::Descriptor&)>& change,
                        bool seal = true) {
  Program program = compile(find_hardware("4x4x3"), one_conv(3, 8, 4), {});
  isa::Descriptor d;
  auto* at = program.image.data() + index * isa::kDescriptorBytes;
  std::memcpy(d.data(), at, sizeof d);
  change(d);
  if (seal) isa::seal(d);
  std::memcpy(at, d.data(), sizeof d);
  return program;
}

std::string run_error(const Program& program) {
  return error_of([&] {
    const auto window = program.input_window(random_image(program.net, 1));
    ProgramInterpreter(program.hw, program.image)
        .run(window, program.in_stride, program.out_stride);
  });
}

TEST(ProgramInterpreter, RefusesMalformedPrograms) {
  // begin, load_features, load_weights, exec, store_features, end
  const auto none = [](isa::Descriptor&) {};
  EXPECT_EQ(run_error(changed_program(3, none)), "");
  EXPECT_THAT(run_error(changed_program(
                  3, [](auto& d) { d[5] ^= 4; }, false)),
              HasSubstr("descriptor 3: checksum"));
  EXPECT_THAT(run_error(changed_program(2, [](auto& d) { isa::set(d, isa::common::kOpcode, 9); })),
              HasSubstr("opcode 9"));
  EXPECT_THAT(run_error(changed_program(0, [](auto& d) { isa::set(d, isa::init::kM, 8); })),
              HasSubstr("the core has 4"));
  EXPECT_THAT(run_error(changed_program(
                  2, [](auto& d) { isa::set(d, isa::load_weights::kOffset, 1 << 20); })),
              HasSubstr("outside the program window"));
  EXPECT_THAT(run_error(changed_program(
                  4, [](auto& d) { isa::set(d, isa::store_features::kOffset, 1 << 20); })),
              HasSubstr("leave the window"));
  EXPECT_THAT(run_error(changed_program(3, [](auto& d) { isa::set(d, isa::exec::kMBlocks, 2); })),
              HasSubstr("wait for each other"));
  EXPECT_THAT(
      run_error(changed_program(1, [](auto& d) { isa::set(d, isa::common::kPostExec, 0); })),
      HasSubstr("wait for each other"));
}

}  // namespace
}  // namespace reshift
