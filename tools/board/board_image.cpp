// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "board/board_image.hpp"

#include <algorithm>

#include "base/container.hpp"
#include "base/error.hpp"
#include "device/runtime.hpp"

namespace reshift {
namespace {

namespace reg = isa::reg;

constexpr std::size_t kHeadWords = 64;  ///< words of 8 bytes for header and steps
constexpr std::uint64_t kAlignment = 64, kWordBytes = 8;
constexpr std::uint64_t kMaxBytes = 1 << 24;

std::uint64_t align(std::uint64_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

std::uint64_t pair(std::uint64_t high, std::uint64_t low) { return high << 32 | low; }

std::uint64_t step(isa::BoardStep op, std::uint64_t argument, std::uint64_t value) {
  return static_cast<std::uint64_t>(op) << 60 | argument << 32 | value;
}

/// What a run needs to tell about itself: how it ended, where, the counters.
std::vector<std::uint32_t> answered_registers() {
  std::vector<std::uint32_t> offsets = {reg::kStatus,    reg::kErrCause,  reg::kErrDescriptor,
                                        reg::kErrAddrLo, reg::kErrAddrHi, reg::kFramesDone};
  for (std::uint32_t offset = reg::kCycles; offset <= reg::kWriteBeats; offset += 4) {
    offsets.push_back(offset);
  }
  return offsets;
}

/// The steps of a run: what Runtime does, for one frame.
std::vector<std::uint64_t> run_steps(const Program& program, const BoardImage& image,
                                     std::uint64_t prog_base, std::uint64_t out_base) {
  using isa::BoardStep;
  std::vector<std::uint64_t> steps;
  const auto set = [&](std::uint32_t offset, std::uint64_t value) {
    steps.push_back(step(BoardStep::kSet, offset, value));
  };
  set(reg::kProgBaseLo, prog_base);
  set(reg::kProgBaseHi, 0);
  set(reg::kProgSize, program.image.size());
  set(reg::kInBaseLo, image.in_base);
  set(reg::kInBaseHi, 0);
  set(reg::kInStride, static_cast<std::uint64_t>(program.in_stride));
  set(reg::kOutBaseLo, out_base);
  set(reg::kOutBaseHi, 0);
  set(reg::kOutStride, static_cast<std::uint64_t>(program.out_stride));
  set(reg::kFrames, 1);
  set(reg::kWatchdog, program.watchdog());  // the memory answers at once
  namespace irq = reg::irq_enable;
  const std::uint32_t end = irq::kDone.mask() | irq::kError.mask();
  set(reg::kIrqStatus, end | irq::kFrame.mask());
  set(reg::kIrqEnable, end);
  set(reg::kCtrl, reg::ctrl::kStart.mask());
  steps.push_back(step(BoardStep::kWait, 0, 0));
  for (const std::uint32_t offset : image.registers) {
    const std::uint32_t bad = offset == reg::kStatus ? reg::status::kError.mask() : 0;
    steps.push_back(step(BoardStep::kGet, offset, bad));
  }
  // Long before the next start, which a core refuses after an error.
  set(reg::kCtrl, reg::ctrl::kSoftReset.mask());
  // A word of scores for each of the P pixels, of which only the first one is real.
  const auto scores = out_base + static_cast<std::uint64_t>(program.output().offset);
  const auto others = static_cast<std::uint64_t>(program.hw.m * (program.hw.p - 1));
  steps.push_back(step(BoardStep::kBytes, scores, others << 16 | image.classes));
  steps.push_back(step(BoardStep::kClass, 0, 0));
  steps.push_back(step(BoardStep::kEnd, 0, 0));
  return steps;
}

}  // namespace

BoardImage make_board_image(const Program& program) {
  const Layout& output = program.output().layout;
  if (output.height != 1 || output.width != 1 || output.channels > 0xffff ||
      program.hw.act_w != 8) {
    throw Error(
        "the board answers with a class: it needs a network whose output is a score of 8 bits "
        "for each of at most 65,535, not {} x {} x {} of {} bits",
        output.channels, output.height, output.width, program.hw.act_w);
  }
  if (!program.output().channels.empty()) {
    throw Error(
        "the board reads scores that lie one behind the other; output {} is a concatenation of {} "
        "channels with gaps: let a layer without a concatenation make the scores",
        program.output().name, program.output().channels.size());
  }
  if (program.batch != 1) {
    throw Error("the program takes {} images at a time, a board one: compile it with --batch 1",
                program.batch);
  }
  BoardImage image;
  image.registers = answered_registers();
  image.classes = static_cast<std::uint32_t>(output.channels);
  const std::uint64_t prog_base = kHeadWords * kWordBytes;
  const std::uint64_t in_base = align(prog_base + program.image.size());
  const std::uint64_t out_base = align(in_base + static_cast<std::uint64_t>(program.in_stride));
  const std::uint64_t end = align(out_base + static_cast<std::uint64_t>(program.out_stride));
  if (end > kMaxBytes)
    throw Error("the program needs {} bytes, a board has {} at most", end, kMaxBytes);
  image.in_base = static_cast<std::uint32_t>(in_base);
  image.memory_bytes = static_cast<std::uint32_t>(end);

  std::vector<std::uint64_t> head = {
      pair(image.answer_bytes(), isa::kBoardMagic),
      pair(static_cast<std::uint64_t>(program.in_stride), in_base),
      pair(program.image.size(), crc32(program.image)),
      pair(0, image.classes),
  };
  const auto steps = run_steps(program, image, prog_base, out_base);
  head.insert(head.end(), steps.begin(), steps.end());
  if (head.size() > kHeadWords) throw Error("{} steps are too many for a board", steps.size());

  for (const std::uint64_t word : head) {
    for (std::uint64_t byte = 0; byte < kWordBytes; ++byte) {
      image.bytes.push_back(static_cast<std::uint8_t>(word >> 8 * byte));
    }
  }
  image.head_bytes = static_cast<std::uint32_t>(image.bytes.size());
  image.bytes.resize(prog_base);
  image.bytes.insert(image.bytes.end(), program.image.begin(), program.image.end());
  return image;
}

std::vector<std::string> board_image_hex(const BoardImage& image, std::uint32_t banks,
                                         std::uint32_t bank_words) {
  const std::uint64_t bank_bytes = bank_words * kWordBytes;
  if (image.memory_bytes > banks * bank_bytes) {
    throw Error("the program needs {} bytes of memory, {} banks of {} have {}", image.memory_bytes,
                banks, bank_bytes, banks * bank_bytes);
  }
  std::vector<std::string> texts(banks);
  for (std::uint64_t word = 0; word < std::uint64_t{banks} * bank_words; ++word) {
    std::string& text = texts[word / bank_words];
    for (std::uint64_t byte = kWordBytes; byte-- > 0;) {
      const std::uint64_t address = word * kWordBytes + byte;
      text += fmt::format("{:02x}", address < image.bytes.size() ? image.bytes[address] : 0);
    }
    text += '\n';
  }
  return texts;
}

}  // namespace reshift
