// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// The residual controller between a memory that stalls and a user that reserves groups and takes
// their words later.
#include <Vrs_residual.h>
#include <gtest/gtest.h>

#include <deque>
#include <vector>

#include "harness/bench.hpp"
#include "harness/stream.hpp"
#include "unit/models/raster.hpp"

namespace reshift {
namespace {

constexpr int kP = RESHIFT_P;
constexpr int kWordW = RESHIFT_WordW;
constexpr int kAddrW = RESHIFT_AddrW;
constexpr uint64_t kMemoryLatency = 4;

struct Operation {
  bool residual = false;
  Raster raster;
};

/// Memory content.
uint64_t word_at(int bank, int addr) {
  const uint64_t key = static_cast<uint64_t>(bank) << kAddrW | static_cast<uint64_t>(addr);
  return ((key + 1) * 0x9e3779b97f4a7c15ull) >> (64 - kWordW);
}

/// Feature buffer, issuer and post-processing. At most two operations are under way; operation k
/// starts when it is offered and k-2 is complete.
class Surroundings : public Agent {
 public:
  Surroundings(Bench<Vrs_residual>& bench, const std::vector<Operation>& operations, Stalls memory,
               Stalls user)
      : bench_(bench),
        memory_stalls_(memory, run_seed()),
        user_stalls_(user, run_seed() + 1),
        ops_(
            bench->op_valid_i, bench->op_ready_o,
            [this](const Operation& op) {
              bench_->op_residual_i = op.residual;
              set_walk(bench_->op_walk_i, op.raster);
            },
            user) {
    bench->started_i = bench->rsp_valid_i = bench->reserve_i = bench->pop_i = 0;
    bench->req_ready_i = 0;
    bench.add(ops_);
    bench.add(*this);
    for (const Operation& op : operations) {
      ops_.push(op);
      if (op.residual) {
        for (const Raster::Pixel& q : op.raster.walk()) {
          expected_.push_back({q.bank, q.addr % (1 << kAddrW), q.inside, ends_.size()});
        }
      }
      ends_.push_back(expected_.size());
    }
  }

  bool done() const { return started_ == ends_.size() && popped_ == expected_.size(); }
  std::size_t words() const { return expected_.size(); }
  uint64_t start_cycle = 0, first_request_cycle = 0, first_reservable_cycle = 0;

  void sample() override {
    note(start_cycle, bench_->started_i);
    note(first_request_cycle, bench_->req_valid_o);
    note(first_reservable_cycle, bench_->reservable_o);
    started_ += bench_->started_i;
    if (bench_->req_valid_o && bench_->req_ready_i) request();
    if (bench_->pop_i) {
      ASSERT_EQ(bench_->data_o, words_[popped_]) << "word " << popped_;
      ++popped_;
    }
    if (bench_->reserve_i) reserved_ += kP;
  }

  void drive() override {
    const bool offered = started_ < ops_.taken() + bench_->op_valid_i;
    const bool room = started_ < 2 || popped_ >= ends_[started_ - 2];
    bench_->started_i = started_ < ends_.size() && offered && room && !user_stalls_.stall();
    bench_->req_ready_i = !memory_stalls_.stall();
    bench_->rsp_valid_i = !answers_.empty() && answers_.front().cycle == bench_.cycle();
    bench_->rsp_data_i = bench_->rsp_valid_i ? answers_.front().word : 0;
    if (bench_->rsp_valid_i) answers_.pop_front();
    bench_->reserve_i = bench_->reservable_o && !user_stalls_.stall();
    bench_->pop_i = popped_ < reserved_ && !user_stalls_.stall();
  }

 private:
  struct Expected {
    int bank, addr;
    bool inside;
    std::size_t operation;
  };
  struct Answer {
    uint64_t cycle;
    uint64_t word;
  };

  void note(uint64_t& cycle, bool now) const {
    if (now && cycle == 0) cycle = bench_.cycle();
  }
  void request() {
    ASSERT_LT(words_.size(), expected_.size());
    const Expected& e = expected_[words_.size()];
    ASSERT_LT(e.operation, started_) << "a read before its operation started";
    if (e.inside) {
      ASSERT_EQ(bench_->req_bank_o, e.bank);
      ASSERT_EQ(bench_->req_addr_o, e.addr);
    }
    words_.push_back(word_at(bench_->req_bank_o, bench_->req_addr_o));
    answers_.push_back({bench_.cycle() + kMemoryLatency, words_.back()});
  }

  Bench<Vrs_residual>& bench_;
  StallSource memory_stalls_, user_stalls_;
  StreamDriver<Operation> ops_;
  std::vector<Expected> expected_;
  std::vector<std::size_t> ends_;  ///< words up to the end of each operation
  std::vector<uint64_t> words_;
  std::deque<Answer> answers_;
  std::size_t started_ = 0, popped_ = 0, reserved_ = 0;
};

Operation random_operation(Random& random, int residual_percent) {
  return {random.chance(residual_percent), random_raster(random, kP)};
}

// With a willing memory and user: a word a cycle.
TEST(Residual, FullRate) {
  Bench<Vrs_residual> bench;
  Operation op = random_operation(bench.random(), 100);
  op.raster.groups = 100;
  Surroundings around(bench, {op}, Stalls::none(), Stalls::none());
  bench.reset();
  bench.run_until([&] { return around.done(); });
  EXPECT_EQ(around.first_request_cycle - around.start_cycle, 2u);
  EXPECT_EQ(around.first_reservable_cycle - around.first_request_cycle, kMemoryLatency + kP);
  EXPECT_EQ(bench.cycle() - around.first_reservable_cycle, around.words() + 1);
}

class ResidualStalled : public testing::TestWithParam<std::pair<Stalls, Stalls>> {};

TEST_P(ResidualStalled, RandomOperations) {
  Bench<Vrs_residual> bench;
  std::vector<Operation> ops;
  for (int i = 0; i < 40; ++i) ops.push_back(random_operation(bench.random(), 60));
  Surroundings around(bench, ops, GetParam().first, GetParam().second);
  bench.reset();
  bench.run_until([&] { return around.done(); });
  bench.run(20);
  EXPECT_FALSE(bench->req_valid_o);
  EXPECT_FALSE(bench->reservable_o);
  EXPECT_GT(around.words(), 100u);
}

INSTANTIATE_TEST_SUITE_P(Profiles, ResidualStalled,
                         testing::Values(std::pair{Stalls::none(), Stalls::none()},
                                         std::pair{Stalls::heavy(), Stalls::none()},
                                         std::pair{Stalls::light(), Stalls::heavy()},
                                         std::pair{Stalls::none(), Stalls::bursty()}));

}  // namespace
}  // namespace reshift
