// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>

#include "harness/bench.hpp"

namespace reshift {

/// The other end of a board's serial line, bit by bit at the pins rx_i and tx_o.
template <typename Model>
class UartAgent : public Agent {
 public:
  UartAgent(Model& model, int clocks_per_bit) : model_(model), clocks_(clocks_per_bit) {
    model_.rx_i = 1;
  }

  /// Bytes to send, oldest first, and bytes received.
  std::deque<std::uint8_t> to_board, from_board;

  bool idle() const { return to_board.empty() && bits_left_ == 0; }

  void sample() override {
    const bool line = model_.tx_o;
    if (rx_clock_ < 0) {
      if (!line) rx_clock_ = 0;  // the first cycle of a start bit
    } else {
      ++rx_clock_;
    }
    if (rx_clock_ < 0 || rx_clock_ % clocks_ != clocks_ / 2) return;
    const int bit = rx_clock_ / clocks_;
    if (bit == 0 && line) throw Error("the board's start bit is too short");
    if (bit >= 1 && bit <= 8) rx_byte_ = rx_byte_ >> 1 | (line ? 0x80 : 0);
    if (bit == 9) {
      if (!line) throw Error("the board's byte has no stop bit");
      from_board.push_back(static_cast<std::uint8_t>(rx_byte_));
      rx_clock_ = -1;
    }
  }

  void drive() override {
    if (tx_clock_ > 0) {
      --tx_clock_;
      return;
    }
    if (bits_left_ == 0 && !to_board.empty()) {
      bits_ = to_board.front() << 1 | 0x200;  // start, data, stop
      bits_left_ = 10;
      to_board.pop_front();
    }
    if (bits_left_ == 0) return;
    model_.rx_i = bits_ & 1;
    bits_ >>= 1;
    --bits_left_;
    tx_clock_ = clocks_ - 1;
  }

 private:
  Model& model_;
  int clocks_;
  int tx_clock_ = 0, bits_ = 0, bits_left_ = 0;
  int rx_clock_ = -1, rx_byte_ = 0;
};

}  // namespace reshift
