// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// The register master against a slave of a few lines with sixteen registers.
#include "harness/axi_lite.hpp"

#include <gtest/gtest.h>

#include <array>
#include <optional>

namespace reshift {
namespace {

class Slave {
 public:
  Slave(Stalls master, Stalls slave)
      : master_([this] { tick(); }, 200, master), stalls_(slave, run_seed() + 1) {}

  AxiLiteMaster& master() { return master_; }
  bool dead = false;  ///< answers nothing

 private:
  void tick() {
    AxiLitePins& p = master_.pins();
    const AxiLitePins now = p;
    master_.edge();
    if (now.aw_valid && now.aw_ready) address_ = now.aw_addr;
    if (now.w_valid && now.w_ready) data_ = now.w_data;
    if (now.b_valid && now.b_ready) p.b_valid = false;
    if (now.r_valid && now.r_ready) p.r_valid = false;
    if (address_ && data_ && !p.b_valid && !dead) {
      const bool known = *address_ < 64;
      if (known) registers_[*address_ / 4] = *data_;
      p.b_valid = true;
      p.b_resp = known ? 0 : 2;
      address_.reset();
      data_.reset();
    }
    if (now.ar_valid && now.ar_ready && !dead) {
      p.r_valid = true;
      p.r_resp = now.ar_addr < 64 ? 0 : 3;
      p.r_data = now.ar_addr < 64 ? registers_[now.ar_addr / 4] : 0;
    }
    p.aw_ready = !address_ && !stalls_.stall();
    p.w_ready = !data_ && !stalls_.stall();
    p.ar_ready = !p.r_valid && !stalls_.stall();
  }

  AxiLiteMaster master_;
  StallSource stalls_;
  std::optional<uint32_t> address_, data_;
  std::array<uint32_t, 16> registers_{};
};

TEST(AxiLiteMaster, ReadsWhatItWroteInEveryOrder) {
  using Order = AxiLiteMaster::Order;
  Slave slave(Stalls::heavy(), Stalls::heavy());
  uint32_t value = 1;
  for (int round = 0; round < 20; ++round) {
    for (const Order order : {Order::kTogether, Order::kAddressFirst, Order::kDataFirst}) {
      value = value * 1664525 + 1013904223;
      const uint32_t address = value >> 28 << 2;
      EXPECT_EQ(slave.master().write(address, value, order), AxiResponse::kOkay);
      EXPECT_EQ(slave.master().read_ok(address), value);
    }
  }
}

TEST(AxiLiteMaster, ReportsErrorsAndSilence) {
  Slave slave(Stalls::none(), Stalls::none());
  EXPECT_EQ(slave.master().write(64, 1), AxiResponse::kSlverr);
  EXPECT_EQ(slave.master().read(64).response, AxiResponse::kDecerr);
  EXPECT_THROW(slave.master().write_ok(64, 1), Error);
  EXPECT_THROW(slave.master().read_ok(64), Error);
  slave.dead = true;
  EXPECT_THROW(slave.master().read(0), Error);
}

TEST(AxiLiteMaster, SeesAnAnswerToNothing) {
  AxiLiteMaster master([] {});
  master.pins().b_valid = true;
  EXPECT_THROW(master.edge(), ProtocolError);
}

}  // namespace
}  // namespace reshift
