// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <random>

#include "base/container.hpp"
#include "base/error.hpp"
#include "compile/compile.hpp"
#include "compile/hardware.hpp"
#include "golden/program_interpreter.hpp"
#include "golden/random_network.hpp"
#include "spec/fields.hpp"

namespace reshift {
namespace {

using ::testing::HasSubstr;

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
  op.post = {-128, -128, 127, 0, 0, 0};
  net.ops = {op};
  net.output = 1;
  return net;
}

class ProgramFile : public ::testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }
  std::string path_ = ::testing::TempDir() + "reshift_program_test.program";
};

TEST_F(ProgramFile, LoadsWhatWasSaved) {
  const spec::Hardware& hw = find_hardware("4x4x3");
  const Program program = compile(hw, random_qnet(3), {true});
  program.save(path_);
  const Program loaded = Program::load(path_);
  EXPECT_EQ(loaded.image, program.image);
  EXPECT_EQ(loaded.descriptors, program.descriptors);
  EXPECT_EQ(loaded.table, program.table);
  EXPECT_EQ(loaded.input_layout, program.input_layout);
  EXPECT_EQ(report_json(loaded), report_json(program));
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

TEST(Hardware, UnknownNameListsTheKnown) {
  for (const spec::Hardware& hw : spec::kConfigurations) {
    EXPECT_THAT(error_of([] { find_hardware("9x9x9"); }), HasSubstr(hw.name));
  }
}

TEST(Compile, NamesTheOperationThatIsUnsupported) {
  QNet net = one_conv(4, 12, 4);
  net.tensors.push_back({"late", 4, 4, 4, 0.1, -128});
  QOp op = net.ops[0];
  op.name = "conv2";
  op.input = 1;
  op.output = 2;
  op.stride_h = op.stride_w = 3;
  net.ops.push_back(op);
  net.output = 2;
  const std::string error = error_of([&] { compile(find_hardware("4x4x3"), net, {}); });
  EXPECT_THAT(error, HasSubstr("conv2"));
  EXPECT_THAT(error, HasSubstr("stride 3x3"));
}

TEST(Compile, ProvesThatAccumulatorsFit) {
  // 9 * 40 weights of 64 with codes up to 128: 2949120.
  QNet net = one_conv(40, 4, 2);
  for (auto& value : net.ops[0].term_values) value = 64;
  EXPECT_EQ(error_of([&] { compile(find_hardware("4x4x3"), net, {}); }), "");
  spec::Hardware narrow = find_hardware("4x4x3");
  narrow.acc_w = 22;  // less than 2^21 = 2097152
  const std::string error = error_of([&] { compile(narrow, net, {}); });
  EXPECT_THAT(error, HasSubstr("conv1"));
  EXPECT_THAT(error, HasSubstr("2949120"));
  net.ops[0].params[1].bias = 2147483647;
  EXPECT_THAT(error_of([&] { compile(find_hardware("4x4x3"), net, {}); }), HasSubstr("channel 1"));
}

TEST(Compile, SaysWhatDoesNotFitTheFeatureBuffer) {
  spec::Hardware small = find_hardware("4x4x3");
  small.fb_depth = 64;
  const std::string error = error_of([&] { compile(small, one_conv(4, 16, 4), {}); });
  EXPECT_THAT(error, HasSubstr("conv1"));
  EXPECT_THAT(error, HasSubstr("64"));
}

TEST(Compile, PacksTheKernelOfAThreeChannelImage) {
  // 27 slots in two slices of 16: 2 tiles; kernel columns: 9 slots in one slice, 3 tiles. Both are
  // below the 8 cycles that post-processing takes, so the smaller image wins.
  const Program program = compile(find_hardware("16x16x8"), one_conv(3, 32, 16), {});
  EXPECT_EQ(program.table.slots.size(), 9u);
  EXPECT_EQ(program.ops[0].entries, 3);
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
  EXPECT_EQ(compile(find_hardware("16x16x8"), net, {}).ops[0].entries, 10);
}

/// A valid program whose descriptor `index` was changed by `change`, its checksum right again.
Program changed_program(std::size_t index, const std::function<void(spec::Descriptor&)>& change,
                        bool seal = true) {
  Program program = compile(find_hardware("4x4x3"), one_conv(3, 8, 4), {});
  spec::Descriptor d;
  auto* at = program.image.data() + index * spec::kDescriptorBytes;
  std::memcpy(d.data(), at, sizeof d);
  change(d);
  if (seal) spec::seal(d);
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
  const auto none = [](spec::Descriptor&) {};
  EXPECT_EQ(run_error(changed_program(3, none)), "");
  EXPECT_THAT(run_error(changed_program(
                  3, [](auto& d) { d[5] ^= 4; }, false)),
              HasSubstr("descriptor 3: checksum"));
  EXPECT_THAT(
      run_error(changed_program(2, [](auto& d) { spec::set(d, spec::common::kOpcode, 9); })),
      HasSubstr("opcode 9"));
  EXPECT_THAT(run_error(changed_program(0, [](auto& d) { spec::set(d, spec::begin::kM, 8); })),
              HasSubstr("the core has 4"));
  EXPECT_THAT(run_error(changed_program(
                  2, [](auto& d) { spec::set(d, spec::load_weights::kOffset, 1 << 20); })),
              HasSubstr("outside the program window"));
  EXPECT_THAT(run_error(changed_program(
                  4, [](auto& d) { spec::set(d, spec::store_features::kOffset, 1 << 20); })),
              HasSubstr("leave the window"));
  EXPECT_THAT(run_error(changed_program(3, [](auto& d) { spec::set(d, spec::exec::kMGroups, 2); })),
              HasSubstr("wait for each other"));
  EXPECT_THAT(
      run_error(changed_program(1, [](auto& d) { spec::set(d, spec::common::kPostExec, 0); })),
      HasSubstr("wait for each other"));
}

}  // namespace
}  // namespace reshift
