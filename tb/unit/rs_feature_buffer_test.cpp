// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// All ports at once against arrays of words, with a random mask. A word that a write touches is not
// compared when the array port reads it in the same cycle or in the next: nobody may depend on it.
#include <Vrs_feature_buffer.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <set>
#include <vector>

#include "harness/bench.hpp"
#include "harness/bits.hpp"
#include "isa/isa.hpp"

namespace reshift {
namespace {

constexpr int kM = RESHIFT_M;
constexpr int kC = RESHIFT_C;
constexpr int kP = RESHIFT_P;
constexpr unsigned kQ = RESHIFT_Q;
constexpr int kActW = RESHIFT_ActW;
constexpr int kDepth = RESHIFT_FbDepth;
constexpr unsigned kBankW = isa::clog2(kP), kAddrW = isa::clog2(kDepth);
constexpr unsigned kWordW = kM * kActW;
#ifdef RESHIFT_SharedData
constexpr bool kShared = RESHIFT_SharedData;
#else
constexpr bool kShared = false;
#endif
constexpr int kCBlocks = kM / kC;
constexpr uint64_t kLatency = 5;  // of the array port; the mask comes a cycle before
constexpr uint64_t kAnswerLatency = kP > 4 ? 6 : 5;  // of the others

using Word = std::vector<int64_t>;             // M codes
using Places = std::set<std::pair<int, int>>;  // bank, address

struct Request {
  int bank = 0, addr = 0;
  Word data;
};

class FeatureBuffer : public testing::Test {
 protected:
  FeatureBuffer() {
    bench->rd_valid_i = bench->wr_valid_i = bench->res_valid_i = 0;
    bench->load_valid_i = bench->store_valid_i = 0;
    bench.reset();
  }
  ~FeatureBuffer() override {
    EXPECT_TRUE(reads_.empty() && store_answers_.empty());
    for (const auto& answers : res_answers_) EXPECT_TRUE(answers.empty());
  }

  Word random_word() {
    Word word(kM);
    for (int64_t& code : word) code = sign_extend(random(), kActW);
    return word;
  }
  Request random_request() {
    return {static_cast<int>(random.uniform(0, kP - 1)),
            static_cast<int>(random.uniform(0, kDepth - 1)), random_word()};
  }

  /// One cycle with what each port is offered; requests not taken stay in place.
  void cycle() {
    bench->wr_urgent_i = urgent;
    bench->load_valid_i = load.has_value();
    bench->store_valid_i = store.has_value();
    for (unsigned q = 0; q < kQ; ++q) {
      set_bits(bench->wr_valid_i, q, 1, writes[q].has_value());
      set_bits(bench->res_valid_i, q, 1, residuals[q].has_value());
      if (writes[q]) {
        set_bits(bench->wr_bank_i, q * kBankW, kBankW, static_cast<uint64_t>(writes[q]->bank));
        set_bits(bench->wr_addr_i, q * kAddrW, kAddrW, static_cast<uint64_t>(writes[q]->addr));
      }
      for (unsigned m = 0; m < kM; ++m) {
        set_bits(bench->wr_data_i, q * kWordW + m * kActW, kActW,
                 static_cast<uint64_t>(wr_data_[q][m]));
      }
      if (residuals[q]) {
        set_bits(bench->res_bank_i, q * kBankW, kBankW, static_cast<uint64_t>(residuals[q]->bank));
        set_bits(bench->res_addr_i, q * kAddrW, kAddrW, static_cast<uint64_t>(residuals[q]->addr));
      }
    }
    if (load) {
      bench->load_bank_i = static_cast<uint8_t>(load->bank);
      bench->load_addr_i = static_cast<uint16_t>(load->addr);
      pack(bench->load_data_i, load->data, kActW);
    }
    if (store) {
      bench->store_bank_i = static_cast<uint8_t>(store->bank);
      bench->store_addr_i = static_cast<uint16_t>(store->addr);
    }
    bench.settle();
    // One access a bank.
    const auto blocked = [](const auto& one, const Ways& by, std::size_t ways, bool shared) {
      for (std::size_t q = 0; q < ways; ++q) {
        if (one && by[q] && (shared || one->bank == by[q]->bank)) return true;
      }
      return false;
    };
    std::array<bool, kQ> wr_ready{}, res_ready{};
    for (unsigned q = 0; q < kQ; ++q) {
      wr_ready[q] = writes[q] && !blocked(writes[q], writes, q, false) &&
                    (urgent || !blocked(writes[q], residuals, kQ, false));
      res_ready[q] = residuals[q] && !blocked(residuals[q], residuals, q, false) &&
                     !(urgent && blocked(residuals[q], writes, kQ, false));
    }
    // LOAD and STORE wait for these, and in the same bank, in turn, for each other.
    const bool load_may =
        load && !blocked(load, writes, kQ, kShared) && !blocked(load, residuals, kQ, false);
    const bool store_may =
        store && !blocked(store, residuals, kQ, kShared) && !blocked(store, writes, kQ, false);
    const bool load_ready = load && bench->load_ready_o;
    const bool store_ready = store && bench->store_ready_o;
    for (unsigned q = 0; q < kQ; ++q) {
      ASSERT_TRUE(!writes[q] || get_bits(bench->wr_ready_o, q, 1) == wr_ready[q]);
      ASSERT_TRUE(!residuals[q] || get_bits(bench->res_ready_o, q, 1) == res_ready[q]);
    }
    if (load && store && load->bank == store->bank) {
      ASSERT_LE(load_ready, load_may);
      ASSERT_LE(store_ready, store_may);
      ASSERT_TRUE(!load_may || !store_may || load_ready != store_ready);
      if (load_ready || store_ready) {
        ASSERT_NE(load_ready, load_went_) << "not in turn";
        load_went_ = load_ready;
      }
    } else {
      ASSERT_EQ(load_ready, load_may);
      ASSERT_EQ(store_ready, store_may);
    }

    const uint64_t due = bench.cycle() + kLatency;
    const uint64_t answer_due = bench.cycle() + kAnswerLatency;
    Places touched;
    for (unsigned q = 0; q < kQ; ++q) {
      if (wr_ready[q]) touched.insert({writes[q]->bank, writes[q]->addr});
    }
    if (load_ready) touched.insert({load->bank, load->addr});
    Places uncertain = touched;
    uncertain.merge(touched_);
    touched_ = touched;
    if (reading_) expect_read(due, uncertain);
    bench->rd_valid_i = reading_;
    reading_ = false;
    for (unsigned q = 0; q < kQ; ++q) {
      wr_data_[q] = wr_ready[q] ? writes[q]->data : random_word();
      if (wr_ready[q]) {
        memory_[writes[q]->bank][writes[q]->addr] = writes[q]->data;
        writes[q].reset();
      }
      if (res_ready[q]) {
        const Request& read = *residuals[q];
        res_answers_[q].push_back({answer_due, memory_[read.bank][read.addr]});
        residuals[q].reset();
      }
    }
    if (store_ready) {
      store_answers_.push_back({answer_due, memory_[store->bank][store->addr]});
      store.reset();
    }
    if (load_ready) {
      memory_[load->bank][load->addr] = load->data;
      load.reset();
    }
    // The mask of the columns that arrive in the cycle after the next.
    mask_ = next_mask_;
    next_mask_ = {static_cast<uint16_t>(random() & ((1 << kP) - 1)), sign_extend(random(), kActW)};
    bench->rd_keep_i = next_mask_.keep;
    set_bits(bench->rd_zero_i, 0, kActW, static_cast<uint64_t>(next_mask_.zero));
    bench.tick();
    check_reads();
    for (unsigned q = 0; q < kQ; ++q) {
      check_answer(res_answers_[q], get_bits(bench->res_valid_o, q, 1), bench->res_rdata_o, q,
                   residual_words);
    }
    check_answer(store_answers_, bench->store_rvalid_o, bench->store_rdata_o, 0, store_words);
  }

  /// Array port in the next cycle: C-block address of bank 0's row, step in words, rotation.
  void read(int addr, int words, int rotation) {
    bench->rd_addr_i = static_cast<uint16_t>(addr);
    bench->rd_step_i = static_cast<uint16_t>(words * kCBlocks);
    bench->rd_rotation_i = static_cast<uint8_t>(rotation);
    reading_ = true;
  }
  void random_read() {
    read(static_cast<int>(random.uniform(0, kDepth * kCBlocks - 1)),
         static_cast<int>(random.uniform(0, kDepth - 1)),
         static_cast<int>(random.uniform(0, kP - 1)));
  }

  void fill() {
    for (int bank = 0; bank < kP; ++bank) {
      for (int addr = 0; addr < kDepth; ++addr) {
        wr = Request{bank, addr, random_word()};
        cycle();
      }
    }
  }
  /// A reset of so many cycles, after which every word is zero.
  void clear(int cycles) {
    bench.reset(cycles);
    memory_.assign(kP, std::vector<Word>(kDepth, Word(kM)));
    touched_.clear();
  }
  void drain() {
    while (waiting()) cycle();
    for (uint64_t i = 0; i < kLatency; ++i) cycle();
  }

  Bench<Vrs_feature_buffer> bench;
  Random& random = bench.random();
  bool waiting() const {
    const auto any = [](const Ways& ways) {
      return std::any_of(ways.begin(), ways.end(), [](const auto& way) { return way.has_value(); });
    };
    return any(writes) || any(residuals) || load || store;
  }

  using Ways = std::array<std::optional<Request>, kQ>;
  Ways writes, residuals;
  std::optional<Request>&wr = writes[0], &res = residuals[0];  ///< the first way
  std::optional<Request> load, store;
  bool urgent = false;                                    ///< writes go before residual reads
  int c_blocks = 0, residual_words = 0, store_words = 0;  ///< compared

 private:
  struct Answer {
    uint64_t cycle;
    Word data;
  };
  struct Mask {
    uint16_t keep = 0;
    int64_t zero = 0;
  };
  struct Columns {
    uint64_t cycle;
    std::vector<std::optional<Word>> c_blocks;  ///< nothing: not to be compared
  };

  void expect_read(uint64_t due, const Places& uncertain) {
    Columns columns{due, std::vector<std::optional<Word>>(kP)};
    for (int p = 0; p < kP; ++p) {
      const int bank = (p + bench->rd_rotation_i) % kP;
      const int c_block =
          (bench->rd_addr_i + (bank < bench->rd_rotation_i ? int{bench->rd_step_i} : 0)) %
          (kDepth * kCBlocks);
      if (uncertain.contains({bank, c_block / kCBlocks})) continue;
      const Word& word = memory_[bank][c_block / kCBlocks];
      const auto first = word.begin() + c_block % kCBlocks * kC;
      columns.c_blocks[p] = Word(first, first + kC);
    }
    reads_.push_back(columns);
  }
  void check_reads() {
    if (reads_.empty() || reads_.front().cycle != bench.cycle()) return;
    const std::vector<int64_t> acts = unpack_signed(bench->rd_act_o, kP * kC, kActW);
    for (int p = 0; p < kP; ++p) {
      const auto& c_block = reads_.front().c_blocks[p];
      const bool keep = mask_.keep >> p & 1;
      if (keep && !c_block) continue;
      ASSERT_EQ(Word(acts.begin() + p * kC, acts.begin() + (p + 1) * kC),
                keep ? *c_block : Word(kC, mask_.zero))
          << "column " << p;
      ++c_blocks;
    }
    reads_.pop_front();
  }
  template <typename Port>
  void check_answer(std::deque<Answer>& answers, bool valid, const Port& data, unsigned way,
                    int& compared) {
    const bool due = !answers.empty() && answers.front().cycle == bench.cycle();
    ASSERT_EQ(valid, due);
    if (!due) return;
    for (unsigned m = 0; m < kM; ++m) {
      ASSERT_EQ(sign_extend(get_bits(data, way * kWordW + m * kActW, kActW), kActW),
                answers.front().data[m]);
    }
    answers.pop_front();
    ++compared;
  }

  std::vector<std::vector<Word>> memory_ = std::vector(kP, std::vector<Word>(kDepth, Word(kM)));
  std::vector<Word> wr_data_ = std::vector(kQ, Word(kM));  ///< of the writes of the cycle before
  Places touched_;                                         ///< by writes of the cycle before
  bool reading_ = false;
  Mask mask_, next_mask_;
  std::deque<Columns> reads_;
  std::array<std::deque<Answer>, kQ> res_answers_;
  std::deque<Answer> store_answers_;
  bool load_went_ = true;  ///< the last time that LOAD and STORE wanted the same bank
};

TEST_F(FeatureBuffer, AResetClearsEveryWord) {
  for (int round = 0; round < 2; ++round) {
    fill();
    drain();
    clear(kDepth + 1);
    for (int bank = 0; bank < kP; ++bank) {
      for (int addr = 0; addr < kDepth; ++addr) {
        store = Request{bank, addr, {}};
        cycle();
      }
    }
    drain();
  }
  EXPECT_EQ(store_words, 2 * kP * kDepth);
}

TEST_F(FeatureBuffer, EveryRotationCBlockAndTheWrap) {
  fill();
  for (int rotation = 0; rotation < kP; ++rotation) {
    for (int c_block = 0; c_block < kCBlocks; ++c_block) {
      for (const int word : {0, 1, kDepth - 1}) {
        for (const int words : {0, 1, 3, kDepth - 1}) {
          read(word * kCBlocks + c_block, words, rotation);
          cycle();
        }
      }
    }
  }
  drain();
  EXPECT_GT(c_blocks, 0);
}

// LOAD and STORE wait for the others in their bank, and for those whose way of data they share. In
// the same bank the residual goes before post-processing, unless that is urgent.
TEST_F(FeatureBuffer, PriorityOfTheSecondPort) {
  fill();
  for (int i = 0; i < 100; ++i) {
    for (const auto& [w, r, d] :
         {std::tuple{0, 1, kP - 1}, {1, 1, 0}, {0, 1, 1}, {1, 0, 1}, {kP - 1, kP - 1, kP - 1}}) {
      wr = random_request();
      res = random_request();
      auto& dma = random.chance(50) ? load : store;
      dma = random_request();
      wr->bank = w;
      res->bank = r;
      dma->bank = d;
      urgent = random.chance(50);
      cycle();
      EXPECT_EQ(wr.has_value(), !urgent && r == w);
      EXPECT_EQ(res.has_value(), urgent && r == w);
      EXPECT_EQ(dma.has_value(), d == w || d == r || kShared);
      while (waiting()) cycle();
    }
  }
  drain();
  EXPECT_EQ(residual_words, 500);
  EXPECT_GT(store_words, 0);
}

// A word in and a word out each cycle, when nobody else wants the banks.
TEST_F(FeatureBuffer, LoadAndStoreAtOnce) {
  fill();
  for (int i = 0; i < 100; ++i) {
    load = random_request();
    store = random_request();
    store->bank = (load->bank + 1) % kP;
    cycle();
    EXPECT_FALSE(load || store);
  }
  drain();
  EXPECT_EQ(store_words, 100);
}

// What a port wrote, the second ports read from the next cycle on, the array port a cycle later.
TEST_F(FeatureBuffer, ReadBehindWrite) {
  fill();
  for (int i = 0; i < 300; ++i) {
    const Request request = random_request();
    (random.chance(50) ? load : wr) = request;
    cycle();
    (random.chance(50) ? res : store) = Request{request.bank, request.addr, {}};
    cycle();
    read(request.addr * kCBlocks, 0, static_cast<int>(random.uniform(0, kP - 1)));
    cycle();
  }
  drain();
  EXPECT_EQ(residual_words + store_words, 300);
}

TEST_F(FeatureBuffer, RandomOnAllPorts) {
  fill();
  for (int i = 0; i < 5000; ++i) {
    if (random.chance(80)) random_read();
    for (auto& way : writes) {
      if (!way && random.chance(50)) way = random_request();
    }
    urgent = random.chance(20);
    for (auto& way : residuals) {
      if (!way && random.chance(50)) way = random_request();
    }
    if (!load && random.chance(50)) load = random_request();
    if (!store && random.chance(50)) store = random_request();
    cycle();
  }
  drain();
  EXPECT_GT(c_blocks, 5000);
  EXPECT_GT(residual_words, 500);
  EXPECT_GT(store_words, 500);
}

}  // namespace
}  // namespace reshift
