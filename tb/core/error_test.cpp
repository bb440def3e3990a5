// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

// What goes wrong stops the whole core with cause and place readable and the interrupt raised, and
// after a soft reset it runs the next program.

#include <functional>

#include "core/core_case.hpp"

#include RESHIFT_MODEL_HEADER

namespace reshift {
namespace {

using Core = CoreBench<RESHIFT_MODEL>;
constexpr std::uint32_t kStatusError = 1 << 2;
constexpr std::uint32_t kStatusResetting = 1 << 3;
constexpr std::uint32_t kIrqError = 1 << 1;

class CoreErrors : public testing::Test {
 protected:
  /// Runs `program`, which must stop with `cause`; then a soft reset and a good run.
  void expect_stop(
      const Program& program, isa::Error cause, const std::function<void()>& break_memory = [] {}) {
    break_memory();
    core.run(program, good.inputs, good.frames);
    EXPECT_EQ(core.get(isa::reg::kErrCause), static_cast<std::uint32_t>(cause));
    EXPECT_TRUE(core.get(isa::reg::kStatus) & kStatusError);
    EXPECT_EQ(core.get(isa::reg::kIrqStatus), kIrqError);
    EXPECT_NE(core.master().write(isa::reg::kCtrl, 1), AxiResponse::kOkay)
        << "a start is refused until the reset";
    descriptor = core.get(isa::reg::kErrDescriptor);
    address = core.get(isa::reg::kErrAddrLo);

    core.memory().clear_failures();
    core.set(isa::reg::kIrqStatus, kIrqError);
    core.set(isa::reg::kCtrl, 2);
    for (int i = 0; core.get(isa::reg::kStatus) & kStatusResetting; ++i)
      ASSERT_LT(i, kHardware.fb_depth);
    EXPECT_FALSE(core.bench()->irq);
    good.run_and_compare(core);
  }

  /// The good program with one word of a descriptor changed; the checksum follows unless told not
  /// to.
  Program with_word(int index, int word, std::uint32_t flip, bool keep_sum = true) {
    Program program = good.program;
    auto* words =
        reinterpret_cast<std::uint32_t*>(program.image.data()) + index * isa::kDescriptorWords;
    const std::uint32_t old = words[word];
    words[word] ^= flip;
    if (keep_sum) words[isa::kDescriptorWords - 1] -= words[word] - old;
    return program;
  }

  const CoreCase good{7, false, 2};
  Core core{kHardware, CoreRunOptions{}};
  std::uint32_t descriptor = 0, address = 0;
};

TEST_F(CoreErrors, WrongChecksum) {
  expect_stop(with_word(1, 5, 1, false), isa::Error::kBadChecksum);
  EXPECT_EQ(descriptor, 1u);
}

TEST_F(CoreErrors, UnknownOpcode) {
  const auto* words = reinterpret_cast<const std::uint32_t*>(good.program.image.data());
  expect_stop(with_word(2, 0, (words[2 * isa::kDescriptorWords] & 0xf) ^ 0xf),
              isa::Error::kBadOpcode);
  EXPECT_EQ(descriptor, 2u);
}

TEST_F(CoreErrors, AnotherConfiguration) {
  expect_stop(with_word(0, isa::init::kP.word, 1 << isa::init::kP.lsb), isa::Error::kBadConfig);
  EXPECT_EQ(descriptor, 0u);
}

TEST_F(CoreErrors, ReadErrorInAWeightBlock) {
  // The last bytes of the program are weight tiles.
  const auto last = static_cast<std::uint32_t>(Core::kProgBase + good.program.image.size() - 64);
  expect_stop(good.program, isa::Error::kReadSlverr,
              [&] { core.memory().fail_addresses(last, 64, AxiResponse::kSlverr); });
  EXPECT_LE(address, last + 63);
}

TEST_F(CoreErrors, ReadErrorInTheImage) {
  expect_stop(good.program, isa::Error::kReadDecerr,
              [&] { core.memory().fail_addresses(Core::kInBase, 16, AxiResponse::kDecerr); });
  EXPECT_EQ(address, Core::kInBase);
}

TEST_F(CoreErrors, WriteErrorInTheOutput) {
  expect_stop(good.program, isa::Error::kWriteSlverr,
              [&] { core.memory().fail_addresses(core.out_base(), 16, AxiResponse::kSlverr); });
}

}  // namespace
}  // namespace reshift
