// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "harness/axi_lite.hpp"

#include <utility>

namespace reshift {

AxiLiteMaster::AxiLiteMaster(std::function<void()> tick, int timeout, Stalls stalls)
    : tick_(std::move(tick)), timeout_(timeout), stalls_(stalls, run_seed()) {}

AxiResponse AxiLiteMaster::write(uint32_t address, uint32_t data, Order order, uint8_t strobes) {
  pins_.aw_addr = address;
  pins_.w_data = data;
  pins_.w_strb = strobes;
  pins_.aw_valid = order != Order::kDataFirst;
  pins_.w_valid = order != Order::kAddressFirst;
  aw_pending_ = !pins_.aw_valid;
  w_pending_ = !pins_.w_valid;
  waited_ = 0;
  write_done_ = false;
  wait_for(write_done_, address);
  return write_response_;
}

AxiLiteMaster::ReadResult AxiLiteMaster::read(uint32_t address) {
  pins_.ar_addr = address;
  pins_.ar_valid = true;
  read_done_ = false;
  wait_for(read_done_, address);
  return read_result_;
}

void AxiLiteMaster::write_ok(uint32_t address, uint32_t data) {
  const AxiResponse response = write(address, data);
  if (response != AxiResponse::kOkay) {
    throw Error("register write at {:#x} answers {}", address, static_cast<int>(response));
  }
}

uint32_t AxiLiteMaster::read_ok(uint32_t address) {
  const ReadResult result = read(address);
  if (result.response != AxiResponse::kOkay) {
    throw Error("register read at {:#x} answers {}", address, static_cast<int>(result.response));
  }
  return result.data;
}

void AxiLiteMaster::wait_for(const bool& done, uint32_t address) {
  for (int i = 0; !done; ++i) {
    if (i >= timeout_) throw Error("no answer from register {:#x} in {} cycles", address, timeout_);
    tick_();
  }
}

void AxiLiteMaster::edge() {
  AxiLitePins& p = pins_;
  const bool aw_taken = p.aw_valid && p.aw_ready;
  const bool w_taken = p.w_valid && p.w_ready;
  if (aw_taken) p.aw_valid = false;
  if (w_taken) p.w_valid = false;
  // A slave may wait for both: the second one comes whether or not the first has been taken.
  if ((w_pending_ || aw_pending_) && (aw_taken || w_taken || ++waited_ == kApart)) {
    if (w_pending_) p.w_valid = true;
    if (aw_pending_) p.aw_valid = true;
    w_pending_ = aw_pending_ = false;
  }
  if (p.ar_valid && p.ar_ready) p.ar_valid = false;

  const auto b_response = static_cast<AxiResponse>(p.b_resp);
  if (b_waits_ && (!p.b_valid || b_response != write_response_)) {
    throw ProtocolError("AXI-Lite B changed while it waited for ready");
  }
  const ReadResult r_result{p.r_data, static_cast<AxiResponse>(p.r_resp)};
  if (r_waits_ && (!p.r_valid || r_result.data != read_result_.data ||
                   r_result.response != read_result_.response)) {
    throw ProtocolError("AXI-Lite R changed while it waited for ready");
  }
  if (p.b_valid) {
    if (write_done_ || p.aw_valid || p.w_valid || aw_pending_ || w_pending_) {
      throw ProtocolError("AXI-Lite B without a complete write");
    }
    write_response_ = b_response;
    write_done_ = p.b_ready;
  }
  if (p.r_valid) {
    if (read_done_ || p.ar_valid) throw ProtocolError("AXI-Lite R without a read");
    read_result_ = r_result;
    read_done_ = p.r_ready;
  }
  b_waits_ = p.b_valid && !p.b_ready;
  r_waits_ = p.r_valid && !p.r_ready;
  p.b_ready = !stalls_.stall();
  p.r_ready = !stalls_.stall();
}

}  // namespace reshift
