// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>

#include "harness/axi_memory.hpp"
#include "harness/random.hpp"

namespace reshift {

/// The values of an AXI4-Lite port's signals in one cycle, 32-bit data.
struct AxiLitePins {
  bool aw_valid = false, aw_ready = false;
  uint32_t aw_addr = 0;
  bool w_valid = false, w_ready = false;
  uint32_t w_data = 0;
  uint8_t w_strb = 0;
  bool b_valid = false, b_ready = false;
  uint8_t b_resp = 0;
  bool ar_valid = false, ar_ready = false;
  uint32_t ar_addr = 0;
  bool r_valid = false, r_ready = false;
  uint32_t r_data = 0;
  uint8_t r_resp = 0;
};

/// An AXI4-Lite master with blocking accesses: each turns the clock, through the function given,
/// until the slave has answered; throws Error after `timeout` cycles without an answer.
/// Throws ProtocolError when the slave takes back or changes a response that waits.
class AxiLiteMaster {
 public:
  enum class Order { kTogether, kAddressFirst, kDataFirst };
  struct ReadResult {
    uint32_t data;
    AxiResponse response;
  };

  /// `stalls`: how late the master takes responses. Some registers of a core do not answer during
  /// its reset, which takes as many cycles as a bank of the feature buffer has words.
  explicit AxiLiteMaster(std::function<void()> tick, int timeout = 100'000, Stalls stalls = {});

  AxiResponse write(uint32_t address, uint32_t data, Order order = Order::kTogether,
                    uint8_t strobes = 0xf);
  ReadResult read(uint32_t address);
  /// The same, throwing Error unless the slave answers OKAY.
  void write_ok(uint32_t address, uint32_t data);
  uint32_t read_ok(uint32_t address);

  /// As AxiMemory::pins and AxiMemory::tick; whoever turns the clock calls edge() at each edge.
  AxiLitePins& pins() { return pins_; }
  void edge();

 private:
  void wait_for(const bool& done, uint32_t address);

  std::function<void()> tick_;
  int timeout_;
  StallSource stalls_;
  AxiLitePins pins_;
  /// Cycles from the first half of a write to the second, when they do not come together.
  static constexpr int kApart = 4;
  bool w_pending_ = false;   ///< the data is to come after the address
  bool aw_pending_ = false;  ///< the other way round
  int waited_ = 0;           ///< cycles since the first half
  bool write_done_ = true;
  bool read_done_ = true;
  bool b_waits_ = false;
  bool r_waits_ = false;
  AxiResponse write_response_ = AxiResponse::kOkay;
  ReadResult read_result_{0, AxiResponse::kOkay};
};

}  // namespace reshift
