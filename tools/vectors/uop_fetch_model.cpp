// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include "vectors/module_models.hpp"

namespace reshift {
namespace {

constexpr int kDepth = 16, kAddrW = 4, kPtrW = kAddrW + 1;

class UopFetchTrace {
 public:
  explicit UopFetchTrace(const Random& random) : random_(random) {}

  ModuleTrace run() {
    for (int i = 0; i < kResetCycles; ++i) cycle(true, 0, 0);
    const int begin = trace_.now();
    constexpr int kOps = 40;
    for (int op = 0; op < kOps; ++op) run_operation(op % 2 == 0);
    for (int i = 0; i < 3; ++i) cycle(false, 0, 0);
    for (int t = begin; t < trace_.now(); ++t) {
      const auto read = [&](int when) {
        return std::find(reads_at_.begin(), reads_at_.end(), when) != reads_at_.end();
      };
      trace_.expect(t, "header_read_o", read(t));
      trace_.expect(t, "uop_valid_o", read(t - 2));
    }
    return std::move(trace_);
  }

 private:
  /// An operation is offered when `uops` is not 0.
  void cycle(bool reset, int uops, int groups) {
    trace_.cycle({Bits(1, !reset), Bits(1, uops > 0),
                  Bits(20, uops > 0 ? uops : random_.uniform(0, 20)),
                  Bits(20, uops > 0 ? groups : random_.uniform(0, 20)),
                  Bits(1, uops > 0 ? keep_ : random_.chance(50)), Bits(kPtrW, loaded_),
                  Bits(32, shown_), Bits(1, 1)});
    seen_ = told_;
    told_ = loaded_;
  }

  /// LOAD has brought everything, or brings a micro-op now and then, at the latest when it is
  /// waited for.
  void run_operation(bool all_loaded) {
    if (!keep_) uops_ = static_cast<int>(random_.uniform(1, kDepth));
    keep_ = random_.chance(30);
    const int groups = static_cast<int>(random_.uniform(1, 4));
    trace_.expect(trace_.now(), "op_ready_o", 1);
    cycle(false, uops_, groups);
    for (int g = 0; g < groups; ++g) {
      for (int i = 0; i < uops_; ++i) {
        if (all_loaded) {
          while (loaded_ < base_ + uops_) load();
        }
        wait_for(base_ + i);
        fetch((base_ + i) % kDepth, i + 1 == uops_, g + 1 == groups);
      }
    }
    if (!keep_) base_ += uops_;
  }

  void load() {
    ring_[static_cast<std::size_t>(loaded_ % kDepth)] = static_cast<std::uint32_t>(random_());
    ++loaded_;
  }

  /// Until the module knows that micro-op `number` is loaded.
  void wait_for(int number) {
    while (seen_ <= number) {
      trace_.expect(trace_.now(), "op_ready_o", 0);
      const bool arrives = loaded_ <= number && random_.chance(40);
      cycle(false, 0, 0);
      if (arrives) load();
    }
  }

  void fetch(int address, bool list_end, bool last_group) {
    const int now = trace_.now();
    const std::uint32_t header = ring_[static_cast<std::size_t>(address)];
    reads_at_.push_back(now);
    trace_.expect(now, "header_addr_o", address);
    trace_.expect(now + 2, "uop_header_o", header);
    trace_.expect(now + 2, "uop_tile_o", address);
    trace_.expect(now + 2, "uop_list_end_o", list_end);
    trace_.expect(now + 2, "uop_last_group_o", last_group);
    trace_.expect(now, "op_ready_o", list_end && last_group);
    cycle(false, 0, 0);
    shown_ = header;  // the memory answers a cycle later
  }

  Random random_;
  ModuleTrace trace_{"rs_uop_fetch",
                     {{"WmDepth", kDepth}},
                     {{"rst_ni", 1},
                      {"op_valid_i", 1},
                      {"op_uops_i", 20},
                      {"op_groups_i", 20},
                      {"op_keep_i", 1},
                      {"loaded_i", kPtrW},
                      {"header_i", 32},
                      {"uop_ready_i", 1}},
                     {{"op_ready_o", 1},
                      {"header_read_o", 1},
                      {"header_addr_o", kAddrW},
                      {"uop_valid_o", 1},
                      {"uop_header_o", 32},
                      {"uop_tile_o", kAddrW},
                      {"uop_list_end_o", 1},
                      {"uop_last_group_o", 1}}};
  std::vector<std::uint32_t> ring_ = std::vector<std::uint32_t>(kDepth);
  int base_ = 0, loaded_ = 0;  ///< micro-ops since reset
  int told_ = 0, seen_ = 0;    ///< loaded, as the module was told in the last cycle, as it knows it
  int uops_ = 0;               ///< of the operation's list
  std::uint32_t shown_ = 0;    ///< header read last
  bool keep_ = false;          ///< the next operation reads the same list
  std::vector<int> reads_at_;
};

}  // namespace

ModuleTrace uop_fetch(const isa::Hardware&, Random random) { return UopFetchTrace(random).run(); }

}  // namespace reshift
