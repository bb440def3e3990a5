// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

// What goes wrong stops the whole core with cause and place readable and the interrupt raised, and
// after a soft reset it runs the next program.

#include <functional>
#include <random>

#include "core/core_case.hpp"
#include "program/weight_block.hpp"

#include RESHIFT_MODEL_HEADER

namespace reshift {
namespace {

using Core = CoreBench<RESHIFT_MODEL>;

class CoreErrors : public testing::Test {
 protected:
  /// Runs `program` on the good inputs, or those of another case; it must stop with `cause`. Then a
  /// soft reset and a good run.
  void expect_stop(
      const Program& program, isa::Error cause, const std::function<void()>& break_memory = [] {},
      const CoreCase* other = nullptr) {
    core.set(isa::reg::kIrqStatus, 7);
    break_memory();
    const CoreCase& ran = other ? *other : good;
    core.run(program, ran.inputs, ran.frames);
    EXPECT_EQ(core.get(isa::reg::kErrCause), static_cast<std::uint32_t>(cause));
    EXPECT_TRUE(core.get(isa::reg::kStatus) & isa::reg::status::kError.mask());
    EXPECT_EQ(core.get(isa::reg::kIrqStatus), isa::reg::irq_status::kError.mask());
    EXPECT_NE(core.master().write(isa::reg::kCtrl, 1), AxiResponse::kOkay)
        << "a start is refused until the reset";
    descriptor = core.get(isa::reg::kErrDescriptor);
    address = core.get(isa::reg::kErrAddrLo);

    core.memory().clear_failures();
    core.set(isa::reg::kIrqStatus, isa::reg::irq_status::kError.mask());
    core.set(isa::reg::kCtrl, 2);
    for (int i = 0; core.get(isa::reg::kStatus) & isa::reg::status::kResetting.mask(); ++i)
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

/// The weight blocks of a program: their places in it.
std::vector<std::size_t> weight_blocks(const Program& program) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < program.descriptors.size(); ++i) {
    if (isa::opcode(descriptor_of(program, i)) == isa::Opcode::kLoadWeights) found.push_back(i);
  }
  return found;
}

// A flipped bit anywhere in a weight block: nothing is stored after it.
TEST_F(CoreErrors, AFlippedBitInAWeightBlock) {
  if (!kHardware.weight_check) GTEST_SKIP() << "the core does not check them";
  std::mt19937 random(5);
  for (const std::size_t index : weight_blocks(good.program)) {
    const auto d = isa::decode<isa::LoadWeights>(descriptor_of(good.program, index));
    const std::int64_t bit =
        std::uniform_int_distribution<std::int64_t>(0, 8 * d.bytes - 1)(random);
    Program program = good.program;
    program.image[static_cast<std::size_t>(d.offset + bit / 8)] ^=
        static_cast<std::uint8_t>(1 << bit % 8);
    expect_stop(program, isa::Error::kBadBlock);
    EXPECT_EQ(descriptor, static_cast<std::uint32_t>(index));
    if (HasFailure()) FAIL() << "bit " << bit << " of the block of descriptor " << index;
  }
}

// Row streams of one entry more or less, with the right checksum.
TEST_F(CoreErrors, RowStreamsThatDoNotMakeTheTiles) {
  if (!kHardware.weight_streams || isa::tile_bytes(kHardware) * 8 <= kHardware.axi_data_w) {
    GTEST_SKIP() << "the core takes none, or a tile is a beat: they are never shorter";
  }
  int tried = 0;
  for (unsigned seed = 1; tried < 6 && seed < 40; ++seed) {
    const CoreCase other(seed, false, 1);
    for (const std::size_t index : weight_blocks(other.program)) {
      auto d = isa::decode<isa::LoadWeights>(descriptor_of(other.program, index));
      if (d.stream_items == 0 || tried == 6) continue;
      Program program = other.program;
      // The first entry of a row: its tile has no weight, or there is none.
      const WeightBlockSections sections(kHardware, d.param_blocks, d.uops, d.stream_items);
      const std::size_t at = static_cast<std::size_t>(d.offset + sections.tiles);
      const int lane = tried % 2 == 0 ? 0 : kHardware.c - 1;
      const int entry = lane << isa::term_width(kHardware) | isa::zero_code(kHardware);
      const auto entries = static_cast<std::size_t>(isa::entry_bytes(kHardware));
      for (std::int64_t item = 0; item < d.stream_items; ++item) {
        for (std::size_t b = 0; b < entries; ++b) {
          program.image[at + static_cast<std::size_t>(item * isa::item_bytes(kHardware)) + b] =
              static_cast<std::uint8_t>(entry >> 8 * b);
        }
      }
      const auto block =
          std::span(program.image)
              .subspan(static_cast<std::size_t>(d.offset), static_cast<std::size_t>(d.bytes));
      d.block_checksum = block_checksum(block);
      const isa::Descriptor words = isa::encode(d);
      std::memcpy(program.image.data() + index * isa::kDescriptorBytes, words.data(), sizeof words);
      if (lane == 0 && d.stream_items == d.uops) continue;  // that is right: a tile an entry
      expect_stop(
          program, isa::Error::kBadStream, [] {}, &other);
      EXPECT_EQ(descriptor, static_cast<std::uint32_t>(index));
      if (HasFatalFailure()) return;
      ++tried;
    }
  }
  EXPECT_EQ(tried, 6);
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
