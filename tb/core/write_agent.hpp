// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "core/write_checker.hpp"
#include "harness/bench.hpp"
#include "harness/bits.hpp"

namespace reshift {

/// Watches the write ports of the feature buffer, which sim/probe.vlt makes readable, and has each
/// write checked in the cycle in which its data is there. `Root` is the class in which Verilator
/// has the signals.
template <typename Root>
class WriteAgent : public Agent {
 public:
  WriteAgent(const Root& root, const isa::Hardware& hw, WriteChecker& checker)
      : root_(root), hw_(hw), checker_(checker) {}

  void sample() override {
    const Root& r = root_;
    // Post-processing gives its data in the cycle after its write is taken.
    if (post_) {
      post_->cycle = cycle_;
      post_->codes = codes(r.reshift_core__DOT__u_exec__DOT__u_features__DOT__wr_data_i);
      checker_.check(*post_);
      post_.reset();
    }
    if (r.reshift_core__DOT__u_exec__DOT__u_features__DOT__wr_valid_i &&
        r.reshift_core__DOT__u_exec__DOT__u_features__DOT__wr_ready_o) {
      post_ = {Engine::kExec,
               cycle_,
               r.reshift_core__DOT__u_exec__DOT__u_features__DOT__wr_bank_i,
               r.reshift_core__DOT__u_exec__DOT__u_features__DOT__wr_addr_i,
               {}};
    }
    if (r.reshift_core__DOT__u_exec__DOT__u_features__DOT__load_valid_i &&
        r.reshift_core__DOT__u_exec__DOT__u_features__DOT__load_ready_o) {
      checker_.check({Engine::kLoad, cycle_,
                      r.reshift_core__DOT__u_exec__DOT__u_features__DOT__load_bank_i,
                      r.reshift_core__DOT__u_exec__DOT__u_features__DOT__load_addr_i,
                      codes(r.reshift_core__DOT__u_exec__DOT__u_features__DOT__load_data_i)});
    }
    ++cycle_;
  }
  void drive() override {}

 private:
  template <typename Port>
  std::vector<std::int16_t> codes(const Port& port) const {
    const auto width = static_cast<unsigned>(hw_.act_w);
    std::vector<std::int16_t> codes;
    for (unsigned m = 0; m < static_cast<unsigned>(hw_.m); ++m) {
      codes.push_back(static_cast<std::int16_t>(sign_extend(get_element(port, m, width), width)));
    }
    return codes;
  }

  const Root& root_;
  const isa::Hardware& hw_;
  WriteChecker& checker_;
  std::optional<CoreWrite> post_;  ///< taken, its data comes
  std::uint64_t cycle_ = 0;        ///< since reset
};

}  // namespace reshift
