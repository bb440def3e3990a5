// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// The residual controller between a ring of addresses, a memory that stalls, and a user that
// reserves groups and takes their words later.
#include <Vrs_residual.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <vector>

#include "golden/raster_model.hpp"
#include "harness/bench.hpp"
#include "harness/stream.hpp"

namespace reshift {
namespace {

constexpr int kP = RESHIFT_P;
constexpr uint64_t kMemoryLatency = 4;
constexpr uint64_t kPopLatency = 2;

struct Operation {
  bool residual = false;
  Raster raster;
};

/// Ring of addresses, feature buffer, issuer and post-processing. At most two operations are under
/// way; operation k starts when it is offered and k-2 is complete.
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
              bench_->op_m_blocks_i = static_cast<uint16_t>(op.raster.m_blocks);
            },
            user) {
    bench->started_i = bench->rsp_valid_i = bench->reserve_i = bench->pop_i = 0;
    bench->req_ready_i = bench->addr_valid_i = bench->group_next_i = 0;
    bench.add(ops_);
    bench.add(*this);
    for (const Operation& op : operations) {
      ops_.push(op);
      if (op.residual) {
        for (const Raster::Pixel& q : op.raster.walk()) pixels_.push_back({q, ends_.size()});
      }
      ends_.push_back(pixels_.size());
    }
  }

  bool done() const { return started_ == ends_.size() && compared_ == pixels_.size(); }
  std::size_t words() const { return pixels_.size(); }
  uint64_t start_cycle = 0, first_request_cycle = 0, first_reservable_cycle = 0;

  void sample() override {
    note(start_cycle, bench_->started_i);
    note(first_request_cycle, bench_->req_valid_o);
    note(first_reservable_cycle, bench_->reservable_o);
    started_ += bench_->started_i;
    // An address leaves with the request that it makes.
    ASSERT_EQ(bench_->addr_ready_o && bench_->addr_valid_i,
              bench_->req_valid_o && bench_->req_ready_i);
    if (bench_->req_valid_o && bench_->req_ready_i) {
      ASSERT_LT(pixels_[requested_].operation, started_) << "a read before its operation started";
      answers_.push_back({bench_.cycle() + kMemoryLatency, requested_++});
    }
    if (!shows_.empty() && shows_.front().cycle == bench_.cycle()) {
      ASSERT_EQ(bench_->data_o, shows_.front().word) << "word " << compared_;
      ++compared_;
      shows_.pop_front();
    }
    if (bench_->pop_i) shows_.push_back({bench_.cycle() + kPopLatency, popped_++});
    if (bench_->reserve_i) reserved_ += kP;
  }

  void drive() override {
    // The ring of addresses fetches two addresses ahead.
    bench_->group_next_i = 0;
    if (bench_->group_valid_o && fetched_ < pixels_.size() && fetched_ < requested_ + 2) {
      const Raster::Pixel& q = pixels_[fetched_].pixel;
      ASSERT_EQ(bench_->group_o >> 2 & 1, q.last_m);
      bench_->group_next_i = q.last_p;
      bench_->group_last_i = q.last_g;
      ++fetched_;
    }
    bench_->addr_valid_i = requested_ < fetched_before_;
    bench_->addr_last_i = bench_->addr_valid_i && pixels_[requested_].pixel.last;
    fetched_before_ = fetched_;
    const bool offered = started_ < ops_.taken() + bench_->op_valid_i;
    const bool room = started_ < 2 || popped_ >= ends_[started_ - 2];
    bench_->started_i = started_ < ends_.size() && offered && room && !user_stalls_.stall();
    bench_->req_ready_i = !memory_stalls_.stall();
    bench_->rsp_valid_i = !answers_.empty() && answers_.front().cycle == bench_.cycle();
    bench_->rsp_data_i = bench_->rsp_valid_i ? answers_.front().word : 0;
    if (bench_->rsp_valid_i) {
      answers_.pop_front();
      ++arriving_;
    }
    const bool wait = reserve_cycle_ + kP > bench_.cycle();  // last tiles are P cycles apart
    bench_->reserve_i = bench_->reservable_o && !wait && !user_stalls_.stall();
    if (bench_->reserve_i) reserve_cycle_ = bench_.cycle();
    // The pixels come long after their tiles: when the words are there.
    const std::size_t arrived = arriving_ - bench_->rsp_valid_i;
    bench_->pop_i = popped_ < std::min(reserved_, arrived) && !user_stalls_.stall();
  }

 private:
  struct Expected {
    Raster::Pixel pixel;
    std::size_t operation;
  };
  /// The words of memory are their numbers in the order of requests.
  struct Due {
    uint64_t cycle;
    std::size_t word;
  };

  void note(uint64_t& cycle, bool now) const {
    if (now && cycle == 0) cycle = bench_.cycle();
  }

  Bench<Vrs_residual>& bench_;
  StallSource memory_stalls_, user_stalls_;
  StreamDriver<Operation> ops_;
  std::vector<Expected> pixels_;
  std::vector<std::size_t> ends_;  ///< words up to the end of each operation
  std::deque<Due> answers_, shows_;
  std::size_t started_ = 0, fetched_ = 0, requested_ = 0, popped_ = 0, compared_ = 0, reserved_ = 0;
  std::size_t fetched_before_ = 0, arriving_ = 0;
  uint64_t reserve_cycle_ = 0;
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
  EXPECT_EQ(around.first_reservable_cycle - around.first_request_cycle, kP);
  // Reservations are three cycles apart.
  const uint64_t groups = around.words() / kP;
  EXPECT_LE(bench.cycle() - around.first_reservable_cycle, groups * std::max(kP, 3) + kP + 5);
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
