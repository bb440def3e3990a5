// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// The issuer among neighbours that answer at random. In every cycle a model of a few lines, written
// from docs/architecture.md, says whether an operation may start, a micro-op may go, and if not,
// why. Starts and grants are prepared in registers: what may be done may come a few cycles later,
// what may not be done never comes.
#include <Vrs_issue.h>
#include <gtest/gtest.h>

#include <deque>
#include <span>
#include <vector>

#include "harness/bench.hpp"
#include "harness/bits.hpp"
#include "isa/fields.hpp"

namespace reshift {
namespace {

namespace exec = isa::exec;

constexpr int kP = RESHIFT_P;
constexpr int kCBlocks = RESHIFT_R;
constexpr int kCBlockW = RESHIFT_CBlockW;
constexpr int kPmDepth = RESHIFT_PmDepth;
constexpr int kBlockCycles = RESHIFT_BlockCycles;
constexpr int kBlocks = RESHIFT_Blocks;  // 0: any number
constexpr bool kNeighbours = RESHIFT_Neighbours;
constexpr int kLag = 3;

enum Stall { kIdle, kLoad, kStore, kDepend, kWeights, kPost, kResidual };  // order of STALL_*

struct Uop {
  int offset, rotation, source, tile;
  bool plane, last;
};

struct Operation {
  std::vector<Uop> uops;
  int groups = 1, m_blocks = 1;
  bool wait_load = false, wait_store = false, wait_previous = false, max = false;
  bool residual = false, keep = false, beside = false;
  int base[2] = {0, 0}, step[2] = {1, 1};
  int need_first = 0, need_step = 0;
  int in_zero = 0, in_cut = 0;
};

/// How willing the neighbours are, in percent a cycle.
struct Willing {
  int uop, coords, token, params, reservable, pixel;
};

class Issue : public testing::Test {
 protected:
  Issue() {
    bench->halt_i = bench->op_valid_i = bench->uop_valid_i = bench->windows_valid_i = 0;
    bench->load_token_i = bench->store_token_i = bench->reservable_i = bench->complete_i = 0;
    bench->post_free_i = 0;
    bench->params_loaded_i = 0;
    bench->written_i = 0;
    bench.reset();
  }

  Operation random_operation() {
    Operation op;
    op.groups = static_cast<int>(random.uniform(1, 6));
    op.m_blocks = static_cast<int>(random.uniform(1, 4));
    op.wait_load = random.chance(50);
    op.wait_store = random.chance(50);
    op.wait_previous = random.chance(20);
    op.max = random.chance(30);
    op.beside = random.chance(30);
    op.residual = random.chance(40);
    op.keep = random.chance(30);
    for (int s = 0; s < 2; ++s) {
      op.base[s] = static_cast<int>(random.uniform(0, (1 << kCBlockW) - 1));
      op.step[s] = static_cast<int>(random.uniform(1, 9)) * kCBlocks;
    }
    op.need_first = static_cast<int>(random.uniform(0, 8));
    op.need_step = static_cast<int>(random.uniform(0, 8));
    op.in_zero = static_cast<int>(random.uniform(-32768, 32767));
    op.in_cut = static_cast<int>(random.uniform(0, 65535));
    for (int m = 0; m < op.m_blocks; ++m) {
      const int taps = static_cast<int>(random.uniform(1, 2 * kP));
      for (int tap = 0; tap < taps; ++tap) {
        op.uops.push_back(
            {static_cast<int>(random.uniform(0, 32767)),
             static_cast<int>(random.uniform(0, kP - 1)), static_cast<int>(random.uniform(0, 1)),
             static_cast<int>(random.uniform(0, 63)), random.chance(50), tap == taps - 1});
      }
    }
    return op;
  }

  void run(std::deque<Operation> operations, const Willing& willing, int halt_percent = 0) {
    waiting_ = std::move(operations);
    willing_ = willing;
    while (!waiting_.empty() || active_ || in_flight_ > 0) {
      drive(random.chance(halt_percent));
      check();
      if (HasFatalFailure()) return;
      advance();
      ASSERT_LT(bench.cycle(), 200000u);
    }
    drive(false);
    bench.settle();
    EXPECT_FALSE(bench->busy_o);
  }

  void put_operation(const Operation& op) {
    const std::span<uint32_t> words(bench->op_i.m_storage, isa::kDescriptorWords);
    for (uint32_t& word : words) word = 0;
    isa::set(words, isa::common::kWaitLoad, op.wait_load);
    isa::set(words, isa::common::kWaitStore, op.wait_store);
    isa::set(words, exec::kWaitPrevious, op.wait_previous);
    isa::set(words, exec::kMaxMode, op.max);
    isa::set(words, exec::kResidual, op.residual);
    isa::set(words, exec::kKeepList, op.keep);
    isa::set(words, exec::kNeighbours, op.beside);
    isa::set(words, exec::kMBlocks, op.m_blocks);
    isa::set(words, exec::kSrc0Base, op.base[0]);
    isa::set(words, exec::kSrc1Base, op.base[1]);
    isa::set(words, exec::kSrc0Step, op.step[0]);
    isa::set(words, exec::kSrc1Step, op.step[1]);
    isa::set(words, exec::kNeedFirst, op.need_first);
    isa::set(words, exec::kNeedStep, op.need_step);
    isa::set_signed(words, exec::kInZero, op.in_zero);
    isa::set(words, exec::kInCut, op.in_cut);
  }

  /// Micro-ops that are issued of a list that is wrong, and M-blocks that reach post-processing,
  /// while nothing else is in the way.
  std::pair<int, int> given_up(const Operation& op) {
    bench.reset();
    put_operation(op);
    bench->op_valid_i = bench->uop_valid_i = bench->windows_valid_i = bench->post_free_i = 1;
    bench->params_loaded_i = static_cast<uint8_t>(kPmDepth);
    int uops = 0, m_blocks = 0;
    for (int i = 0; i < 200; ++i) {
      const auto at = static_cast<std::size_t>(uops) % op.uops.size();
      uint32_t header[1] = {0};
      isa::set(header, isa::header::kLast, op.uops[at].last);
      bench->uop_header_i = header[0];
      bench->uop_list_end_i = bench->uop_last_group_i = at + 1 == op.uops.size();
      bench.settle();
      uops += bench->issued_o;
      const bool taken = bench->op_ready_o;
      bench.tick();
      if (taken) bench->op_valid_i = 0;
      m_blocks += bench->group_valid_o;
    }
    EXPECT_TRUE(bench->busy_o);
    bench->op_valid_i = bench->uop_valid_i = bench->windows_valid_i = bench->post_free_i = 0;
    bench->params_loaded_i = 0;
    return {uops, m_blocks};
  }

  Bench<Vrs_issue> bench;
  Random& random = bench.random();
  int stalls[7] = {};  ///< cycles of each cause
  int issued = 0;

 private:
  struct Flight {  ///< an operation whose pixels are not all written
    int pixels_left;
    int written = 0;
  };

  /// The operation whose micro-ops are offered: they may be there before it starts.
  const Operation& offered() const { return active_ ? current_ : waiting_.front(); }
  bool uop_last_group() const { return group_ == offered().groups - 1; }
  bool uop_list_end() const { return uop_ + 1 == offered().uops.size(); }

  void drive(bool halt) {
    const Willing& w = willing_;
    const bool any = active_ || !waiting_.empty();
    bench->halt_i = halt;
    // An operation is taken in the cycle after its start.
    bench->op_valid_i = accepted_ || !waiting_.empty();
    if (bench->op_valid_i) put_operation(accepted_ ? current_ : waiting_.front());
    uop_valid_ = any && (uop_valid_ || random.chance(w.uop));
    coords_valid_ = any && (coords_valid_ || random.chance(w.coords));
    load_token_ = load_token_ || random.chance(w.token);
    store_token_ = store_token_ || random.chance(w.token);
    if (params_loaded_ - params_started_ < kPmDepth && random.chance(w.params)) ++params_loaded_;
    reservable_ = reservable_ || random.chance(w.reservable);
    bench->uop_valid_i = uop_valid_;
    bench->windows_valid_i = coords_valid_;
    bench->load_token_i = load_token_;
    bench->store_token_i = store_token_;
    bench->params_loaded_i = static_cast<uint8_t>(params_loaded_ % (2 * kPmDepth));
    bench->reservable_i = reservable_;
    bench->written_i = flights_.empty() ? 0 : static_cast<uint32_t>(flights_.front().written);
    bench->complete_i = complete_;
    bench->post_free_i = post_free_;
    if (!uop_valid_) {
      bench->uop_header_i = static_cast<uint32_t>(random());
      return;
    }
    const Uop& e = offered().uops[uop_];
    if (uop_kept_) return;  // a header stays until it is taken
    uop_kept_ = true;
    uint32_t header[1] = {static_cast<uint32_t>(random())};
    using namespace isa::header;
    isa::set(header, kOffset, e.offset);
    isa::set(header, kRotation, e.rotation);
    isa::set(header, kSource, e.source);
    isa::set(header, kPlane, e.plane);
    isa::set(header, kLast, e.last);
    bench->uop_header_i = header_ = header[0];
    bench->uop_tile_i = static_cast<uint8_t>(e.tile);
    bench->uop_list_end_i = uop_list_end();
    bench->uop_last_group_i = uop_last_group();
  }

  int64_t cycle() const { return static_cast<int64_t>(bench.cycle()); }

  /// Why nothing may happen in this cycle, or what may: a start or a micro-op.
  void judge() {
    may_start_ = may_issue_ = false;
    reason_ = kIdle;
    if (!waiting_.empty() && !accepted_) {
      const Operation& op = waiting_.front();
      if (op.wait_load && !load_token_)
        reason_ = kLoad;
      else if (op.wait_store && !store_token_)
        reason_ = kStore;
      else if (in_flight_ > (op.wait_previous ? 0 : 1))
        reason_ = kDepend;
      else {
        reason_ = kWeights;
        may_start_ = params_loaded_ - params_started_ >= op.m_blocks;
      }
    }
    if (active_) {
      const int need = current_.need_first + group_ * current_.need_step;
      const bool last = uop_valid_ && current_.uops[uop_].last;
      // In the cycle that says so, the operation before is complete already.
      const bool written = in_flight_ - complete_ == 1 || flights_.front().written >= need;
      if (!coords_valid_ || !written)
        reason_ = kDepend;
      else if (!uop_valid_)
        reason_ = kWeights;
      else if (last &&
               (cycle() < last_issue_ + kBlockCycles || (kBlocks > 0 && in_post_ >= kBlocks)))
        reason_ = kPost;
      else {
        reason_ = kResidual;
        may_issue_ = !(last && current_.residual && !reservable_);
      }
    }
  }

  void check() {
    bench.settle();
    const bool halt = bench->halt_i;
    judge();
    starts_ = bench->started_o;
    issues_ = bench->issued_o;
    // The next operation may start with the last micro-op of the one before.
    may_start_ = may_start_ && (!active_ || (issues_ && uop_list_end() && uop_last_group()));
    ASSERT_TRUE(!starts_ || (may_start_ && !halt)) << "cycle " << bench.cycle();
    ASSERT_TRUE(!issues_ || (may_issue_ && !halt))
        << "cycle " << bench.cycle() << ", reason " << reason_;
    // What may be done is done soon.
    idle_ = (may_start_ || may_issue_) && !halt && !starts_ && !issues_ ? idle_ + 1 : 0;
    ASSERT_LE(idle_, kLag) << "cycle " << bench.cycle();
    ASSERT_EQ(bench->op_ready_o, accepted_);
    if (!issues_ && !halt && !starts_ && idle_ == 0) {
      ASSERT_TRUE(bench->stall_o == reason_ || bench->stall_o == kDepend)
          << "cycle " << bench.cycle() << ": " << int{bench->stall_o} << ", not " << reason_;
      ++stalls[reason_];
    }
    ASSERT_TRUE(!uop_valid_ || bench->uop_ready_o == issues_);
    ASSERT_EQ(bench->busy_o, active_ || in_flight_ > 0 || !waiting_.empty());
    ASSERT_EQ(bench->take_load_token_o, accepted_ && current_.wait_load);
    ASSERT_EQ(bench->take_store_token_o, accepted_ && current_.wait_store);
    const bool last = issues_ && current_.uops[uop_].last;
    ASSERT_EQ(bench->reserve_o, last && current_.residual);
    ASSERT_EQ(bench->windows_next_o, issues_ && uop_list_end());
  }

  void advance() {
    const bool complete = complete_;
    bench.tick();
    ASSERT_EQ(bench->read_valid_o, issues_);
    ASSERT_EQ(bench->read_free_o, issues_ && uop_last_group() && !current_.keep);
    ASSERT_EQ(bench->group_valid_o, issues_ && current_.uops[uop_].last);
    if (issues_) {
      const Uop& e = current_.uops[uop_];
      ASSERT_EQ(bench->group_o, uop_list_end() << 2 | uop_last_group() << 1 | int{current_.keep});
      ASSERT_EQ(static_cast<int16_t>(bench->read_zero_o), current_.in_zero);
      ASSERT_EQ(bench->read_cut_o, current_.in_cut);
      ASSERT_EQ(bench->read_dy_o, header_ >> 19 & 31);
      ASSERT_EQ(bench->read_dx_o, header_ >> 24 & 31);
      const int addr =
          (current_.base[e.source] + group_ * current_.step[e.source] + e.offset) % (1 << kCBlockW);
      ASSERT_EQ(bench->read_addr_o, addr);
      ASSERT_EQ(bench->read_step_o, current_.step[e.source]);
      ASSERT_EQ(bench->read_rotation_o, e.rotation);
      ASSERT_EQ(bench->read_sub_o, addr % kCBlocks);
      ASSERT_EQ(bench->read_tile_o, e.tile);
      ASSERT_EQ(bench->read_first_o, uop_ == 0 || current_.uops[uop_ - 1].last);
      ASSERT_EQ(bench->read_plane_o, e.plane);
      ASSERT_EQ(bench->read_last_o, e.last);
      ASSERT_EQ(bench->read_max_o, current_.max);
      ASSERT_EQ(bench->read_beside_o, kNeighbours && current_.beside);
      ASSERT_EQ(bench->read_list_end_o, kNeighbours && uop_list_end());
      ASSERT_EQ(bench->read_fresh_o, kNeighbours && group_ == 0);
    }
    if (complete) --in_flight_;
    post_process_some();
    if (accepted_ && current_.wait_load) load_token_ = false;
    if (accepted_ && current_.wait_store) store_token_ = false;
    accepted_ = starts_;
    if (issues_) issue();
    if (starts_) start();
  }

  void start() {
    current_ = waiting_.front();
    waiting_.pop_front();
    active_ = true;
    ++in_flight_;
    if (!current_.keep) params_started_ += current_.m_blocks;
    flights_.push_back({current_.groups * kP});
  }

  void issue() {
    const Uop& e = current_.uops[uop_];
    ++issued;
    if (e.last) last_issue_ = cycle() - 1;
    if (e.last) ++in_post_;
    if (e.last && current_.residual) reservable_ = false;
    uop_valid_ = uop_kept_ = false;
    if (!uop_list_end()) {
      ++uop_;
      return;
    }
    coords_valid_ = false;
    available_ += kP;
    active_ = !uop_last_group();
    group_ = active_ ? group_ + 1 : 0;
    uop_ = 0;
  }

  /// Writes pixels of the oldest operation, as far as they were issued; the end is one pulse.
  void post_process_some() {
    complete_ = false;
    if (post_free_) --in_post_;
    post_free_ = in_post_ > 0 && random.chance(willing_.pixel);
    if (flights_.empty() || available_ == 0 || !random.chance(willing_.pixel)) return;
    Flight& oldest = flights_.front();
    available_ -= kP;
    oldest.written += kP;
    oldest.pixels_left -= kP;
    if (oldest.pixels_left > 0) return;
    complete_ = true;
    flights_.pop_front();
  }

  Willing willing_{};
  std::deque<Operation> waiting_;
  Operation current_;
  std::deque<Flight> flights_;
  bool active_ = false, accepted_ = false, starts_ = false, issues_ = false, complete_ = false;
  std::size_t uop_ = 0;
  int group_ = 0, in_flight_ = 0, available_ = 0;
  int64_t last_issue_ = -kBlockCycles;
  uint32_t header_ = 0;
  bool may_start_ = false, may_issue_ = false, post_free_ = false;
  int in_post_ = 0;
  Stall reason_ = kIdle;
  int idle_ = 0;  ///< cycles in which something might have been done
  bool uop_valid_ = false, uop_kept_ = false, coords_valid_ = false, load_token_ = false,
       store_token_ = false;
  bool reservable_ = false;
  int params_loaded_ = 0, params_started_ = 0;
};

// Lists no shorter than P: a micro-op a cycle, from operation to operation.
TEST_F(Issue, FullRate) {
  if (kBlocks > 0) GTEST_SKIP() << "with any number of M-blocks on their way only";
  std::deque<Operation> ops;
  uint64_t cycles = 0;
  for (int i = 0; i < 20; ++i) {
    Operation op = random_operation();
    op.wait_previous = false;
    op.need_first = op.need_step = 0;
    op.groups += 2;
    if (i == 0) op.m_blocks = 1;  // parameters come one a cycle
    op.uops.clear();
    for (int m = 0; m < op.m_blocks; ++m) {
      for (int tap = 0; tap < kP; ++tap) {
        op.uops.push_back({tap, 0, 0, tap, tap == 0, tap == kP - 1});
      }
    }
    cycles += op.uops.size() * static_cast<std::size_t>(op.groups);
    ops.push_back(op);
  }
  const uint64_t begin = bench.cycle();
  run(ops, {100, 100, 100, 100, 100, 100});
  // Three cycles before the first, two more until the neighbours report the last pixel.
  EXPECT_EQ(bench.cycle() - begin, cycles + 5);
}

TEST_F(Issue, RandomNeighboursEveryStall) {
  for (const Willing& willing : {Willing{90, 90, 90, 90, 90, 90}, Willing{40, 90, 90, 90, 90, 90},
                                 Willing{95, 30, 90, 90, 90, 50}, Willing{100, 100, 1, 90, 90, 90},
                                 Willing{95, 90, 90, 5, 90, 90}, Willing{95, 90, 90, 90, 10, 90},
                                 Willing{95, 90, 90, 90, 90, 5}}) {
    std::deque<Operation> ops;
    for (int i = 0; i < 60; ++i) ops.push_back(random_operation());
    run(ops, willing);
  }
  for (int cause = kLoad; cause <= kResidual; ++cause) EXPECT_GT(stalls[cause], 20) << cause;
  EXPECT_GT(issued, 1000);
}

TEST_F(Issue, IdleWithoutOperation) {
  for (int i = 0; i < 5; ++i) {
    bench.settle();
    EXPECT_FALSE(bench->busy_o);
    EXPECT_EQ(bench->stall_o, kIdle);
    EXPECT_FALSE(bench->issued_o);
    bench.tick();
  }
}

TEST_F(Issue, GivesUpAListOfOtherMBlocks) {
  Operation op;
  op.residual = false;
  op.m_blocks = 3;
  const Uop more{0, 0, 0, 0, false, false}, last{0, 0, 0, 0, false, true};
  op.uops = {more, last, last, more, last};
  EXPECT_EQ(given_up(op), std::pair(5, 3)) << "a good one";
  op.m_blocks = 2;
  EXPECT_EQ(given_up(op), std::pair(3, 1));
  op.m_blocks = 4;
  EXPECT_EQ(given_up(op), std::pair(5, 2));
  op.m_blocks = 3;
  op.uops.back().last = false;
  EXPECT_EQ(given_up(op), std::pair(5, 2));
}

// The contract lets a program ask for them where a list is gone through once.
TEST_F(Issue, NothingWithMoreParametersThanTheMemoryHolds) {
  Operation op;
  op.uops = {{0, 0, 0, 0, false, true}};
  for (const int m_blocks : {kPmDepth + 1, 2 * kPmDepth, 2 * kPmDepth + 1}) {
    op.m_blocks = m_blocks;
    EXPECT_EQ(given_up(op), std::pair(0, 0)) << m_blocks;
  }
}

TEST_F(Issue, NothingWhileHalted) {
  std::deque<Operation> ops;
  for (int i = 0; i < 40; ++i) ops.push_back(random_operation());
  run(ops, {90, 90, 90, 90, 90, 90}, 30);
  EXPECT_GT(issued, 100);
}

}  // namespace
}  // namespace reshift
