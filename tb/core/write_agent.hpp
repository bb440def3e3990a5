// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

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
      : root_(root),
        hw_(hw),
        checker_(checker),
        post_(static_cast<std::size_t>(isa::post_pixels(hw))) {}

  void sample() override {
    const Root& r = root_;
    // Post-processing gives its data in the cycle after its write is taken.
    const auto bank_bits = static_cast<unsigned>(isa::clog2(hw_.p));
    const auto addr_bits = static_cast<unsigned>(isa::clog2(hw_.fb_depth));
    for (unsigned way = 0; way < post_.size(); ++way) {
      std::optional<CoreWrite>& post = post_[way];
      if (post) {
        post->cycle = cycle_;
        post->codes = codes(r.reshift_core__DOT__u_exec__DOT__u_features__DOT__wr_data_i, way);
        checker_.check(*post);
        post.reset();
      }
      if (get_bits(r.reshift_core__DOT__u_exec__DOT__u_features__DOT__wr_valid_i, way, 1) != 0 &&
          get_bits(r.reshift_core__DOT__u_exec__DOT__u_features__DOT__wr_ready_o, way, 1) != 0) {
        const auto bank = get_element(r.reshift_core__DOT__u_exec__DOT__u_features__DOT__wr_bank_i,
                                      way, bank_bits);
        const auto addr = get_element(r.reshift_core__DOT__u_exec__DOT__u_features__DOT__wr_addr_i,
                                      way, addr_bits);
        post = {Engine::kExec, cycle_, static_cast<int>(bank), static_cast<int>(addr), {}};
      }
    }
    if (r.reshift_core__DOT__u_exec__DOT__u_features__DOT__load_valid_i &&
        r.reshift_core__DOT__u_exec__DOT__u_features__DOT__load_ready_o) {
      checker_.check({Engine::kLoad, cycle_,
                      r.reshift_core__DOT__u_exec__DOT__u_features__DOT__load_bank_i,
                      r.reshift_core__DOT__u_exec__DOT__u_features__DOT__load_addr_i,
                      codes(r.reshift_core__DOT__u_exec__DOT__u_features__DOT__load_data_i, 0)});
    }
    ++cycle_;
  }
  void drive() override {}

 private:
  template <typename Port>
  std::vector<std::int16_t> codes(const Port& port, unsigned way) const {
    const auto width = static_cast<unsigned>(hw_.act_w), m = static_cast<unsigned>(hw_.m);
    std::vector<std::int16_t> codes;
    for (unsigned row = way * m; row < (way + 1) * m; ++row) {
      codes.push_back(static_cast<std::int16_t>(sign_extend(get_element(port, row, width), width)));
    }
    return codes;
  }

  const Root& root_;
  const isa::Hardware& hw_;
  WriteChecker& checker_;
  std::vector<std::optional<CoreWrite>> post_;  ///< of each way: taken, its data comes
  std::uint64_t cycle_ = 0;                     ///< since reset
};

}  // namespace reshift
