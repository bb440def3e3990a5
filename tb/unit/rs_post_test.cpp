// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// Operations through the post-processing unit against post_process and the plain rule of pixel
// addresses: writes, progress, completion, tokens, freed parameters. With a lane for every channel
// pixels come as they like; with fewer, an M-block's come in a row, when there is room.
#include <Vrs_post.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "golden/post_sample.hpp"
#include "golden/raster_model.hpp"
#include "harness/bench.hpp"
#include "harness/bits.hpp"
#include "isa/fields.hpp"

namespace reshift {
namespace {

namespace exec = isa::exec;

constexpr int kM = RESHIFT_M;
constexpr int kP = RESHIFT_P;
constexpr int kActW = RESHIFT_ActW;
constexpr int kAccW = RESHIFT_AccW;
constexpr int kMultW = RESHIFT_MultW;
constexpr PostWidths kWidths{kActW, kAccW, kMultW, RESHIFT_Early};
constexpr int kAddrW = RESHIFT_AddrW;
constexpr int kPmDepth = RESHIFT_PmDepth;
constexpr bool kSerial = RESHIFT_PostLanes < kM;
constexpr int kRecords = isa::param_records({.m = kM, .p = kP, .post_lanes = RESHIFT_PostLanes});
constexpr int kWords = kM / kRecords;
constexpr int kTables = RESHIFT_Tables;
/// From pixel to write, with a lane for every channel and no wait.
constexpr uint64_t kLatency = 9 + (kTables > 0 ? 2 : 0) + (RESHIFT_Early ? 4 : 0);
/// An operation and its parameters are there so long before its first pixel.
constexpr uint64_t kAhead = kWords + 4;
constexpr uint64_t kPopLatency = kSerial ? 1 : 2;

using Channels = std::vector<ChannelParams>;

struct Operation {
  Raster raster;
  bool residual = false, sum = false, post_load = false, post_store = false;
  PostParams post;
  int table = 0;
  std::vector<Channels> params;  ///< for each M-block
};

/// What must come of a pixel.
struct Expected {
  uint64_t cycle = 0;  ///< of the pixel
  int index = 0;       ///< pixels before it
  bool write = false;
  int bank = 0, addr = 0;
  std::vector<int64_t> data;
  int written = 0;
  bool last = false, post_load = false, post_store = false;
  int freed = 0;
};

class Post : public testing::Test {
 protected:
  Post() : memory_(kPmDepth, Channels(kM)) {
    bench->op_valid_i = bench->valid_i = bench->dst_valid_i = 0;
    bench->table_valid_i = bench->params_loaded_i = 0;
    bench.reset();
    for (int word = 0; word < kTables * 128; ++word) {
      entries_.push_back(static_cast<uint16_t>(random()));
      put_entries(static_cast<std::size_t>(word));
      bench.settle();
      EXPECT_TRUE(bench->table_ready_o);
      bench.tick();
    }
    bench->table_valid_i = 0;
  }

  int random_code() { return static_cast<int>(random.uniform(code_min(kActW), code_max(kActW))); }

  Operation random_operation(int max_groups) {
    Operation op;
    op.raster = random_raster(random, kP, 7);
    op.raster.groups = std::min(op.raster.groups, max_groups);
    op.post = random_post(kWidths, random);
    op.residual = op.post.reads_residual() || random.chance(20);
    op.sum = !kSerial && !op.residual && random.chance(40);
    op.post_load = random.chance(50);
    op.post_store = random.chance(50);
    op.table = random.chance(30) ? 0 : static_cast<int>(random.uniform(0, kTables));
    op.post.out_zero = random_code();
    op.post.lo = random_code();
    op.post.hi = static_cast<int>(random.uniform(op.post.lo, code_max(kActW)));
    if (random.chance(50)) {
      op.post.lo = code_min(kActW);
      op.post.hi = code_max(kActW);
    }
    for (int m = 0; m < op.raster.m_blocks; ++m) {
      Channels channels(kM);
      for (ChannelParams& c : channels) {
        c.bias = static_cast<int32_t>(random.uniform(-100000, 100000));
        const int factor_w = op.post.product ? kActW : kMultW;
        c.mult =
            op.post.product ? 1 : static_cast<uint32_t>(random.uniform(0, (1ll << kMultW) - 1));
        c.shift =
            static_cast<uint8_t>(random.chance(80) ? std::min(random.uniform(4, 14) + factor_w,
                                                              int64_t{max_shift(kMultW)})
                                                   : random.uniform(0, max_shift(kMultW)));
      }
      op.params.push_back(channels);
    }
    return op;
  }

  /// Runs the operations; `pause_percent`: chance of a pause before a pixel or group,
  /// `wait_percent`: chance that a write has to wait when it may.
  void run(const std::vector<Operation>& operations, int pause_percent, int wait_percent = 0) {
    wait_percent_ = wait_percent;
    std::size_t offered = 0, current = 0, next = 0;
    std::deque<uint64_t> there;  // when operations not yet begun were there with their parameters
    std::vector<Raster::Pixel> pixels = operations[0].raster.walk();
    int written = 0;
    bool room = true;
    for (uint64_t quiet = 0; current < operations.size() || quiet < 100 || writes_to_come();
         ++quiet) {
      // An operation is offered when its parameters have room.
      bench->op_valid_i = 0;
      if (offered < operations.size() && load(operations[offered], offered)) {
        put(operations[offered]);
      }
      const bool begun = next > 0 || (!there.empty() && there.front() + kAhead <= bench.cycle());
      const bool group = kSerial && next % kP != 0;  // the rest of a group follows at once
      const bool pixel = current < operations.size() && begun &&
                         (group || (room && !random.chance(pause_percent)));
      put_pixel(pixel);
      put_destination();
      // The same again, which waits for look-ups.
      bench->table_valid_i = 0;
      if (kTables > 0 && random.chance(50)) {
        put_entries(static_cast<std::size_t>(random.uniform(0, kTables * 128 - 1)));
      }
      bench.settle();
      if (pixel) {
        quiet = 0;
        room = !kSerial;
        const Operation& op = operations[current];
        const Raster::Pixel& q = pixels[next];
        if (q.last) {
          written = 0;
        } else if (q.last_p && q.last_m) {
          written += kP;
        }
        destinations_.push_back(q);
        put_destination();
        bench.settle();
        expected_.push_back(expected(op, q, next, written));
        if (q.last || (q.last_p && q.last_m)) ends_.push_back(expected_.back());
        ++pixels_sent;
        if (++next == pixels.size()) {
          next = 0;
          there.pop_front();
          if (++current < operations.size()) pixels = operations[current].raster.walk();
        }
      }
      ASSERT_NO_FATAL_FAILURE(check_residual());
      if (bench->op_valid_i && offered == noted_) {
        there.push_back(bench.cycle());
        ++noted_;
      }
      if (bench->op_valid_i && bench->op_ready_o) ++offered;
      const bool read = bench->params_read_o, taken = bench->dst_ready_o && bench->dst_valid_i;
      const int address = bench->params_addr_o;
      ASSERT_NO_FATAL_FAILURE(check_write());
      bench.tick();
      if (!kSerial && in_memory_ >= 0) show_params(in_memory_);
      if (kSerial && read) show_params(address);
      in_memory_ = read ? address : -1;
      if (taken) destinations_.pop_front();
      room |= bench->free_o;
      check_progress();
      if (HasFatalFailure()) return;
      ASSERT_LT(bench.cycle(), 2000000u);
    }
    EXPECT_EQ(current, operations.size());
  }

  Bench<Vrs_post> bench;
  Random& random = bench.random();
  int pixels_sent = 0, writes = 0;

 private:
  int in_memory_ = -1;  // the address whose word comes next, with a lane for every channel

  /// Two entries: table k at word k modulo the tables.
  void put_entries(std::size_t word) {
    bench->table_valid_i = 1;
    bench->table_addr_i = static_cast<uint16_t>(word);
    bench->table_i = entries_[word];
  }

  /// What the tables make of a code.
  int entry(int table, int code) const {
    if (table == 0) return code;
    const int at = table % std::max(kTables, 1) * 256 + code - code_min(kActW);
    const int word = entries_[static_cast<std::size_t>(at / 2)];
    return static_cast<int8_t>(at % 2 == 0 ? word & 0xff : word >> 8);
  }

  /// Puts the parameters into the ring once; false while there is no room.
  bool load(const Operation& op, std::size_t number) {
    if (number < loaded_operations_) return true;
    if (loaded_ - freed_ + op.raster.m_blocks > kPmDepth) return false;
    for (const Channels& channels : op.params) memory_[loaded_++ % kPmDepth] = channels;
    bench->params_loaded_i = static_cast<uint16_t>(loaded_ % (2 * kPmDepth));
    ++loaded_operations_;
    return true;
  }

  /// The word of the parameter memory, see rs_pkg::channel_width.
  void show_params(int address) {
    for (int r = 0; r < kRecords; ++r) {
      const ChannelParams& c = memory_[static_cast<std::size_t>(address / kWords)]
                                      [static_cast<std::size_t>(address % kWords * kRecords + r)];
      const auto put_bits = [&, at = (38u + kMultW) * static_cast<unsigned>(r)](
                                unsigned from, unsigned bits, uint64_t value) {
        set_bits(bench->params_i, at + from, bits, value);
      };
      put_bits(0, 32, static_cast<uint32_t>(c.bias));
      put_bits(32, kMultW + 1, kept_mult(c));
      put_bits(33 + kMultW, 5, c.shift / 2);
    }
  }

  void put(const Operation& op) {
    bench->op_valid_i = 1;
    const std::span<uint32_t> words(bench->op_i.m_storage, isa::kDescriptorWords);
    for (uint32_t& word : words) word = static_cast<uint32_t>(random());
    isa::set(words, exec::kResidual, op.residual);
    isa::set(words, exec::kSumGroup, op.sum);
    isa::set(words, exec::kMBlocks, op.raster.m_blocks);
    isa::set(words, exec::kKeepList, 0);  // rs_exec's bench keeps lists
    isa::set(words, isa::common::kPostLoad, op.post_load);
    isa::set(words, isa::common::kPostStore, op.post_store);
    isa::set_signed(words, exec::kLo, op.post.lo);
    isa::set_signed(words, exec::kHi, op.post.hi);
    isa::set_signed(words, exec::kOutZero, op.post.out_zero);
    isa::set_signed(words, exec::kResZero, op.post.res_zero);
    isa::set(words, exec::kResFactor, op.post.res_factor);
    isa::set(words, exec::kRoundMode, static_cast<int64_t>(op.post.round));
    isa::set(words, exec::kProduct, op.post.product);
    isa::set(words, exec::kEarly, op.post.early);
    isa::set(words, exec::kTableIndex, op.table);
  }

  /// A pixel's accumulators; its residual goes to a queue of its own.
  void put_pixel(bool valid) {
    bench->valid_i = valid;
    const int bits = static_cast<int>(random.uniform(2, kAccW - 1));
    acc_.resize(kM);
    for (int64_t& acc : acc_) acc = random.uniform(-(1 << bits), (1 << bits) - 1);
    pack(bench->acc_i, acc_, kAccW);
  }

  void put_destination() {
    bench->dst_valid_i = !destinations_.empty();
    if (destinations_.empty()) return;
    const Raster::Pixel& q = destinations_.front();
    bench->dst_bank_i = static_cast<uint8_t>(q.bank);
    bench->dst_addr_i = static_cast<uint16_t>(q.addr % (1 << kAddrW));
    bench->dst_write_i = q.inside;
    bench->dst_fill_i = q.fill;
    bench->dst_group_i = static_cast<uint8_t>(q.last_m << 2 | q.last_g << 1);
  }

  /// A residual word shows some cycles after its pop and stays.
  void check_residual() {
    if (!shows_.empty() && shows_.front() == bench.cycle()) {
      shows_.pop_front();
      pack(bench->residual_i, residuals_.front(), kActW);
      residuals_.pop_front();
      bench.settle();
    }
    if (!bench->residual_pop_o) return;
    ASSERT_LT(shows_.size(), residuals_.size()) << "a pop without a residual";
    shows_.push_back(bench.cycle() + kPopLatency);
  }

  Expected expected(const Operation& op, const Raster::Pixel& q, std::size_t pixel, int written) {
    // The sum of a group goes with its last pixel to where its first one belongs.
    if (q.first_p) first_ = q;
    for (std::size_t m = 0; m < kM; ++m) {
      sum_[m] = sign_extend(static_cast<uint64_t>(acc_[m] + (q.first_p ? 0 : sum_[m])), kAccW);
    }
    const Raster::Pixel& place = op.sum ? first_ : q;
    const std::vector<int64_t>& acc = op.sum ? sum_ : acc_;
    Expected e;
    e.cycle = bench.cycle();
    e.index = pixels_sent;
    e.write = place.inside && (!op.sum || q.last_p);
    e.bank = place.bank;
    e.addr = place.addr % (1 << kAddrW);
    e.written = written;
    e.last = q.last;
    e.post_load = q.last && op.post_load;
    e.post_store = q.last && op.post_store;
    e.freed = q.last ? op.raster.m_blocks : 0;
    std::vector<int64_t> residual(kM, 0);
    if (op.residual) {
      for (int64_t& code : residual) code = random_code();
      residuals_.push_back(residual);
    }
    const auto m_block = pixel / kP % static_cast<std::size_t>(op.raster.m_blocks);
    for (std::size_t m = 0; m < kM; ++m) {
      e.data.push_back(place.fill
                           ? op.post.out_zero
                           : entry(op.table, post_process(acc[m], static_cast<int32_t>(residual[m]),
                                                          op.params[m_block][m], op.post, kActW)));
    }
    return e;
  }

  bool writes_to_come() const {
    return std::any_of(expected_.begin(), expected_.end(),
                       [](const Expected& e) { return e.write; });
  }

  /// Pixels leave in order; those not in the tensor leave silently.
  void check_write() {
    if (data_) {
      ASSERT_EQ(unpack_signed(bench->wr_data_o, kM, kActW), *data_);
      data_.reset();
    }
    bench->wr_ready_i = bench->wr_urgent_o || !random.chance(wait_percent_);
    bench.settle();
    if (bench->wr_valid_o) {
      while (!expected_.empty() && !expected_.front().write) leave();
      ASSERT_FALSE(expected_.empty());
      if (!kSerial) {
        ASSERT_GE(bench.cycle(), expected_.front().cycle + kLatency);
      }
      if (bench->wr_ready_i) leave();
    }
    // With a lane for every channel, in the very cycle or, when it had to wait, the next.
    while (!kSerial && !expected_.empty() && !expected_.front().write) leave();
    ASSERT_TRUE(kSerial || expected_.empty() ||
                bench.cycle() < expected_.front().cycle + kLatency + (wait_percent_ > 0 ? 1 : 0));
  }

  void leave() {
    const Expected& e = expected_.front();
    if (e.write) {
      ASSERT_EQ(bench->wr_bank_o, e.bank);
      ASSERT_EQ(bench->wr_addr_o, e.addr);
      data_ = e.data;
      ++writes;
    }
    expected_.pop_front();
  }

  /// A write that waited is taken in this cycle: those who see its progress now read later.
  bool taken_now(const Expected& e) const {
    return !kSerial && e.cycle + kLatency + 1 == bench.cycle();
  }

  /// Progress comes in order, not before the writes that it tells of.
  void check_progress() {
    if (bench->complete_o || bench->written_o != last_written_) {
      ASSERT_FALSE(ends_.empty());
      const Expected& end = ends_.front();
      ASSERT_EQ(bench->written_o, end.written);
      ASSERT_EQ(bench->complete_o, end.last);
      for (const Expected& e : expected_) {
        if (e.index > end.index || !e.write) continue;
        ASSERT_TRUE(taken_now(e)) << "progress before its write, cycle " << bench.cycle();
      }
      last_written_ = bench->written_o;
      if (end.last) complete_.push_back(end);
      ends_.pop_front();
    }
    // Tokens and parameters follow the completion.
    if (!bench->params_free_o) {
      ASSERT_FALSE(bench->post_load_o || bench->post_store_o);
      return;
    }
    ASSERT_FALSE(complete_.empty());
    const Expected& end = complete_.front();
    ASSERT_EQ(bench->post_load_o, end.post_load);
    ASSERT_EQ(bench->post_store_o, end.post_store);
    ASSERT_EQ(bench->params_free_count_o, end.freed);
    ASSERT_TRUE(expected_.empty() || expected_.front().index > end.index ||
                !expected_.front().write || taken_now(expected_.front()));
    // What is freed may be overwritten at once.
    for (int i = 0; i < end.freed; ++i) {
      for (ChannelParams& c : memory_[static_cast<std::size_t>(freed_ % kPmDepth)]) {
        c = {static_cast<int32_t>(random()), static_cast<uint16_t>(random()), 3};
      }
      ++freed_;
    }
    complete_.pop_front();
  }

  std::vector<uint16_t> entries_;  ///< of the tables
  std::vector<Channels> memory_;
  int loaded_ = 0, freed_ = 0;
  std::size_t loaded_operations_ = 0, noted_ = 0;
  std::vector<int64_t> acc_, sum_ = std::vector<int64_t>(kM);
  Raster::Pixel first_{};  ///< of the group
  std::deque<std::vector<int64_t>> residuals_;
  std::deque<uint64_t> shows_;  ///< when residual words show
  std::deque<Raster::Pixel> destinations_;
  std::deque<Expected> expected_;         ///< pixels on their way
  std::deque<Expected> ends_, complete_;  ///< group ends not reported, operations not freed
  unsigned last_written_ = 0;
  std::optional<std::vector<int64_t>> data_;  ///< of the write taken in the cycle before
  int wait_percent_ = 0;
};

TEST_F(Post, RandomWithoutPause) {
  std::vector<Operation> operations;
  for (int i = 0; i < (kSerial ? 30 : 100); ++i) operations.push_back(random_operation(40));
  run(operations, 0);
  EXPECT_GT(writes, 300);
}

TEST_F(Post, RandomWithPauses) {
  std::vector<Operation> operations;
  for (int i = 0; i < (kSerial ? 30 : 100); ++i) operations.push_back(random_operation(40));
  run(operations, 30);
  EXPECT_GT(writes, 300);
}

// Residual reads delay writes.
TEST_F(Post, WritesThatWait) {
  if (kSerial) GTEST_SKIP() << "serial writes do not wait";
  std::vector<Operation> operations;
  for (int i = 0; i < 100; ++i) operations.push_back(random_operation(40));
  run(operations, 0, 80);
  EXPECT_GT(writes, 1000);
}

// Operations of one or two groups follow each other closely.
TEST_F(Post, ShortOperations) {
  std::vector<Operation> operations;
  for (int i = 0; i < (kSerial ? 60 : 300); ++i) operations.push_back(random_operation(2));
  run(operations, 0);
  EXPECT_GT(writes, 100);
}

// Operations long enough to hide the hand-over: not a cycle between their pixels.
TEST_F(Post, BackToBack) {
  if (kSerial) GTEST_SKIP() << "with a lane for every channel only";
  std::vector<Operation> operations;
  for (int i = 0; i < 10; ++i) {
    Operation op = random_operation(40);
    op.raster.m_blocks = 1;
    op.params.resize(1);
    op.raster.groups = 8;
    operations.push_back(op);
  }
  const uint64_t begin = bench.cycle();
  run(operations, 0);
  // Before the first pixel: kAhead cycles; after the last: those that `run` waits.
  EXPECT_EQ(bench.cycle() - begin, kAhead + static_cast<uint64_t>(pixels_sent) + 99);
}

}  // namespace
}  // namespace reshift
