// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "board/board.hpp"

#include <algorithm>
#include <map>

#include "base/container.hpp"
#include "base/error.hpp"

namespace reshift {
namespace {

namespace reg = isa::reg;
using isa::BoardCommand;
using isa::BoardStatus;

constexpr std::uint8_t kRequestSync = 0xA5, kAnswerSync = 0x5A;
constexpr std::size_t kMaxNoise = 64;  ///< bytes before an answer that are taken for noise
constexpr std::size_t kMaxAnswer = 1 << 20;
constexpr std::size_t kChunk = 4096;  ///< bytes of a program written in one request

void append(std::vector<std::uint8_t>& bytes, std::uint32_t value, int count) {
  for (int i = 0; i < count; ++i) bytes.push_back(static_cast<std::uint8_t>(value >> 8 * i));
}

std::uint32_t number(std::span<const std::uint8_t> bytes, std::size_t at, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = count; i-- > 0;) value = value << 8 | bytes[at + i];
  return value;
}

}  // namespace

void Board::read_exactly(std::span<std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const std::size_t count = stream_.read(bytes);
    if (count == 0) {
      throw Error(
          "no answer from the board at {} in time: is it this port, is the bitstream in the "
          "FPGA, and is the rate the bitstream's?",
          stream_.name());
    }
    bytes = bytes.subspan(count);
  }
}

Board::Answer Board::request(BoardCommand command, std::uint32_t address, std::uint32_t bytes,
                             std::span<const std::uint8_t> payload) {
  std::vector<std::uint8_t> frame = {kRequestSync, static_cast<std::uint8_t>(command)};
  append(frame, address, 3);
  append(frame, bytes, 3);
  append(frame, crc32(frame), 4);
  if (!payload.empty()) {
    frame.insert(frame.end(), payload.begin(), payload.end());
    append(frame, crc32(payload), 4);
  }
  stream_.write(frame);

  std::vector<std::uint8_t> answer(4);
  std::size_t noise = 0;
  do {
    read_exactly(std::span(answer).first(1));
  } while (answer[0] != kAnswerSync && noise++ < kMaxNoise);
  read_exactly(std::span(answer).subspan(1));
  const std::size_t length = number(answer, 1, 3);
  if (answer[0] == kAnswerSync && length <= kMaxAnswer) {
    answer.resize(4 + length + 1 + 4);
    read_exactly(std::span(answer).subspan(4));
    const std::size_t end = 4 + length + 1;
    if (crc32(std::span(answer).first(end)) == number(answer, end, 4) &&
        answer[end - 1] < isa::kBoardStatusTexts.size()) {
      return {BoardStatus{answer[end - 1]},
              {answer.begin() + 4, answer.begin() + 4 + static_cast<std::ptrdiff_t>(length)}};
    }
  }
  throw Error("the board's answer was damaged on the line {}", stream_.name());
}

std::vector<std::uint8_t> Board::request_ok(BoardCommand command, std::uint32_t address,
                                            std::uint32_t bytes,
                                            std::span<const std::uint8_t> payload) {
  Answer answer = request(command, address, bytes, payload);
  check(answer.status);
  return std::move(answer.payload);
}

void Board::check(BoardStatus status) {
  if (status == BoardStatus::kOk) return;
  const auto& text = isa::kBoardStatusTexts[static_cast<std::size_t>(status)];
  throw Error("the board at {} answers {}: {}", stream_.name(), text.name, text.meaning);
}

Board::Description Board::hello() {
  const auto answer = request_ok(BoardCommand::kHello, 0, 0, {});
  if (answer.size() != 16 || number(answer, 0, 4) != isa::kBoardMagic) {
    throw Error("what answers at {} is no ReShift board", stream_.name());
  }
  return {number(answer, 4, 4), number(answer, 8, 4), answer[12],
          answer[13],           answer[14],           answer[15]};
}

std::vector<std::uint8_t> Board::read(std::uint32_t address, std::uint32_t bytes) {
  return request_ok(BoardCommand::kRead, address, bytes, {});
}

void Board::write(std::uint32_t address, std::span<const std::uint8_t> bytes) {
  request_ok(BoardCommand::kWrite, address, static_cast<std::uint32_t>(bytes.size()), bytes);
}

Board::Answer Board::run(std::uint32_t address, std::span<const std::uint8_t> payload) {
  Answer answer =
      request(BoardCommand::kRun, address, static_cast<std::uint32_t>(payload.size()), payload);
  if (answer.status != BoardStatus::kCoreError) check(answer.status);
  return answer;
}

BoardProgram::BoardProgram(Board& board, const Program& program, bool load_program,
                           const std::function<void(std::size_t)>& progress)
    : board_(board),
      program_(program),
      image_(make_board_image(program)),
      description_(board.hello()) {
  const isa::Hardware& hw = program.hw;
  const Board::Description& d = description_;
  if (d.m != hw.m || d.c != hw.c || d.p != hw.p || d.act_w != hw.act_w) {
    throw Error("the program was compiled for {}, the board has M {}, C {}, P {} and {} bits",
                hw.name, d.m, d.c, d.p, d.act_w);
  }
  if (image_.memory_bytes > d.memory_bytes) {
    throw Error("the program needs {} bytes of memory, the board has {}", image_.memory_bytes,
                d.memory_bytes);
  }
  const auto head = std::span(image_.bytes).first(image_.head_bytes);
  const auto held = board.read(0, image_.head_bytes);
  if (std::equal(held.begin(), held.end(), head.begin(), head.end())) return;
  if (!load_program) {
    throw Error("the board holds another program; with --load this one is written into it");
  }
  load(progress);
}

void BoardProgram::load(const std::function<void(std::size_t)>& progress) {
  // The head goes last, and none is there until then: what broke off in between is no program.
  const std::span bytes(image_.bytes);
  board_.write(0, std::vector<std::uint8_t>(image_.head_bytes, 0));
  for (std::size_t at = image_.head_bytes; at < bytes.size(); at += kChunk) {
    const std::size_t count = std::min(kChunk, bytes.size() - at);
    board_.write(static_cast<std::uint32_t>(at), bytes.subspan(at, count));
    if (progress) progress(count);
  }
  board_.write(0, bytes.first(image_.head_bytes));
}

BoardProgram::Result BoardProgram::run(std::span<const std::int32_t> codes) {
  const Board::Answer answer = board_.run(image_.in_base, program_.input_window(codes));
  const std::span payload(answer.payload);
  if (payload.size() != image_.answer_bytes()) {
    throw Error(
        "the board answers {} bytes instead of {}: its memory has changed since the program "
        "was compared; start again",
        payload.size(), image_.answer_bytes());
  }
  std::map<std::uint32_t, std::uint32_t> registers;
  std::size_t at = 0;
  for (const std::uint32_t offset : image_.registers) {
    registers[offset] = number(payload, at, 4);
    at += 4;
  }
  if (answer.status == BoardStatus::kCoreError) {
    throw core_error(program_, registers[reg::kFramesDone], registers[reg::kErrCause],
                     registers[reg::kErrDescriptor],
                     std::uint64_t{registers[reg::kErrAddrHi]} << 32 | registers[reg::kErrAddrLo]);
  }
  Result result;
  for (std::uint32_t i = 0; i < image_.classes; ++i, ++at) {
    result.scores.push_back(static_cast<std::int8_t>(payload[at]));
  }
  result.best = static_cast<int>(number(payload, at, 2));
  result.counters = read_counters([&](std::uint32_t offset) { return registers.at(offset); });
  return result;
}

}  // namespace reshift
