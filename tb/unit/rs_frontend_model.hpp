// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Vrs_frontend_bench.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <deque>
#include <string>
#include <vector>

#include "harness/axi_ports.hpp"
#include "harness/bits.hpp"
#include "isa/fields.hpp"

namespace reshift {

namespace hw {
constexpr int kM = RESHIFT_M, kC = RESHIFT_C, kP = RESHIFT_P, kActW = RESHIFT_ActW;
constexpr int kWeightFormat = RESHIFT_WeightFormat, kAccW = RESHIFT_AccW, kMultW = RESHIFT_MultW;
constexpr int kAxiDataW = RESHIFT_AxiDataW, kParamBytes = kMultW > 16 ? 16 : 8;
constexpr int kFbDepth = RESHIFT_FbDepth, kWmDepth = RESHIFT_WmDepth, kPmDepth = RESHIFT_PmDepth;
constexpr int kTables = RESHIFT_Tables, kNeighbours = RESHIFT_Neighbours,
              kRequantise = RESHIFT_Requantise;
constexpr int kCodeBytes = kActW > 8 ? 2 : 1;
constexpr int kWordBytes = kM * kCodeBytes;
constexpr int kTileBits = kM * kC * 4;  // WeightFormat 7: 4 bits a term
constexpr int kTileBytes = kTileBits / 8;
constexpr int kItemBytes = kM * (kC > 16 ? 2 : 1);
static_assert(kWeightFormat == 7);
}  // namespace hw

using Bytes = std::vector<uint8_t>;
using Word = std::array<int16_t, hw::kM>;  ///< a feature-buffer word, sign extended

/// What stands behind rs_frontend in these tests: an EXEC that moves words from one place of the
/// feature buffer to another adding 1 to each code (nothing with max_mode), the buffer itself and
/// the ends of the weight streams; all with random delays.
class FakeCore : public Agent {
 public:
  FakeCore(Vrs_frontend_bench& model, Stalls stalls)
      : m_(model),
        random_(run_seed()),
        ready_stall_(stalls, run_seed() + 7),
        exec_stall_(stalls, run_seed() + 8),
        param_stall_(stalls, run_seed() + 9),
        header_stall_(stalls, run_seed() + 10),
        tile_stall_(stalls, run_seed() + 11),
        table_stall_(stalls, run_seed() + 12) {
    clear();
    drive();
  }

  void sample() override {
    if (!m_.core_rst_no) {
      clear();
      return;
    }
    halted_ = m_.halt_o;
    load_token_ = m_.load_token_o;
    store_token_ = m_.store_token_o;
    if (m_.exec_valid_o && m_.exec_ready_i) accept();
    if (m_.fb_load_valid_o && m_.fb_load_ready_i) write();
    if (m_.fb_store_valid_o && m_.fb_store_ready_i) read();
    if (m_.param_valid_o && m_.param_ready_i) take(params, m_.param_o, hw::kM * hw::kParamBytes);
    if (m_.header_valid_o && m_.header_ready_i) {
      take(headers, m_.header_o, 4 * static_cast<int>(m_.header_count_o));
    }
    if (m_.tile_valid_o && m_.tile_ready_i) take(tiles, m_.tile_o, hw::kTileBytes);
    if (m_.entry_valid_o) take(items, m_.entry_o, hw::kItemBytes);
    stream_ends += m_.stream_end_o;
    if (m_.table_valid_o && m_.table_ready_i) {
      take(tables, m_.table_addr_o, 2);
      take(tables, m_.table_o, 2);
    }
    for (auto& read : reads_) --read.due;
    step_exec();
  }

  void drive() override {
    m_.exec_ready_i = state_ == State::kIdle && !exec_stall_.stall();
    m_.exec_busy_i = state_ != State::kIdle;
    m_.take_load_token_i = take_load_;
    m_.take_store_token_i = take_store_;
    m_.post_load_i = post_load_;
    m_.post_store_i = post_store_;
    m_.perf_busy_i = state_ == State::kBusy && !hang;
    m_.perf_stall_i = state_ == State::kIdle ? 1 : state_ == State::kTokens ? 2 : 0;
    m_.fb_load_ready_i = !ready_stall_.stall();
    m_.fb_store_ready_i = !ready_stall_.stall();
    m_.param_ready_i = !param_stall_.stall();
    m_.header_ready_i = !header_stall_.stall();
    m_.tile_ready_i = !tile_stall_.stall();
    m_.stream_fault_i = stream_fault;
    stream_fault = false;
    m_.table_ready_i = !table_stall_.stall();
    m_.fb_store_rvalid_i = !reads_.empty() && reads_.front().due <= 0;
    if (m_.fb_store_rvalid_i) {
      for (int i = 0; i < hw::kM; ++i) {
        set_bits(m_.fb_store_rdata_i, static_cast<unsigned>(i * hw::kActW), hw::kActW,
                 static_cast<uint64_t>(reads_.front().word[static_cast<size_t>(i)]));
      }
      reads_.pop_front();
    }
  }

  bool hang = false;  ///< EXEC never finishes
  int exec_cycles = 40;
  bool stream_fault = false;            ///< the next cycle says so
  Bytes params, headers, tiles, items;  ///< what the streams gave
  int stream_ends = 0;
  Bytes tables;  ///< address and entries, two bytes each
  uint64_t execs = 0, busy_cycles = 0;

 private:
  enum class State { kIdle, kTokens, kBusy };
  struct Read {
    int due;
    Word word;
  };
  static constexpr int kReadLatency = 4;

  void clear() {
    state_ = State::kIdle;
    take_load_ = take_store_ = post_load_ = post_store_ = false;
    reads_.clear();
    params.clear();
    headers.clear();
    tiles.clear();
    items.clear();
    stream_ends = 0;
    tables.clear();
    execs = busy_cycles = 0;
  }

  void accept() {
    for (unsigned i = 0; i < isa::kDescriptorWords; ++i) {
      desc_[i] = static_cast<uint32_t>(get_bits(m_.exec_desc_o, 32 * i, 32));
    }
    state_ = State::kTokens;
    ++execs;
  }

  void step_exec() {
    const bool taking = take_load_ || take_store_;
    take_load_ = take_store_ = post_load_ = post_store_ = false;
    if (state_ == State::kTokens && !taking && !halted_) {
      const bool wait_load = isa::get(desc_, isa::common::kWaitLoad);
      const bool wait_store = isa::get(desc_, isa::common::kWaitStore);
      if ((!wait_load || load_token_) && (!wait_store || store_token_)) {
        take_load_ = wait_load;
        take_store_ = wait_store;
        state_ = State::kBusy;
        left_ = static_cast<int>(random_.uniform(1, exec_cycles));
      }
    } else if (state_ == State::kBusy && !hang && !halted_) {
      ++busy_cycles;
      if (--left_ > 0) return;
      if (!isa::get(desc_, isa::exec::kMaxMode)) move();
      post_load_ = isa::get(desc_, isa::common::kPostLoad);
      post_store_ = isa::get(desc_, isa::common::kPostStore);
      state_ = State::kIdle;
    }
  }

  void move() {
    const uint32_t from = isa::get(desc_, isa::exec::kSrc0Base);
    const uint32_t to = isa::get(desc_, isa::exec::kDstBase);
    const uint32_t count =
        isa::get(desc_, isa::exec::kGroups) * isa::get(desc_, isa::exec::kDstWords);
    for (auto& bank : buffer_) {
      for (uint32_t i = 0; i < count; ++i) {
        for (size_t c = 0; c < hw::kM; ++c) {
          bank[to + i][c] = static_cast<int16_t>(
              sign_extend(static_cast<uint64_t>(bank[from + i][c] + 1) & kMask, hw::kActW));
        }
      }
    }
  }

  void read() {
    reads_.push_back({kReadLatency, buffer_.at(m_.fb_store_bank_o).at(m_.fb_store_addr_o)});
  }

  void write() {
    Word& word = buffer_.at(m_.fb_load_bank_o).at(m_.fb_load_addr_o);
    for (unsigned i = 0; i < hw::kM; ++i) {
      word[i] = static_cast<int16_t>(
          sign_extend(get_bits(m_.fb_load_data_o, i * hw::kActW, hw::kActW), hw::kActW));
    }
  }

  template <typename Port>
  static void take(Bytes& to, const Port& port, int count) {
    for (int i = 0; i < count; ++i) {
      to.push_back(static_cast<uint8_t>(get_bits(port, static_cast<unsigned>(8 * i), 8)));
    }
  }

  static constexpr uint64_t kMask = (1ull << hw::kActW) - 1;

  Vrs_frontend_bench& m_;
  Random random_;
  StallSource ready_stall_, exec_stall_, param_stall_, header_stall_, tile_stall_, table_stall_;
  State state_ = State::kIdle;
  isa::Descriptor desc_{};
  int left_ = 0;
  bool halted_ = false, load_token_ = false, store_token_ = false;
  bool take_load_ = false, take_store_ = false, post_load_ = false, post_store_ = false;
  std::deque<Read> reads_;
  std::array<std::array<Word, hw::kFbDepth>, hw::kP> buffer_{};
};

/// A program for the fake core, its windows, and what must come of it.
///
///   begin | weights, features, exec (nothing), weights, exec (move and add 1), store,
///         reload what was stored, exec (move and add 1), store, table if there are any, end
struct Program {
  static constexpr uint32_t kBlocks = 0x1000;  ///< weight blocks in the window
  static constexpr int kSource = 0, kTarget = hw::kFbDepth / 2;
  // Places of the descriptors.
  static constexpr size_t kInit = 0, kWeights = 1, kFeatures = 2, kExec = 3, kMove = 5, kReload = 7,
                          kStore = 9, kTable = 10, kEnd = hw::kTables > 0 ? 11 : 10;
  static constexpr uint32_t kExecs = 3;

  explicit Program(Random& random) {
    using namespace isa;
    const auto add = [&](Opcode opcode) -> Descriptor& {
      descriptors.emplace_back();
      set(descriptors.back(), common::kOpcode, static_cast<int64_t>(opcode));
      return descriptors.back();
    };
    words = static_cast<int>(random.uniform(1, 3));
    groups = static_cast<int>(random.uniform(1, hw::kFbDepth / 2 / words));
    bytes = static_cast<uint32_t>(groups * words * hw::kP * hw::kWordBytes);
    in_offset = static_cast<uint32_t>(random.uniform(0, 100));
    first_offset = static_cast<uint32_t>(random.uniform(0, 100));
    out_offset = first_offset + bytes + static_cast<uint32_t>(random.uniform(0, 100));

    Descriptor& first = add(Opcode::kInit);
    set(first, init::kMagic, kMagicLetters);
    set(first, init::kVersion, kVersion);
    set(first, init::kM, hw::kM);
    set(first, init::kC, hw::kC);
    set(first, init::kP, hw::kP);
    set(first, init::kActW, hw::kActW);
    set(first, init::kWeightFormat, hw::kWeightFormat);
    set(first, init::kMultW, hw::kMultW);
    set(first, init::kLoadCredits, 1);
    set(first, init::kExecCredits, 1);
    set(first, init::kFbDepth, hw::kFbDepth);
    set(first, init::kWmDepth, hw::kWmDepth);
    set(first, init::kPmDepth, hw::kPmDepth);
    set(first, init::kTables, hw::kTables);
    set(first, init::kNeighbours, hw::kNeighbours);
    set(first, init::kRequantise, hw::kRequantise);
    window.resize(kBlocks);
    Descriptor table_load{};
    set(table_load, common::kOpcode, static_cast<int64_t>(Opcode::kLoadTable));
    if (hw::kTables > 0) table(table_load, random);

    weights(add(Opcode::kLoadWeights), random, random.uniform(0, 20), random.uniform(1, 3));
    Descriptor& load = add(Opcode::kLoadFeatures);
    set(load, common::kWaitExec, 1);
    set(load, common::kPostExec, 1);
    move_words(load, kSource, in_offset);

    Descriptor& idle = add(Opcode::kExec);
    fill_exec(idle);
    set(idle, exec::kMaxMode, 1);
    weights(add(Opcode::kLoadWeights), random, random.uniform(1, 40), random.uniform(0, 1));
    Descriptor& move = add(Opcode::kExec);
    fill_exec(move);
    for (const Field& f : {common::kWaitLoad, common::kWaitStore, common::kPostStore}) {
      set(move, f, 1);
    }
    const auto store = [&](uint32_t offset, const Field& post) {
      Descriptor& d = add(Opcode::kStoreFeatures);
      set(d, common::kWaitExec, 1);
      set(d, post, 1);
      move_words(d, kTarget, offset);
    };
    store(first_offset, common::kPostLoad);
    Descriptor& reload = add(Opcode::kReloadFeatures);
    set(reload, common::kWaitStore, 1);
    set(reload, common::kPostExec, 1);
    move_words(reload, kSource, first_offset);
    Descriptor& again = add(Opcode::kExec);
    fill_exec(again);
    for (const Field& f : {common::kWaitLoad, common::kPostLoad, common::kPostStore}) {
      set(again, f, 1);
    }
    store(out_offset, common::kPostExec);
    if (hw::kTables > 0) descriptors.push_back(table_load);
    add(Opcode::kEnd);
    for (Descriptor& d : descriptors) seal(d);
  }

  /// The program in memory, descriptors in front: the window, or more when the window is too short.
  Bytes image() const {
    Bytes out = window;
    out.resize(std::max(out.size(), descriptors.size() * isa::kDescriptorBytes));
    for (size_t i = 0; i < descriptors.size(); ++i) {
      for (size_t w = 0; w < isa::kDescriptorWords; ++w) {
        for (size_t b = 0; b < 4; ++b) {
          out[i * isa::kDescriptorBytes + 4 * w + b] =
              static_cast<uint8_t>(descriptors[i][w] >> (8 * b));
        }
      }
    }
    return out;
  }

  /// What a move makes of codes: each plus 1.
  static Bytes result(const Bytes& input) {
    Bytes out(input.size());
    for (size_t i = 0; i < input.size(); i += hw::kCodeBytes) {
      uint64_t code = input[i];
      if (hw::kCodeBytes == 2) code |= static_cast<uint64_t>(input[i + 1]) << 8;
      const auto value = sign_extend((code + 1) & ((1ull << hw::kActW) - 1), hw::kActW);
      for (size_t b = 0; b < hw::kCodeBytes; ++b) {
        out[i + b] = static_cast<uint8_t>(value >> (8 * b));
      }
    }
    return out;
  }

  int words, groups;
  uint32_t bytes, in_offset, first_offset, out_offset;
  std::vector<isa::Descriptor> descriptors;
  Bytes window;
  Bytes params, headers, tiles, items, tables;  ///< what the streams must give in a frame
  int stream_ends = 0;

 private:
  /// The fields that load_features, reload_features and store_features share.
  void move_words(isa::Descriptor& d, int base, uint32_t offset) const {
    using namespace isa;
    set(d, load_features::kBase, base);
    set(d, load_features::kWords, words);
    set(d, load_features::kGroups, groups);
    set(d, load_features::kOffset, offset);
  }

  void fill_exec(isa::Descriptor& d) const {
    using namespace isa;
    set(d, exec::kUops, 9);
    set(d, exec::kGroups, groups);
    set(d, exec::kMBlocks, 2);
    set(d, exec::kPitch, 8);
    set(d, exec::kInHeight, 8);
    set(d, exec::kInWidth, 8);
    set(d, exec::kOutHeight, 8);
    set(d, exec::kOutWidth, 8);
    set(d, exec::kSrc0Base, kSource);
    set(d, exec::kSrc0Step, words);
    set(d, exec::kDstBase, kTarget);
    set(d, exec::kDstWords, words);
    set_signed(d, exec::kLo, -128);
    set_signed(d, exec::kHi, 127);
  }

  void table(isa::Descriptor& d, Random& random) {
    const int64_t number = random.uniform(1, std::max(hw::kTables, 1));
    isa::set(d, isa::load_table::kNumber, number);
    isa::set(d, isa::load_table::kOffset, static_cast<int64_t>(window.size()));
    for (int64_t i = 0; i < isa::kTableBytes; i += 2) {
      const int64_t address = (number % std::max(hw::kTables, 1) * isa::kTableBytes + i) / 2;
      for (int b = 0; b < 2; ++b) window.push_back(static_cast<uint8_t>(random()));
      tables.insert(tables.end(),
                    {static_cast<uint8_t>(address), static_cast<uint8_t>(address >> 8),
                     window.end()[-2], window.end()[-1]});
    }
  }

  void weights(isa::Descriptor& d, Random& random, int64_t uops, int64_t param_blocks) {
    using namespace isa;
    const size_t begin = window.size();
    const auto section = [&](Bytes& expected, size_t size) {
      for (size_t i = 0; i < size; ++i) {
        window.push_back(static_cast<uint8_t>(random()));
        expected.push_back(window.back());
      }
      window.resize(begin + (window.size() - begin + 31) / 32 * 32);
    };
    section(params, static_cast<size_t>(param_blocks * hw::kM * hw::kParamBytes));
    section(headers, static_cast<size_t>(uops * 4));
    // Half of the blocks have row streams, of any content: who makes tiles of them is not here.
    const int64_t stream_items = random.chance(50) ? random.uniform(1, 40) : 0;
    if (stream_items > 0) {
      section(items, static_cast<size_t>(stream_items * hw::kItemBytes));
      ++stream_ends;
    } else {
      section(tiles, static_cast<size_t>(uops * hw::kTileBytes));
    }
    uint32_t sum = isa::kDescriptorSum;
    for (size_t at = begin; at < window.size(); at += 4) {
      uint32_t word;
      std::memcpy(&word, &window[at], 4);
      sum -= word;
    }
    set(d, load_weights::kBlockChecksum, sum);
    set(d, load_weights::kStreamItems, stream_items);
    set(d, load_weights::kUops, uops);
    set(d, load_weights::kParamBlocks, param_blocks);
    set(d, load_weights::kOffset, static_cast<int64_t>(begin));
    set(d, load_weights::kBytes, static_cast<int64_t>(window.size() - begin));
  }
};

}  // namespace reshift
