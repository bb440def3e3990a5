// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include "board/board_image.hpp"
#include "board/byte_stream.hpp"
#include "device/runtime.hpp"

namespace reshift {

/// A stand-alone board at the end of a line: the requests of docs/board.md. All throw Error when no
/// answer comes, an answer was damaged on the line, or the board answers with another status than
/// ok.
class Board {
 public:
  /// `stream` must outlive this object.
  explicit Board(ByteStream& stream) : stream_(stream) {}

  /// What the board is.
  struct Description {
    std::uint32_t clock_hz = 0;
    std::uint32_t memory_bytes = 0;
    int m = 0, c = 0, p = 0, act_w = 0;
  };
  Description hello();
  std::vector<std::uint8_t> read(std::uint32_t address, std::uint32_t bytes);
  /// Address and number of bytes are multiples of 8.
  void write(std::uint32_t address, std::span<const std::uint8_t> bytes);

  /// Answer of a run; the payload is complete even when the core stopped with an error.
  struct Answer {
    isa::BoardStatus status;
    std::vector<std::uint8_t> payload;
  };
  /// Writes the payload to `address`, as write does, and runs the program in the board's memory.
  /// Throws Error on any status but ok and core_error.
  Answer run(std::uint32_t address, std::span<const std::uint8_t> payload);

 private:
  Answer request(isa::BoardCommand command, std::uint32_t address, std::uint32_t bytes,
                 std::span<const std::uint8_t> payload);
  std::vector<std::uint8_t> request_ok(isa::BoardCommand command, std::uint32_t address,
                                       std::uint32_t bytes, std::span<const std::uint8_t> payload);
  void check(isa::BoardStatus status);
  void read_exactly(std::span<std::uint8_t> bytes);

  ByteStream& stream_;
};

/// A program on a board.
class BoardProgram {
 public:
  /// Throws Error when the board has another configuration than the program was compiled for, its
  /// memory is too small, or holds another program. With `load_program`, writes the program into it
  /// instead; `progress` is called with the bytes written. `board` and `program` must outlive this
  /// object.
  BoardProgram(Board& board, const Program& program, bool load_program,
               const std::function<void(std::size_t)>& progress = {});

  const Board::Description& description() const { return description_; }

  struct Result {
    int best = -1;                     ///< class, as the board found it
    std::vector<std::int32_t> scores;  ///< of all classes
    Counters counters;
  };
  /// Runs the image with codes [channel][y][x]. Throws Error with cause, descriptor and operation
  /// when the core stopped.
  Result run(std::span<const std::int32_t> codes);

 private:
  void load(const std::function<void(std::size_t)>& progress);

  Board& board_;
  const Program& program_;
  BoardImage image_;
  Board::Description description_;
};

}  // namespace reshift
