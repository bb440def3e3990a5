// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// The stand-alone board end to end: the host's code, a serial line bit by bit at the pins, the
// board with its core. The programs are of random networks, written into the board's memory over
// the line.
#include "board/board.hpp"

#include <Vrs_board.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/container.hpp"
#include "board/sim_line.hpp"
#include "compile/compile.hpp"
#include "golden/graph_interpreter.hpp"
#include "golden/random_network.hpp"
#include "program/hardware.hpp"

namespace reshift {
namespace {

using isa::BoardCommand;
using ::testing::HasSubstr;

constexpr std::uint32_t kMemoryBytes = RESHIFT_MemBanks * RESHIFT_BankWords * 8;

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

struct BoardTest : testing::Test {
  SimLine<Vrs_board> line;
  Board board{line};
  const isa::Hardware& hw = find_hardware("4x4x2");

  /// The program of a random classifier that the board's memory holds.
  Program program(std::uint64_t seed) {
    RandomNetworkOptions options;
    options.acc_w = hw.acc_w;
    options.max_ops = 4;
    options.max_side = 8;
    options.max_channels = 8;
    options.slice_channels = hw.m;
    for (;; ++seed) {
      const QNet net = random_qnet(seed, options);
      const QTensor& output = net.scores();
      if (output.height != 1 || output.width != 1 || output.channels < 2) continue;
      Program result = compile(hw, net, {});
      if (make_board_image(result).memory_bytes <= kMemoryBytes) return result;
    }
  }

  void expect_right(BoardProgram& loaded, const Program& p, std::uint64_t seed) {
    const auto image = random_image(p.net, seed);
    const auto result = loaded.run(image);
    const auto scores =
        run_graph(p.net, image)[static_cast<std::size_t>(p.net.outputs.front().tensor)];
    EXPECT_EQ(result.scores, scores);
    EXPECT_EQ(result.best, std::max_element(scores.begin(), scores.end()) - scores.begin());
    EXPECT_GT(result.counters.cycles, result.counters.exec_busy);
    EXPECT_GT(result.counters.exec_busy, 0u);
  }

  /// Sends bytes as they are; the status of the answer.
  isa::BoardStatus status_of(const std::vector<std::uint8_t>& frame) {
    line.write(frame);
    std::vector<std::uint8_t> answer(9);  // all but a run answer with no payload
    for (auto& byte : answer) EXPECT_EQ(line.read(std::span(&byte, 1)), 1u);
    EXPECT_EQ(answer[0], 0x5A);
    EXPECT_EQ(answer[1] | answer[2] | answer[3], 0);
    EXPECT_EQ(crc32(std::span(answer).first(5)),
              answer[5] | answer[6] << 8 | answer[7] << 16 | std::uint32_t{answer[8]} << 24);
    return isa::BoardStatus{answer[4]};
  }
};

/// A request as docs/board.md says.
std::vector<std::uint8_t> request(std::uint8_t command, std::uint32_t address, std::uint32_t bytes,
                                  const std::vector<std::uint8_t>& payload = {}) {
  const auto append_crc = [](std::vector<std::uint8_t>& to, std::uint32_t crc) {
    for (int i = 0; i < 4; ++i) to.push_back(static_cast<std::uint8_t>(crc >> 8 * i));
  };
  std::vector<std::uint8_t> frame = {0xA5, command};
  for (const std::uint32_t value : {address, bytes}) {
    for (int i = 0; i < 3; ++i) frame.push_back(static_cast<std::uint8_t>(value >> 8 * i));
  }
  append_crc(frame, crc32(frame));
  if (!payload.empty()) {
    frame.insert(frame.end(), payload.begin(), payload.end());
    append_crc(frame, crc32(payload));
  }
  return frame;
}

TEST_F(BoardTest, SaysWhatItIs) {
  const auto d = board.hello();
  EXPECT_EQ(d.clock_hz, 100000000u);
  EXPECT_EQ(d.memory_bytes, kMemoryBytes);
  EXPECT_EQ(d.m, hw.m);
  EXPECT_EQ(d.c, hw.c);
  EXPECT_EQ(d.p, hw.p);
  EXPECT_EQ(d.act_w, hw.act_w);
}

TEST_F(BoardTest, MemoryOverTheLine) {
  for (int i = 0; i < 5; ++i) {
    const auto bytes = static_cast<std::uint32_t>(8 * line.random().uniform(1, 20));
    const auto address =
        static_cast<std::uint32_t>(8 * line.random().uniform(0, (kMemoryBytes - bytes) / 8));
    std::vector<std::uint8_t> data(bytes);
    for (auto& byte : data) byte = static_cast<std::uint8_t>(line.random()());
    board.write(address, data);
    EXPECT_EQ(board.read(address, bytes), data);
  }
  // The last word, and not its neighbour; bytes from anywhere in a word.
  board.write(kMemoryBytes - 16,
              std::vector<std::uint8_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15});
  board.write(kMemoryBytes - 8, std::vector<std::uint8_t>(8, 99));
  EXPECT_EQ(board.read(kMemoryBytes - 10, 3), (std::vector<std::uint8_t>{6, 7, 99}));
}

TEST_F(BoardTest, RunsProgramsAndImages) {
  for (std::uint64_t network = 0; network < 4; ++network) {
    const Program p = program(run_seed() + 100 * network);
    BoardProgram loaded(board, p, true);
    for (std::uint64_t seed = 0; seed < 3; ++seed) expect_right(loaded, p, seed);
    // It stays there.
    BoardProgram again(board, p, false);
    expect_right(again, p, 3);
  }
}

// Without the core: a run whose only steps are scores and class.
TEST_F(BoardTest, ClassOfAnyScores) {
  constexpr std::uint32_t kSteps = 32, kScores = 64, kRoom = 48;
  const auto words = [](const std::vector<std::uint64_t>& values) {
    std::vector<std::uint8_t> bytes;
    for (const std::uint64_t value : values) {
      for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<std::uint8_t>(value >> 8 * i));
    }
    return bytes;
  };
  Random& random = line.random();
  for (int i = 0; i < 20; ++i) {
    const auto count = static_cast<std::uint64_t>(random.uniform(1, 30));
    const auto first = static_cast<std::uint64_t>(random.uniform(kScores, kScores + 8));
    const bool close = random.chance(50);  // many equals
    std::vector<std::uint8_t> memory(kRoom);
    for (auto& byte : memory) {
      byte = static_cast<std::uint8_t>(close ? random.uniform(-2, 1) : random.uniform(-128, 127));
    }
    board.write(0, words({(count + 2) << 32 | isa::kBoardMagic}));
    board.write(kSteps, words({4ull << 60 | first << 32 | count, 5ull << 60, 0}));
    const auto answer = board.run(kScores, memory);
    EXPECT_EQ(answer.status, isa::BoardStatus::kOk);
    std::vector<std::int8_t> scores(
        memory.begin() + static_cast<std::ptrdiff_t>(first - kScores),
        memory.begin() + static_cast<std::ptrdiff_t>(first - kScores + count));
    const auto best = std::max_element(scores.begin(), scores.end()) - scores.begin();
    ASSERT_EQ(answer.payload.size(), count + 2);
    EXPECT_TRUE(
        std::equal(scores.begin(), scores.end(), answer.payload.begin(),
                   [](std::int8_t a, std::uint8_t b) { return a == static_cast<std::int8_t>(b); }));
    EXPECT_EQ(answer.payload[count] | answer.payload[count + 1] << 8, best);
  }
}

TEST_F(BoardTest, WithoutProgram) {
  board.write(0, std::vector<std::uint8_t>(8, 0));
  EXPECT_THAT(error_of([&] { board.run(0, std::vector<std::uint8_t>(8, 0)); }),
              HasSubstr("no_program"));
}

TEST_F(BoardTest, AnotherProgram) {
  const Program p = program(1), other = program(50);
  BoardProgram loaded(board, p, true);
  EXPECT_THAT(error_of([&] { BoardProgram(board, other, false); }), HasSubstr("--load"));
  const Program foreign = compile(find_hardware("4x4x3"), p.net, {});
  EXPECT_THAT(error_of([&] { BoardProgram(board, foreign, true); }),
              HasSubstr("compiled for 4x4x3, the board has M 4, C 4, P 2"));
  expect_right(loaded, p, 1);
}

TEST_F(BoardTest, BadRequests) {
  using isa::BoardStatus;
  const std::vector<std::uint8_t> data = {1, 2, 3, 4, 5, 6, 7, 8}, other(8, 66);
  EXPECT_EQ(status_of(request(2, 8, 8, data)), BoardStatus::kOk);
  board.write(16, data);
  // A damaged head changes nothing in memory.
  auto frame = request(2, 8, 8, other);
  frame[2] ^= 24;
  EXPECT_EQ(status_of(frame), BoardStatus::kBadCheck);
  EXPECT_EQ(board.read(8, 8), data);
  EXPECT_EQ(board.read(16, 8), data);
  // A damaged payload starts nothing.
  frame = request(3, 8, 8, other);
  frame[frame.size() - 5] ^= 1;
  EXPECT_EQ(status_of(frame), BoardStatus::kBadCheck);
  frame = request(3, 8, 8, other);
  frame.back() ^= 1;
  EXPECT_EQ(status_of(frame), BoardStatus::kBadCheck);
  // Beyond the memory, by the length and by the address; no whole words.
  EXPECT_EQ(status_of(request(2, kMemoryBytes - 8, 16, std::vector<std::uint8_t>(16))),
            BoardStatus::kBadRange);
  EXPECT_EQ(status_of(request(1, 0xFFFFFF, 0xFFFFFF)), BoardStatus::kBadRange);
  EXPECT_EQ(status_of(request(2, 4, 8, data)), BoardStatus::kBadRange);
  EXPECT_EQ(status_of(request(2, 8, 4, {1, 2, 3, 4})), BoardStatus::kBadRange);
  EXPECT_EQ(status_of(request(7, 0, 0)), BoardStatus::kBadCommand);
  // Broken off at every place.
  const auto whole = request(2, 8, 8, data);
  for (std::size_t bytes = 1; bytes < whole.size(); ++bytes) {
    EXPECT_EQ(status_of({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(bytes)}),
              BoardStatus::kTimeout)
        << bytes;
  }
  // What is no request is not answered.
  line.write(std::vector<std::uint8_t>{0x00, 0x5A, 0xFF});
  EXPECT_EQ(board.read(8, 8), data);
}

TEST_F(BoardTest, CoreErrorByName) {
  const Program p = program(3);
  BoardProgram loaded(board, p, true);
  expect_right(loaded, p, 1);
  const std::uint32_t second = 64 * 8 + isa::kDescriptorBytes;  // descriptor 1 of the program
  const auto good = board.read(second + 16, 8);
  auto bad = good;
  bad[4] ^= 1;
  board.write(second + 16, bad);
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(
        error_of([&] { loaded.run(random_image(p.net, 1)); }),
        HasSubstr("the core stopped in frame 0: bad_checksum (descriptor checksum is wrong) "
                  "at descriptor 1 ("));
  }
  board.write(second + 16, good);
  expect_right(loaded, p, 2);
}

TEST_F(BoardTest, NoiseNeverMakesAWrongClass) {
  const Program p = program(5);
  BoardProgram loaded(board, p, true);
  const auto image = random_image(p.net, 1);
  const auto scores =
      run_graph(p.net, image)[static_cast<std::size_t>(p.net.outputs.front().tensor)];
  const auto request_bytes = static_cast<std::int64_t>(p.input_window(image).size()) + 14;
  const std::int64_t answer_bytes = make_board_image(p).answer_bytes() + 9;
  int errors = 0;
  for (const bool to_board : {true, false}) {
    for (int i = 0; i < 15; ++i) {
      // Three random bytes somewhere in the request, or in the answer.
      std::int64_t at = line.random().uniform(0, (to_board ? request_bytes : answer_bytes) - 3);
      const auto noise = [&](std::uint8_t byte) {
        const bool hit = at <= 0 && at > -3;
        --at;
        return static_cast<std::uint8_t>(hit ? line.random()() : byte);
      };
      (to_board ? line.damage_out : line.damage_in) = noise;
      try {
        EXPECT_EQ(loaded.run(image).scores, scores);
      } catch (const Error&) {
        ++errors;
      }
      line.damage_out = line.damage_in = nullptr;
      line.settle();
      expect_right(loaded, p, 1);
    }
  }
  EXPECT_GE(errors, 28);  // now and then a random byte is the right one
}

TEST_F(BoardTest, ResetInTheMiddle) {
  const Program p = program(8);
  BoardProgram loaded(board, p, true);
  line.write(std::vector<std::uint8_t>{0xA5, 3, 0, 0});
  line.bench().run(100);
  line.bench().reset();
  line.bench().run(100 * RESHIFT_ClocksPerBit);
  expect_right(loaded, p, 1);
}

}  // namespace
}  // namespace reshift
