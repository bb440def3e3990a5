// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// Operations through the post-processing unit against post_process and the plain rule of pixel
// places; cycle by cycle: writes, progress, completion, tokens, freed parameters.
#include <Vrs_post.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <span>
#include <vector>

#include "harness/bench.hpp"
#include "harness/bits.hpp"
#include "net/numerics.hpp"
#include "spec/fields.hpp"
#include "unit/models/raster.hpp"

namespace reshift {
namespace {

namespace exec = spec::exec;

constexpr int kM = RESHIFT_M;
constexpr int kP = RESHIFT_P;
constexpr int kActW = RESHIFT_ActW;
constexpr int kAccW = RESHIFT_AccW;
constexpr int kAddrW = RESHIFT_AddrW;
constexpr int kPmDepth = RESHIFT_PmDepth;
constexpr uint64_t kLatency = 9;
constexpr uint64_t kAhead =
    3;  ///< an operation and its parameters are there so long before a pixel

using Channels = std::vector<ChannelParams>;

struct Operation {
  Raster raster;
  bool residual = false, post_load = false, post_store = false;
  PostParams post;
  std::vector<Channels> params;  ///< for each M-group
};

/// What the outputs show in one cycle.
struct Shown {
  bool write = false;
  int bank = 0, addr = 0;
  std::vector<int64_t> data;
  int written = 0;
  bool complete = false, post_load = false, post_store = false;
  int freed = 0;
};

class Post : public testing::Test {
 protected:
  Post() : memory_(kPmDepth, Channels(kM)) {
    bench->op_valid_i = bench->valid_i = 0;
    bench.reset();
  }

  int random_code() { return static_cast<int>(random.uniform(code_min(kActW), code_max(kActW))); }

  Operation random_operation(int max_groups) {
    Operation op;
    op.raster = random_raster(random, kP, 7);
    op.raster.groups = std::min(op.raster.groups, max_groups);
    op.residual = random.chance(50);
    op.post_load = random.chance(50);
    op.post_store = random.chance(50);
    op.post.out_zero = random_code();
    op.post.lo = random_code();
    op.post.hi = static_cast<int>(random.uniform(op.post.lo, code_max(kActW)));
    if (random.chance(50)) {
      op.post.lo = code_min(kActW);
      op.post.hi = code_max(kActW);
    }
    op.post.res_zero = random_code();
    op.post.res_shift = static_cast<uint8_t>(random.uniform(12, 31));
    op.post.res_mult =
        static_cast<uint16_t>(random.uniform(0, std::min(8ll << op.post.res_shift, 65535ll)));
    for (int m = 0; m < op.raster.m_groups; ++m) {
      Channels channels(kM);
      for (ChannelParams& c : channels) {
        c.bias = static_cast<int32_t>(random.uniform(-100000, 100000));
        c.mult = static_cast<uint16_t>(random.uniform(0, 65535));
        c.shift = static_cast<uint8_t>(random.chance(80) ? random.uniform(20, 30)
                                                         : random.uniform(0, 47));
      }
      op.params.push_back(channels);
    }
    return op;
  }

  /// Runs the operations; `pause_percent`: chance of a pause before a pixel, `wait_percent`: chance
  /// that a write has to wait when it may.
  void run(const std::vector<Operation>& operations, int pause_percent, int wait_percent = 0) {
    std::size_t offered = 0, current = 0, place = 0;
    std::deque<uint64_t> taken;  // when operations not yet begun were taken
    std::vector<Raster::Pixel> pixels = operations[0].raster.walk();
    int written = 0;
    for (uint64_t quiet = 0; current < operations.size() || quiet < kLatency + 2 || !shown_.empty();
         ++quiet) {
      // An operation is offered when its parameters have room.
      bench->op_valid_i = 0;
      if (offered < operations.size() && load(operations[offered], offered)) {
        put(operations[offered]);
      }
      const bool pixel =
          current < operations.size() && place < pixels.size() &&
          (place > 0 || (!taken.empty() && taken.front() + kAhead <= bench.cycle())) &&
          !random.chance(pause_percent);
      put_pixel(pixel);
      bench.settle();
      if (pixel) {
        quiet = 0;
        const Operation& op = operations[current];
        ASSERT_EQ(bench->residual_pop_o, op.residual);
        const Raster::Pixel& q = pixels[place];
        if (q.last) {
          written = 0;
        } else if (q.last_p && q.last_m) {
          written += kP;
        }
        shown_.push_back({bench.cycle() + kLatency, expected(op, q, place, written)});
        ++pixels_sent;
        if (++place == pixels.size()) {
          place = 0;
          taken.pop_front();
          if (++current < operations.size()) pixels = operations[current].raster.walk();
        }
      } else {
        ASSERT_FALSE(bench->residual_pop_o);
      }
      if (bench->op_valid_i && bench->op_ready_o) {
        taken.push_back(bench.cycle());
        ++offered;
      }
      ASSERT_NO_FATAL_FAILURE(write(wait_percent));
      const int address = bench->params_addr_o;
      bench.tick();
      for (int m = 0; m < kM; ++m) {
        const ChannelParams& c = memory_[address][m];
        set_bits(bench->params_i, 64 * m, 64,
                 static_cast<uint32_t>(c.bias) | uint64_t{c.mult} << 32 | uint64_t{c.shift} << 48);
      }
      check();
      if (HasFatalFailure()) return;
      ASSERT_LT(bench.cycle(), 200000u);
    }
    EXPECT_EQ(current, operations.size());
    EXPECT_TRUE(shown_.empty());
  }

  Bench<Vrs_post> bench;
  Random& random = bench.random();
  int pixels_sent = 0, writes = 0;

 private:
  struct Due {
    uint64_t cycle;
    Shown shown;
  };

  /// Puts the parameters into the ring once; false while there is no room.
  bool load(const Operation& op, std::size_t number) {
    if (number < loaded_operations_) return true;
    if (loaded_ - freed_ + op.raster.m_groups > kPmDepth) return false;
    for (const Channels& channels : op.params) memory_[loaded_++ % kPmDepth] = channels;
    ++loaded_operations_;
    return true;
  }

  void put(const Operation& op) {
    bench->op_valid_i = 1;
    set_walk(bench->op_walk_i, op.raster);
    const std::span<uint32_t> words(bench->op_i.m_storage, spec::kDescriptorWords);
    for (uint32_t& word : words) word = static_cast<uint32_t>(random());
    spec::set(words, exec::kResidual, op.residual);
    spec::set(words, exec::kMGroups, op.raster.m_groups);
    spec::set(words, spec::common::kPostLoad, op.post_load);
    spec::set(words, spec::common::kPostStore, op.post_store);
    spec::set_signed(words, exec::kLo, op.post.lo);
    spec::set_signed(words, exec::kHi, op.post.hi);
    spec::set_signed(words, exec::kOutZero, op.post.out_zero);
    spec::set_signed(words, exec::kResZero, op.post.res_zero);
    spec::set(words, exec::kResMult, op.post.res_mult);
    spec::set(words, exec::kResShift, op.post.res_shift);
  }

  void put_pixel(bool valid) {
    bench->valid_i = valid;
    const int bits = static_cast<int>(random.uniform(2, kAccW - 1));
    acc_.resize(kM);
    residual_.resize(kM);
    for (int64_t& acc : acc_) acc = random.uniform(-(1 << bits), (1 << bits) - 1);
    for (int64_t& code : residual_) code = random_code();
    pack(bench->acc_i, acc_, kAccW);
    pack(bench->residual_i, residual_, kActW);
  }

  Shown expected(const Operation& op, const Raster::Pixel& q, std::size_t place,
                 int written) const {
    Shown s;
    s.write = q.inside;
    s.bank = q.bank;
    s.addr = q.addr % (1 << kAddrW);
    s.written = written;
    s.complete = q.last;
    s.post_load = q.last && op.post_load;
    s.post_store = q.last && op.post_store;
    s.freed = q.last ? op.raster.m_groups : 0;
    PostParams post = op.post;
    if (!op.residual) post.res_mult = 0;
    const auto m_group = place / kP % static_cast<std::size_t>(op.raster.m_groups);
    for (std::size_t m = 0; m < kM; ++m) {
      s.data.push_back(q.fill ? post.out_zero
                              : post_process(acc_[m], static_cast<int32_t>(residual_[m]),
                                             op.params[m_group][m], post));
    }
    return s;
  }

  /// The write offered in this cycle; when it is taken, its progress shows in the next one.
  void write(int wait_percent) {
    popped_ = {};
    popped_.written = last_written_;
    const bool there = !shown_.empty() && shown_.front().cycle <= bench.cycle();
    bench->wr_ready_i = bench->wr_urgent_o || !random.chance(wait_percent);
    ASSERT_EQ(bench->wr_valid_o, there && shown_.front().shown.write) << "cycle " << bench.cycle();
    if (!there) return;
    const Shown& want = shown_.front().shown;
    if (want.write) {
      ASSERT_EQ(bench->wr_bank_o, want.bank);
      ASSERT_EQ(bench->wr_addr_o, want.addr);
      ASSERT_EQ(unpack_signed(bench->wr_data_o, kM, kActW), want.data);
      if (!bench->wr_ready_i) return;
      ++writes;
    }
    popped_ = want;
    last_written_ = want.written;
    shown_.pop_front();
  }

  void check() {
    const Shown& want = popped_;
    ASSERT_EQ(bench->written_o, want.written);
    ASSERT_EQ(bench->complete_o, want.complete);
    ASSERT_EQ(bench->post_load_o, want.post_load);
    ASSERT_EQ(bench->post_store_o, want.post_store);
    ASSERT_EQ(bench->params_free_o, want.freed > 0);
    if (want.freed == 0) return;
    ASSERT_EQ(bench->params_free_count_o, want.freed);
    // What is freed may be overwritten at once.
    for (int i = 0; i < want.freed; ++i) {
      for (ChannelParams& c : memory_[freed_ % kPmDepth]) {
        c = {static_cast<int32_t>(random()), static_cast<uint16_t>(random()), 3};
      }
      ++freed_;
    }
  }

  std::vector<Channels> memory_;
  int loaded_ = 0, freed_ = 0;
  std::size_t loaded_operations_ = 0;
  std::vector<int64_t> acc_, residual_;
  std::deque<Due> shown_;
  int last_written_ = 0;
  Shown popped_;
};

TEST_F(Post, RandomWithoutPause) {
  std::vector<Operation> operations;
  for (int i = 0; i < 100; ++i) operations.push_back(random_operation(40));
  run(operations, 0);
  EXPECT_GT(writes, 1000);
}

TEST_F(Post, RandomWithPauses) {
  std::vector<Operation> operations;
  for (int i = 0; i < 100; ++i) operations.push_back(random_operation(40));
  run(operations, 30);
  EXPECT_GT(writes, 1000);
}

// Residual reads delay writes; the FIFO never overflows because it may insist.
TEST_F(Post, WritesThatWait) {
  std::vector<Operation> operations;
  for (int i = 0; i < 100; ++i) operations.push_back(random_operation(40));
  run(operations, 0, 80);
  EXPECT_GT(writes, 1000);
}

// Operations of one or two groups follow each other faster than their writes.
TEST_F(Post, ShortOperations) {
  std::vector<Operation> operations;
  for (int i = 0; i < 300; ++i) operations.push_back(random_operation(2));
  run(operations, 0);
  EXPECT_GT(writes, 500);
}

// Operations long enough to hide the hand-over: not a cycle between their pixels.
TEST_F(Post, BackToBack) {
  std::vector<Operation> operations;
  for (int i = 0; i < 10; ++i) {
    Operation op = random_operation(40);
    op.raster.m_groups = 1;
    op.params.resize(1);
    op.raster.groups = 8;
    operations.push_back(op);
  }
  const uint64_t begin = bench.cycle();
  run(operations, 0);
  // Before the first pixel: kAhead cycles; behind the last: those that `run` waits.
  EXPECT_EQ(bench.cycle() - begin, kAhead + static_cast<uint64_t>(pixels_sent) + kLatency + 1);
}

}  // namespace
}  // namespace reshift
