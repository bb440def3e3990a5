// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// All four ports at once against arrays of words, with a random mask. A word that a cycle's write
// touches is not compared when the array port reads it in the same cycle: nobody may depend on it.
#include <Vrs_feature_buffer.h>
#include <gtest/gtest.h>

#include <deque>
#include <optional>
#include <set>
#include <vector>

#include "harness/bench.hpp"
#include "harness/bits.hpp"

namespace reshift {
namespace {

constexpr int kM = RESHIFT_M;
constexpr int kC = RESHIFT_C;
constexpr int kP = RESHIFT_P;
constexpr int kActW = RESHIFT_ActW;
constexpr int kDepth = RESHIFT_FbDepth;
#ifdef RESHIFT_SharedData
constexpr bool kShared = RESHIFT_SharedData;
#else
constexpr bool kShared = false;
#endif
constexpr int kSlices = kM / kC;
constexpr uint64_t kLatency = 5;  // of the array port; the mask comes a cycle before
constexpr uint64_t kAnswerLatency = kP > 4 ? 5 : 4;  // of the others

using Word = std::vector<int64_t>;  // M codes

struct Request {
  bool write = false;
  int bank = 0, addr = 0;
  Word data;
};

class FeatureBuffer : public testing::Test {
 protected:
  FeatureBuffer() {
    bench->rd_valid_i = bench->wr_valid_i = bench->res_valid_i = bench->dma_valid_i = 0;
    bench.reset();
  }
  ~FeatureBuffer() override {
    EXPECT_TRUE(reads_.empty() && res_answers_.empty() && dma_answers_.empty());
  }

  Word random_word() {
    Word word(kM);
    for (int64_t& code : word) code = sign_extend(random(), kActW);
    return word;
  }
  Request random_request(bool write) {
    return {write, static_cast<int>(random.uniform(0, kP - 1)),
            static_cast<int>(random.uniform(0, kDepth - 1)), random_word()};
  }

  /// One cycle with what each port is offered; requests not taken stay in place.
  void cycle() {
    bench->wr_valid_i = wr.has_value();
    bench->wr_urgent_i = urgent;
    bench->res_valid_i = res.has_value();
    bench->dma_valid_i = dma.has_value();
    if (wr) {
      bench->wr_bank_i = static_cast<uint8_t>(wr->bank);
      bench->wr_addr_i = static_cast<uint16_t>(wr->addr);
      pack(bench->wr_data_i, wr->data, kActW);
    }
    if (res) {
      bench->res_bank_i = static_cast<uint8_t>(res->bank);
      bench->res_addr_i = static_cast<uint16_t>(res->addr);
    }
    if (dma) {
      bench->dma_write_i = dma->write;
      bench->dma_bank_i = static_cast<uint8_t>(dma->bank);
      bench->dma_addr_i = static_cast<uint16_t>(dma->addr);
      if (dma->write) pack(bench->dma_wdata_i, dma->data, kActW);
    }
    bench.settle();
    // One access a bank.
    const bool clash = wr && res && wr->bank == res->bank;
    const bool wr_ready = !clash || urgent;
    const bool res_ready = !clash || !urgent;
    const bool dma_ready = !(dma && wr && ((kShared && dma->write) || wr->bank == dma->bank)) &&
                           !(dma && res && ((kShared && !dma->write) || res->bank == dma->bank));
    ASSERT_TRUE(!wr || bench->wr_ready_o == wr_ready);
    ASSERT_TRUE(!res || bench->res_ready_o == res_ready);
    ASSERT_TRUE(!dma || bench->dma_ready_o == dma_ready);

    const uint64_t due = bench.cycle() + kLatency;
    const uint64_t answer_due = bench.cycle() + kAnswerLatency;
    std::set<std::pair<int, int>> touched;
    if (wr && wr_ready) touched.insert({wr->bank, wr->addr});
    if (dma && dma_ready && dma->write) touched.insert({dma->bank, dma->addr});
    if (reading_) expect_read(due, touched);
    bench->rd_valid_i = reading_;
    reading_ = false;
    if (wr && wr_ready) {
      memory_[wr->bank][wr->addr] = wr->data;
      wr.reset();
    }
    if (res && res_ready) {
      res_answers_.push_back({answer_due, memory_[res->bank][res->addr]});
      res.reset();
    }
    if (dma && dma_ready) {
      if (dma->write)
        memory_[dma->bank][dma->addr] = dma->data;
      else
        dma_answers_.push_back({answer_due, memory_[dma->bank][dma->addr]});
      dma.reset();
    }
    // The mask of the lanes that arrive in the next cycle.
    bench->rd_keep_i = keep_ = static_cast<uint16_t>(random() & ((1 << kP) - 1));
    zero_ = sign_extend(random(), kActW);
    set_bits(bench->rd_zero_i, 0, kActW, static_cast<uint64_t>(zero_));
    bench.tick();
    check_reads();
    check_answer(res_answers_, bench->res_valid_o, bench->res_rdata_o, residual_words);
    check_answer(dma_answers_, bench->dma_rvalid_o, bench->dma_rdata_o, dma_words);
  }

  /// Array port in the next cycle: slice address of bank 0's row, step in words, rotation.
  void read(int addr, int words, int rotation) {
    bench->rd_addr_i = static_cast<uint16_t>(addr);
    bench->rd_step_i = static_cast<uint16_t>(words * kSlices);
    bench->rd_rotation_i = static_cast<uint8_t>(rotation);
    reading_ = true;
  }
  void random_read() {
    read(static_cast<int>(random.uniform(0, kDepth * kSlices - 1)),
         static_cast<int>(random.uniform(0, kDepth - 1)),
         static_cast<int>(random.uniform(0, kP - 1)));
  }

  void fill() {
    for (int bank = 0; bank < kP; ++bank) {
      for (int addr = 0; addr < kDepth; ++addr) {
        wr = Request{true, bank, addr, random_word()};
        cycle();
      }
    }
  }
  void drain() {
    while (wr || res || dma) cycle();
    for (uint64_t i = 0; i < kLatency; ++i) cycle();
  }

  Bench<Vrs_feature_buffer> bench;
  Random& random = bench.random();
  std::optional<Request> wr, res, dma;
  bool urgent = false;                                ///< writes go before residual reads
  int slices = 0, residual_words = 0, dma_words = 0;  ///< compared

 private:
  struct Answer {
    uint64_t cycle;
    Word data;
  };
  struct Lanes {
    uint64_t cycle;
    std::vector<std::optional<Word>> slices;  ///< nothing: not to be compared
  };

  void expect_read(uint64_t due, const std::set<std::pair<int, int>>& touched) {
    Lanes lanes{due, std::vector<std::optional<Word>>(kP)};
    for (int p = 0; p < kP; ++p) {
      const int bank = (p + bench->rd_rotation_i) % kP;
      const int slice =
          (bench->rd_addr_i + (bank < bench->rd_rotation_i ? int{bench->rd_step_i} : 0)) %
          (kDepth * kSlices);
      if (touched.contains({bank, slice / kSlices})) continue;
      const Word& word = memory_[bank][slice / kSlices];
      const auto first = word.begin() + slice % kSlices * kC;
      lanes.slices[p] = Word(first, first + kC);
    }
    reads_.push_back(lanes);
  }
  void check_reads() {
    if (reads_.empty() || reads_.front().cycle != bench.cycle()) return;
    const std::vector<int64_t> acts = unpack_signed(bench->rd_act_o, kP * kC, kActW);
    for (int p = 0; p < kP; ++p) {
      const auto& slice = reads_.front().slices[p];
      const bool keep = keep_ >> p & 1;
      if (keep && !slice) continue;
      ASSERT_EQ(Word(acts.begin() + p * kC, acts.begin() + (p + 1) * kC),
                keep ? *slice : Word(kC, zero_))
          << "lane " << p;
      ++slices;
    }
    reads_.pop_front();
  }
  template <typename Port>
  void check_answer(std::deque<Answer>& answers, bool valid, const Port& data, int& compared) {
    const bool due = !answers.empty() && answers.front().cycle == bench.cycle();
    ASSERT_EQ(valid, due);
    if (!due) return;
    ASSERT_EQ(unpack_signed(data, kM, kActW), answers.front().data);
    answers.pop_front();
    ++compared;
  }

  std::vector<std::vector<Word>> memory_ = std::vector(kP, std::vector<Word>(kDepth, Word(kM)));
  bool reading_ = false;
  int keep_ = 0;
  int64_t zero_ = 0;
  std::deque<Lanes> reads_;
  std::deque<Answer> res_answers_, dma_answers_;
};

TEST_F(FeatureBuffer, EveryRotationSliceAndTheWrap) {
  fill();
  for (int rotation = 0; rotation < kP; ++rotation) {
    for (int slice = 0; slice < kSlices; ++slice) {
      for (const int word : {0, 1, kDepth - 1}) {
        for (const int words : {0, 1, 3, kDepth - 1}) {
          read(word * kSlices + slice, words, rotation);
          cycle();
        }
      }
    }
  }
  drain();
  EXPECT_GT(slices, 0);
}

// DMA waits for the others in its bank, and for those whose way of data it shares. In the same bank
// the residual goes before post-processing, unless that is urgent.
TEST_F(FeatureBuffer, PriorityOfTheSecondPort) {
  fill();
  for (int i = 0; i < 100; ++i) {
    for (const auto& [w, r, d] :
         {std::tuple{0, 1, kP - 1}, {1, 1, 0}, {0, 1, 1}, {1, 0, 1}, {kP - 1, kP - 1, kP - 1}}) {
      wr = random_request(true);
      res = random_request(false);
      dma = random_request(random.chance(50));
      wr->bank = w;
      res->bank = r;
      dma->bank = d;
      urgent = random.chance(50);
      cycle();
      EXPECT_EQ(wr.has_value(), !urgent && r == w);
      EXPECT_EQ(res.has_value(), urgent && r == w);
      const bool in_bank = d == w || d == r;
      EXPECT_EQ(dma.has_value(), in_bank || kShared);
      while (wr || res || dma) cycle();
    }
  }
  drain();
  EXPECT_EQ(residual_words, 500);
  EXPECT_GT(dma_words, 0);
}

// What a port wrote, every port reads from the next cycle on.
TEST_F(FeatureBuffer, ReadBehindWrite) {
  fill();
  for (int i = 0; i < 300; ++i) {
    const Request request = random_request(true);
    const bool by_dma = random.chance(50);
    (by_dma ? dma : wr) = request;
    cycle();
    read(request.addr * kSlices, 0, static_cast<int>(random.uniform(0, kP - 1)));
    (random.chance(50) ? res : dma) = Request{false, request.bank, request.addr, {}};
    cycle();
  }
  drain();
  EXPECT_EQ(residual_words + dma_words, 300);
}

TEST_F(FeatureBuffer, RandomOnAllPorts) {
  fill();
  for (int i = 0; i < 5000; ++i) {
    if (random.chance(80)) random_read();
    if (!wr && random.chance(50)) wr = random_request(true);
    urgent = random.chance(20);
    if (!res && random.chance(50)) res = random_request(false);
    if (!dma && random.chance(70)) dma = random_request(random.chance(50));
    cycle();
  }
  drain();
  EXPECT_GT(slices, 5000);
  EXPECT_GT(residual_words, 500);
  EXPECT_GT(dma_words, 500);
}

}  // namespace
}  // namespace reshift
