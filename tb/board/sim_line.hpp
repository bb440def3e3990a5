// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <functional>

#include "board/byte_stream.hpp"
#include "board/uart_agent.hpp"

namespace reshift {

/// The line to a simulated board: time passes while the host waits.
template <typename Model>
class SimLine : public ByteStream {
 public:
  SimLine() : uart_(bench_.dut(), RESHIFT_ClocksPerBit) {
    bench_.add(uart_);
    bench_.reset();
  }

  void write(std::span<const std::uint8_t> bytes) override {
    for (std::uint8_t byte : bytes) {
      if (damage_out) byte = damage_out(byte);
      uart_.to_board.push_back(byte);
    }
  }
  std::size_t read(std::span<std::uint8_t> bytes) override {
    constexpr std::uint64_t kPatience = 50'000;
    auto& received = uart_.from_board;
    std::uint64_t waited = 0;
    while (received.empty() && waited < kPatience) {
      bench_.tick();
      waited = uart_.idle() ? waited + 1 : 0;
    }
    const std::size_t count = std::min(bytes.size(), received.size());
    for (std::uint8_t& byte : bytes.first(count)) {
      byte = damage_in ? damage_in(received.front()) : received.front();
      received.pop_front();
    }
    return count;
  }
  std::string name() const override { return "simulation"; }

  Random& random() { return bench_.random(); }
  Bench<Model>& bench() { return bench_; }

  /// Lets what is on the line, and the board's answer to it, pass unheard.
  void settle() {
    std::array<std::uint8_t, 256> bytes;
    while (read(bytes) > 0) continue;
  }

  /// What the line makes of a byte on its way to the board, and of one from it.
  std::function<std::uint8_t(std::uint8_t)> damage_out, damage_in;

 private:
  Bench<Model> bench_;
  UartAgent<Model> uart_;
};

}  // namespace reshift
