// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// The fetch between a ring that is filled at random and a user that frees micro-ops as the issuer
// does.
#include <Vrs_uop_fetch.h>
#include <gtest/gtest.h>

#include <deque>
#include <tuple>
#include <vector>

#include "harness/bench.hpp"
#include "harness/scoreboard.hpp"
#include "harness/stream.hpp"

namespace reshift {
namespace {

constexpr int kDepth = RESHIFT_WmDepth;

struct Operation {
  int uops, groups;
  bool keep = false;  ///< the next one walks the same list
};
/// Header, tile address, list end, last group.
using Uop = std::tuple<uint32_t, int, bool, bool>;

/// The weight memory: micro-op i holds headers[i]; loaded at random as far as there is room.
class Memory : public Agent {
 public:
  Memory(Bench<Vrs_uop_fetch>& bench, Stalls stalls)
      : ring_(kDepth), bench_(bench), stalls_(stalls, run_seed()) {
    bench->loaded_i = 0;
  }

  /// One more micro-op to load.
  uint32_t push() {
    headers_.push_back(static_cast<uint32_t>(bench_.random()()));
    return headers_.back();
  }
  void free() { ++freed_; }

  void sample() override {
    read_ = bench_->header_read_o;
    address_ = bench_->header_addr_o;
  }
  void drive() override {
    if (read_) bench_->header_i = ring_[address_];  // and stays
    if (loaded_ < headers_.size() && loaded_ < freed_ + kDepth && !stalls_.stall()) {
      ring_[loaded_ % kDepth] = headers_[loaded_];
      ++loaded_;
    }
    bench_->loaded_i = static_cast<uint8_t>(loaded_ % (2 * kDepth));
  }

 private:
  std::vector<uint32_t> ring_, headers_;
  Bench<Vrs_uop_fetch>& bench_;
  StallSource stalls_;
  std::size_t loaded_ = 0, freed_ = 0;
  bool read_ = false;
  std::size_t address_ = 0;
};

struct Fetch {
  Fetch(Stalls load, Stalls ops_stalls, Stalls user)
      : memory(bench, load),
        ops(
            bench->op_valid_i, bench->op_ready_o,
            [this](const Operation& op) {
              bench->op_uops_i = static_cast<uint32_t>(op.uops);
              bench->op_groups_i = static_cast<uint32_t>(op.groups);
              bench->op_keep_i = op.keep;
            },
            ops_stalls),
        out(
            bench->uop_valid_o, bench->uop_ready_i,
            [this] {
              return Uop{bench->uop_header_o, bench->uop_tile_o, bench->uop_list_end_o,
                         bench->uop_last_group_o};
            },
            [this](const Uop& uop) {
              board.actual(uop);
              if (freed.front()) memory.free();
              freed.pop_front();
            },
            user) {
    bench.add(memory);
    bench.add(ops);
    bench.add(out);
    bench.reset();
  }

  void push(const Operation& op) {
    ops.push(op);
    if (list.empty()) {
      for (int i = 0; i < op.uops; ++i) list.push_back(memory.push());
    }
    for (int g = 0; g < op.groups; ++g) {
      for (int i = 0; i < op.uops; ++i) {
        board.expect({list[i], (base + i) % kDepth, i == op.uops - 1, g == op.groups - 1});
        freed.push_back(g == op.groups - 1 && !op.keep);
      }
    }
    if (!op.keep) {
      base += op.uops;
      list.clear();
    }
    walked += static_cast<uint64_t>(op.uops) * static_cast<uint64_t>(op.groups);
  }
  Operation random_operation() {
    Random& random = bench.random();
    if (!list.empty()) {
      return {static_cast<int>(list.size()), static_cast<int>(random.uniform(1, 6)),
              random.chance(30)};
    }
    if (random.chance(20)) return {static_cast<int>(random.uniform(1, 3 * kDepth)), 1};
    return {static_cast<int>(random.chance(20) ? kDepth : random.uniform(1, kDepth)),
            static_cast<int>(random.uniform(1, 6)), random.chance(30)};
  }

  Bench<Vrs_uop_fetch> bench;
  Memory memory;
  Scoreboard<Uop> board{"micro-ops"};
  StreamDriver<Operation> ops;
  StreamMonitor<Uop> out;
  std::vector<uint32_t> list;  ///< that was kept
  std::deque<bool> freed;      ///< whether a micro-op that comes is not used again
  int base = 0;
  uint64_t walked = 0;
};

// Loaded micro-ops, a user that takes everything: a micro-op a cycle, from operation to operation.
TEST(UopFetch, FullRate) {
  Fetch fetch(Stalls::none(), Stalls::none(), Stalls::none());
  for (int i = 0; i < 50; ++i) {
    const bool again = !fetch.list.empty();
    fetch.push({again ? static_cast<int>(fetch.list.size())
                      : static_cast<int>(fetch.bench.random().uniform(1, kDepth / 2)),
                static_cast<int>(fetch.bench.random().uniform(1, 6)), !again && i % 3 == 0});
  }
  fetch.bench.tick();  // the driver's first offer; the first micro-op is loaded
  const uint64_t begin = fetch.bench.cycle();
  fetch.bench.run_until([&] { return fetch.board.empty(); });
  // An operation is taken in the first of these cycles; its first micro-op goes four later, as what
  // is loaded is known a cycle late.
  EXPECT_EQ(fetch.bench.cycle() - begin, fetch.walked + 4);
}

using Profile = std::tuple<Stalls, Stalls, Stalls>;
class UopFetchStalled : public testing::TestWithParam<Profile> {};

TEST_P(UopFetchStalled, Random) {
  const auto& [load, ops, user] = GetParam();
  Fetch fetch(load, ops, user);
  for (int i = 0; i < 100; ++i) fetch.push(fetch.random_operation());
  fetch.bench.run_until([&] { return fetch.board.empty(); });
  fetch.bench.run(20);
}

INSTANTIATE_TEST_SUITE_P(Profiles, UopFetchStalled,
                         testing::Values(Profile{Stalls::none(), Stalls::none(), Stalls::none()},
                                         Profile{Stalls::heavy(), Stalls::none(), Stalls::light()},
                                         Profile{Stalls::none(), Stalls::bursty(), Stalls::heavy()},
                                         Profile{Stalls::bursty(), Stalls::light(),
                                                 Stalls::bursty()}));

}  // namespace
}  // namespace reshift
