// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "board/byte_stream.hpp"
#include "device/device.hpp"

namespace reshift {

/// A core behind a serial line that has its memory here, in the host (rtl/board/rs_board_link.sv
/// says what is on the line). The core's bus is 32 bits wide.
class RemoteDevice : public Device {
 public:
  /// `stream` must outlive this object; the memory begins as zeros. The core's accesses outside of
  /// it are answered by an error of the bus.
  RemoteDevice(ByteStream& stream, std::size_t memory_bytes)
      : stream_(stream), memory_(memory_bytes) {}

  std::uint32_t read_register(std::uint32_t offset) override;
  void write_register(std::uint32_t offset, std::uint32_t value) override;
  std::uint64_t memory_base() const override { return 0; }
  std::uint64_t memory_bytes() const override { return memory_.size(); }
  void write_memory(std::uint64_t address, std::span<const std::uint8_t> bytes) override;
  void read_memory(std::uint64_t address, std::span<std::uint8_t> bytes) override;
  /// Serves the core's memory meanwhile. Only the core's watchdog ends a run that stands still.
  void wait_interrupt() override;
  std::uint32_t longest_wait() const override { return 1'000'000'000; }

 private:
  struct Frame {
    std::uint8_t head;
    std::uint32_t word;
  };
  struct Burst {
    std::uint32_t address;
    bool bad;  ///< outside the memory
  };

  void send(std::uint8_t head, std::uint32_t word);
  Frame receive();
  std::uint32_t access(std::uint8_t head, std::uint32_t offset, std::uint32_t value);
  void serve(const Frame& frame);
  void write_beats();
  bool inside(std::uint64_t address, std::uint64_t bytes) const {
    return bytes <= memory_.size() && address <= memory_.size() - bytes;
  }

  ByteStream& stream_;
  std::vector<std::uint8_t> memory_;
  std::deque<Burst> bursts_;  ///< of writes, whose beats may come before them
  std::deque<Frame> beats_;
  bool interrupt_ = false;
};

}  // namespace reshift
