// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>

#include "device/probe.hpp"
#include "harness/bench.hpp"

namespace reshift {

/// Tells a probe what a core does, from signals that probe.vlt makes readable. `Root` is the class
/// in which Verilator has them.
template <typename Root>
class ProbeAgent : public Agent {
 public:
  ProbeAgent(const Root& root, Probe& probe) : root_(root), probe_(probe) {}

  void sample() override {
    const Root& r = root_;
    ProbeCycle c;
    // The counters' strobes come two cycles after the issue.
    const Exec exec{r.reshift_core__DOT__u_exec__DOT__u_issue__DOT__start != 0,
                    r.reshift_core__DOT__u_exec__DOT__u_issue__DOT__op_end != 0,
                    r.reshift_core__DOT__u_exec__DOT__u_issue__DOT__complete_i != 0};
    c.exec_start = late_[1].start;
    c.exec_end = late_[1].end;
    c.exec_complete = late_[1].complete;
    late_ = {exec, late_[0]};
    if (!r.reshift_core__DOT__u_frontend__DOT__counting) return;

    // exec_cycle_t: busy, then the reasons, one-hot.
    c.cause = (r.reshift_core__DOT__exec_cycle & 1) != 0
                  ? kBusy
                  : static_cast<std::size_t>(
                        std::countr_zero(static_cast<unsigned>(r.reshift_core__DOT__exec_cycle))) -
                        1;
    // A read command that is no request for descriptors.
    c.load_given =
        r.reshift_core__DOT__u_frontend__DOT__u_dma__DOT__u_load__DOT__command_i != 0 &&
        r.reshift_core__DOT__u_frontend__DOT__u_dma__DOT__u_load__DOT__command_descs_i == 0;
    c.load_done = r.reshift_core__DOT__u_frontend__DOT__u_dma__DOT__u_load__DOT__done_o != 0;
    c.store_given =
        (r.reshift_core__DOT__u_frontend__DOT__u_dma__DOT__u_store__DOT__set_i & 2) != 0;
    c.store_done = r.reshift_core__DOT__u_frontend__DOT__u_dma__DOT__u_axi_write__DOT__done_o != 0;
    probe_.cycle(c);
  }
  void drive() override {}

 private:
  struct Exec {
    bool start = false, end = false, complete = false;
  };

  const Root& root_;
  Probe& probe_;
  std::array<Exec, 2> late_{};
};

}  // namespace reshift
