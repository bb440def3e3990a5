// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// EXEC as a whole: a chain of random small convolutions and poolings, described by logical taps
// (phase, dy, dx, C-block). The model computes from the taps, with a division for every address;
// the bench encodes the same taps as descriptors and micro-op headers. Operations depend on each
// other as tightly as the rules allow; in the end every word of the feature buffer is compared.
#include <Vrs_exec.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <span>
#include <vector>

#include "harness/bench.hpp"
#include "harness/bits.hpp"
#include "harness/scoreboard.hpp"
#include "harness/stream.hpp"
#include "isa/fields.hpp"
#include "net/numerics.hpp"
#include "unit/models/raster.hpp"

namespace reshift {
namespace {

constexpr int kM = RESHIFT_M;
constexpr int kC = RESHIFT_C;
constexpr int kP = RESHIFT_P;
constexpr int kActW = RESHIFT_ActW;
constexpr int kMultW = RESHIFT_MultW;
constexpr unsigned kParamW = 8 * isa::param_bytes({.mult_w = kMultW});
constexpr int kFormat = RESHIFT_WeightFormat;
constexpr int kFbDepth = RESHIFT_FbDepth;
constexpr int kWmDepth = RESHIFT_WmDepth;
constexpr int kR = kM / kC;
constexpr int kTermW = weight_bits(kFormat);
constexpr int kPostLanes = RESHIFT_PostLanes;
constexpr bool kRequantise = RESHIFT_Requantise;
constexpr int kRecords = isa::param_records({.m = kM, .p = kP, .post_lanes = kPostLanes});
constexpr uint64_t kLimit = kPostLanes < kM ? 5000000 : 500000;
constexpr int kSlots = 5, kSlotWords = 256;  // tensors in the feature buffer; DMA has the rest

using Word = std::vector<int64_t>;
using Tile = std::vector<int>;  // M x C

struct Tensor {
  Raster raster;  ///< where its words are; pitch: of the raster that wrote it
  int height = 1, width = 1, words = 1;
  bool polyphase() const { return raster.polyphase; }
  int rows() const { return polyphase() ? (height + 1) / 2 : height; }
  int columns() const { return polyphase() ? (width + 1) / 2 : width; }
};

struct Tap {
  int source, phase, dy, dx, c_block;
  Tile tile;
};

using Lists = std::vector<std::vector<Tap>>;
using Params = std::vector<std::vector<ChannelParams>>;

struct Operation {
  int src[2], res = -1, dst;  ///< tensors
  bool max = false;
  Lists lists;  ///< for each M-block
  Params params;
  PostParams post;
  int in_zero = 0, in_cut = 0, pitch = 1, groups = 1;
  bool wait_load = false, wait_store = false, wait_previous = false;
  bool post_load = false, post_store = false;
  bool keep = false;  ///< the next one has the same lists and parameters
  int need_first = 0, need_step = 0;
  int uops() const {
    int count = 0;
    for (const auto& list : lists) count += static_cast<int>(list.size());
    return count;
  }
};

int even(int n) { return (n + 1) / 2 * 2; }

/// The chain and what it makes of the feature buffer.
class Chain {
 public:
  explicit Chain(Random& random) : random_(random) {
    for (auto& bank : memory) {
      for (Word& word : bank) {
        for (int64_t& code : word) code = random_code();
      }
    }
    for (int i = 0; i < 2; ++i) {
      const int height = pick(1, 9), width = pick(1, 9), words = pick(1, 3);
      add_tensor(height, width, words, random.chance(40), 0);
    }
  }

  /// Adds an operation and executes it in `memory`.
  const Operation& grow() {
    if (!operations.empty() && operations.back().keep) return again();
    Operation op;
    const int newest = static_cast<int>(tensors.size()) - 1;
    op.src[0] = newest - (random_.chance(30) ? 1 : 0);
    const Tensor src = tensors[op.src[0]];
    op.src[1] = op.src[0];
    for (const int other : {newest, newest - 1}) {
      const Tensor& t = tensors[other];
      if (t.polyphase() == src.polyphase() && t.raster.tensor_pitch == src.raster.tensor_pitch &&
          t.rows() == src.rows() && t.columns() == src.columns() && t.words >= src.words) {
        op.src[1] = other;
      }
    }
    op.max = random_.chance(25);
    op.in_zero = op.max ? code_min(kActW) : random_code();
    if (kRequantise && random_.chance(50)) op.in_cut = pick(0, (1 << kActW) - 1);
    op.pitch = src.raster.tensor_pitch;
    const int words = op.max ? src.words : pick(1, 3);
    // The raster may be larger than the source: maps that have become small grow again.
    const int height = pick(std::max(1, src.rows() - 1), std::min(src.rows() + 3, 9));
    const int width = pick(std::max(1, src.columns() - 1), std::min(op.pitch, 9));
    const bool polyphase = random_.chance(40) && op.pitch >= even(width);
    op.dst = add_tensor(height, width, words, polyphase, op.pitch);
    const Tensor& dst = tensors[op.dst];
    op.groups = (op.pitch * (polyphase ? even(height) : height) + kP - 1) / kP;
    make_lists(op, src, words);
    make_post(op, words);
    for (int other = newest; other >= std::max(0, newest - 2); --other) {
      const Tensor& t = tensors[other];
      if (random_.chance(60) && t.height >= dst.height && t.width >= dst.width &&
          t.words >= words) {
        op.res = other;
      }
    }
    if (op.res >= 0) set_residual(op);
    op.wait_previous = random_.chance(10) || op.res == newest;
    op.keep = random_.chance(30) && op.uops() <= kWmDepth / 2;
    make_needs(op, newest);
    return add(op);
  }

  std::vector<std::vector<Word>> memory = std::vector(kP, std::vector<Word>(kFbDepth, Word(kM)));
  std::vector<Tensor> tensors;
  std::vector<Operation> operations;

 private:
  const Operation& add(const Operation& op) {
    execute(op);
    operations.push_back(op);
    return operations.back();
  }

  /// The same sources, lists and parameters once more, with other bounds, into another tensor.
  const Operation& again() {
    Operation op = operations.back();
    const Tensor dst = tensors[op.dst];
    op.dst = add_tensor(dst.height, dst.width, dst.words, dst.polyphase(), op.pitch);
    op.need_first = op.need_step = 0;
    op.post.lo = pick(code_min(kActW), op.post.hi);
    op.keep = false;
    return add(op);
  }

  int pick(int low, int high) { return static_cast<int>(random_.uniform(low, high)); }
  int random_code() { return pick(code_min(kActW), code_max(kActW)); }

  int add_tensor(int height, int width, int words, bool polyphase, int raster_pitch) {
    Tensor t;
    t.height = height;
    t.width = width;
    t.words = words;
    t.raster.p = kP;
    t.raster.polyphase = polyphase;
    t.raster.out_height = height;
    t.raster.out_width = width;
    t.raster.words = words + pick(0, 1);
    t.raster.pitch = raster_pitch;
    t.raster.tensor_pitch = even(t.columns()) + pick(0, 2);
    t.raster.phase = (t.raster.tensor_pitch * t.rows() + kP - 1) / kP * t.raster.words;
    t.raster.base = static_cast<int>(tensors.size()) % kSlots * kSlotWords;
    if (t.raster.phase * (polyphase ? 4 : 1) > kSlotWords)
      throw Error("tensor too large for its region");
    tensors.push_back(t);
    return static_cast<int>(tensors.size()) - 1;
  }

  void make_lists(Operation& op, const Tensor& src, int words) {
    const int kernel_height = pick(1, 3), kernel_width = pick(1, 3);
    const int top = pick(0, kernel_height - 1), left = pick(0, kernel_width - 1);
    op.lists.resize(words);
    for (int m = 0; m < words; ++m) {
      for (int ky = 0; ky < kernel_height; ++ky) {
        for (int kx = 0; kx < kernel_width; ++kx) {
          Tap tap{pick(0, 1), 0, ky - top, kx - left, 0, Tile(kM * kC)};
          if (src.polyphase()) {  // stride 2: position 2 * y + tap
            tap.phase = 2 * (tap.dy & 1) + (tap.dx & 1);
            tap.dy >>= 1;
            tap.dx >>= 1;
          }
          for (int c_block = 0; c_block < (op.max ? kR : src.words * kR); ++c_block) {
            tap.c_block = op.max ? m * kR + c_block : c_block;
            for (int row = 0; row < kM; ++row) {
              for (int c = 0; c < kC; ++c) tap.tile[row * kC + c] = term(op.max, row, c_block, c);
            }
            op.lists[m].push_back(tap);
          }
        }
      }
    }
  }
  int term(bool max, int row, int sub, int c) {
    if (max) return row / kC == sub && row % kC == c ? 1 : 0;
    const int sign = pick(-1, 1);
    return sign * (1 << pick(0, kFormat - 1));
  }

  void make_post(Operation& op, int words) {
    op.post.out_zero = random_code();
    op.post.lo = random_.chance(50) ? code_min(kActW) : op.post.out_zero;
    op.post.hi = pick(op.post.lo, code_max(kActW));
    if (random_.chance(70)) op.post.hi = code_max(kActW);
    op.post.res_zero = random_code();
    op.post.round = static_cast<RoundMode>(pick(0, 2));
    if (kRequantise && random_.chance(50)) op.post.early = pick(1, kMostEarly);
    op.wait_load = random_.chance(15);
    op.wait_store = random_.chance(15);
    op.post_load = random_.chance(30);
    op.post_store = random_.chance(30);
    op.params.resize(words, std::vector<ChannelParams>(kM));
    for (auto& group : op.params) {
      for (ChannelParams& c : group) {
        c.bias = pick(-5000, 5000);
        c.mult = static_cast<uint32_t>(pick(1, 65535)) << (kMultW - 16);
        c.shift = static_cast<uint8_t>((op.max ? 16 : pick(20, 26)) + kMultW - 16);
      }
    }
  }

  /// It is added, or the factor.
  void set_residual(Operation& op) {
    op.post.res_zero = random_code();
    if (random_.chance(70)) {
      op.post.res_factor = static_cast<uint32_t>(pick(1, 2 << fraction_bits(kActW)));
      return;
    }
    op.post.product = true;
    for (auto& group : op.params) {
      for (ChannelParams& c : group) {
        c.mult = 1;
        c.shift = static_cast<uint8_t>((op.max ? 0 : pick(4, 10)) + kActW);
      }
    }
  }

  static bool inside(const Tensor& src, const Tap& tap, int y, int x) {
    const int row = y + tap.dy, column = x + tap.dx;
    return row >= 0 && row < src.rows() && column >= 0 && column < src.columns();
  }

  /// The tightest needs of one slope, when the newest tensor is a source.
  void make_needs(Operation& op, int newest) {
    const Raster& before = tensors[newest].raster;
    if (before.pitch == 0) return;  // not written by an operation
    op.need_step = kP * pick(0, 4);
    const Tensor& dst = tensors[op.dst];
    for (int i = 0; i < op.groups * kP; ++i) {
      const int y = i / op.pitch, x = i % op.pitch;
      if (y >= dst.height || x >= dst.width) continue;
      for (const auto& list : op.lists) {
        for (const Tap& tap : list) {
          if (op.src[tap.source] != newest || !inside(tensors[newest], tap, y, x)) continue;
          const int s = before.polyphase ? 1 : 0;
          const int row = ((y + tap.dy) << s) + (tap.phase >> 1);
          const int column = ((x + tap.dx) << s) + (tap.phase & 1);
          const int need = row * before.pitch + column + 1;
          op.need_first = std::max(op.need_first, need - i / kP * op.need_step);
        }
      }
    }
  }

  void execute(const Operation& op) {
    const Tensor& dst = tensors[op.dst];
    for (int y = 0; y < (dst.polyphase() ? even(dst.height) : dst.height); ++y) {
      for (int x = 0; x < (dst.polyphase() ? even(dst.width) : dst.width); ++x) {
        const bool fill = y >= dst.height || x >= dst.width;
        for (int m = 0; m < dst.words; ++m) {
          Word result(kM, op.post.out_zero);
          if (!fill) compute(op, y, x, m, result);
          const auto [bank, addr] = dst.raster.address(y, x, m);
          memory[bank][addr] = result;
        }
      }
    }
  }
  void compute(const Operation& op, int y, int x, int m, Word& result) const {
    Word acc(kM, op.max ? code_min(kActW) : 0);
    for (const Tap& tap : op.lists[m]) {
      const Tensor& src = tensors[op.src[tap.source]];
      Word act(kC, op.in_zero);
      if (inside(src, tap, y, x)) {
        const int index = (y + tap.dy) * src.raster.tensor_pitch + x + tap.dx;
        const int addr = src.raster.base + tap.phase * src.raster.phase +
                         index / kP * src.raster.words + tap.c_block / kR;
        const Word& word = memory[index % kP][addr];
        std::copy_n(word.begin() + tap.c_block % kR * kC, kC, act.begin());
      }
      for (int64_t& code : act) code = std::min<int64_t>(code, code_max(kActW) - op.in_cut);
      for (int row = 0; row < kM; ++row) {
        int64_t sum = 0;
        for (int c = 0; c < kC; ++c) sum += act[c] * tap.tile[row * kC + c];
        if (!op.max)
          acc[row] += sum;
        else if (row / kC == tap.c_block % kR)
          acc[row] = std::max(acc[row], sum);
      }
    }
    Word residual(kM, 0);
    if (op.res >= 0) {
      const auto [bank, addr] = tensors[op.res].raster.address(y, x, m);
      residual = memory[bank][addr];
    }
    for (int row = 0; row < kM; ++row) {
      result[row] = post_process(acc[row], static_cast<int32_t>(residual[row]), op.params[m][row],
                                 op.post, kActW);
    }
  }

  Random& random_;
};

struct Place {
  int bank, addr;
  Word data;  ///< to be written
};
/// Tokens from LOAD and STORE, and counts of what EXEC says.
class Tokens : public Agent {
  static constexpr int kLoad = 1, kStore = 2;  // rs_ctrl_pkg::exec_tokens_t

 public:
  Tokens(Bench<Vrs_exec>& bench, int percent) : bench_(bench), percent_(percent) {
    bench->token_i = 0;
  }
  void sample() override {
    held_ = bench_->token_i & ~bench_->take_o;
    load_taken += bench_->take_o & kLoad;
    store_taken += bench_->take_o / kStore;
    load_posted += bench_->post_o & kLoad;
    store_posted += bench_->post_o / kStore;
    busy += bench_->cycle_o & 1;
    const unsigned reasons = bench_->cycle_o;
    EXPECT_TRUE(reasons != 0 && (reasons & (reasons - 1)) == 0) << "not one reason: " << reasons;
  }
  void drive() override {
    bench_->token_i = held_;
    for (const int token : {kLoad, kStore}) {
      if ((held_ & token) != 0 || bench_.random().chance(percent_)) bench_->token_i |= token;
    }
  }
  int load_taken = 0, store_taken = 0, load_posted = 0, store_posted = 0;
  int64_t busy = 0;

 private:
  Bench<Vrs_exec>& bench_;
  int percent_;
  int held_ = 0;
};

/// DMA answers cannot be stalled.
class DmaAnswers : public Agent {
 public:
  explicit DmaAnswers(Bench<Vrs_exec>& bench) : bench_(bench) {}
  void sample() override {
    if (bench_->store_rvalid_o) board.actual(unpack_signed(bench_->store_rdata_o, kM, kActW));
  }
  void drive() override {}
  Scoreboard<Word> board{"DMA reads"};

 private:
  Bench<Vrs_exec>& bench_;
};

class Exec : public testing::Test {
 protected:
  void run(int operations, Stalls weights, Stalls dma_stalls) {
    Chain chain(bench.random());
    bench->halt_i = 0;
    StreamDriver<Operation> ops(
        bench->op_valid_i, bench->op_ready_o,
        [&](const Operation& op) { put_operation(op, chain.tensors); }, Stalls::light());
    StreamDriver<std::vector<ChannelParams>> params(
        bench->param_valid_i, bench->param_ready_o,
        [&](const std::vector<ChannelParams>& word) {
          for (unsigned r = 0; r < kRecords; ++r) {
            const unsigned at = kParamW * r;
            set_bits(bench->param_i, at, 32, static_cast<uint32_t>(word[r].bias));
            set_bits(bench->param_i, at + 32, kMultW, word[r].mult);
            set_bits(bench->param_i, at + 32 + kMultW, 6, word[r].shift);
          }
        },
        weights);
    StreamDriver<uint32_t> headers(
        bench->header_valid_i, bench->header_ready_o,
        [&](uint32_t header) { bench->header_i = header; }, weights);
    bench->header_count_i = 1;
    bench->entry_valid_i = bench->stream_end_i = 0;
    StreamDriver<Tile> tiles(
        bench->tile_valid_i, bench->tile_ready_o,
        [&](const Tile& tile) {
          std::vector<uint32_t> codes;
          for (const int weight : tile) codes.push_back(encode_weight(weight, kFormat));
          pack(bench->tile_i, codes, kTermW);
        },
        weights, run_seed() + 1);
    StreamDriver<Place> loads(
        bench->load_valid_i, bench->load_ready_o,
        [&](const Place& to) {
          bench->load_bank_i = static_cast<uint8_t>(to.bank);
          bench->load_addr_i = static_cast<uint16_t>(to.addr);
          pack(bench->load_data_i, to.data, kActW);
        },
        dma_stalls);
    StreamDriver<Place> stores(
        bench->store_valid_i, bench->store_ready_o,
        [&](const Place& from) {
          bench->store_bank_i = static_cast<uint8_t>(from.bank);
          bench->store_addr_i = static_cast<uint16_t>(from.addr);
        },
        dma_stalls, run_seed() + 2);
    Tokens tokens(bench, 10);
    DmaAnswers answers(bench);
    for (Agent* agent : std::initializer_list<Agent*>{&ops, &params, &headers, &tiles, &loads,
                                                      &stores, &tokens, &answers}) {
      bench.add(*agent);
    }
    bench.reset();
    const auto all_words = [&](bool write) {
      for (int bank = 0; bank < kP; ++bank) {
        for (int addr = 0; addr < kFbDepth; ++addr) {
          (write ? loads : stores).push({bank, addr, chain.memory[bank][addr]});
          if (!write) answers.board.expect(chain.memory[bank][addr]);
        }
      }
    };
    all_words(true);
    bench.run_until([&] { return loads.idle(); });

    int64_t uops = 0;
    int waits[2] = {0, 0}, posts[2] = {0, 0}, residuals = 0, maxima = 0, again = 0;
    for (int i = 0; i < operations; ++i) {
      const bool kept = i > 0 && chain.operations.back().keep;
      const Operation op = chain.grow();
      ops.push(op);
      for (const auto& group : kept ? Params() : op.params) {
        for (int m = 0; m < kM; m += kRecords) {
          params.push({group.begin() + m, group.begin() + m + kRecords});
        }
      }
      for (const auto& list : kept ? Lists() : op.lists) {
        for (const Tap& tap : list) {
          headers.push(header(op, chain.tensors, tap, &tap == &list.back()));
          tiles.push(tap.tile);
        }
      }
      uops += int64_t{op.uops()} * op.groups;
      waits[0] += op.wait_load;
      waits[1] += op.wait_store;
      posts[0] += op.post_load;
      posts[1] += op.post_store;
      residuals += op.res >= 0;
      maxima += op.max;
      again += kept;
      ASSERT_LE(op.uops(), kWmDepth);
    }
    // LOAD and STORE at the same time, in the words that no tensor has, one in the even ones.
    for (int i = 0; i < 2000; ++i) {
      const bool write = bench.random().chance(50);
      const int bank = static_cast<int>(bench.random().uniform(0, kP - 1));
      const int addr =
          static_cast<int>(bench.random().uniform(kSlots * kSlotWords / 2, kFbDepth / 2 - 1)) * 2 +
          (write ? 0 : 1);
      Word& word = chain.memory[bank][addr];
      if (write) {
        for (int64_t& code : word) code = sign_extend(bench.random()(), kActW);
      } else {
        answers.board.expect(word);
      }
      (write ? loads : stores).push({bank, addr, word});
    }
    bench.tick();
    bench.run_until([&] { return ops.idle() && !bench->busy_o && loads.idle() && stores.idle(); },
                    kLimit);
    bench.run(10);
    all_words(false);
    bench.run_until([&] { return answers.board.empty(); });

    EXPECT_EQ(tokens.busy, uops);
    EXPECT_EQ(tokens.load_taken, waits[0]);
    EXPECT_EQ(tokens.store_taken, waits[1]);
    EXPECT_EQ(tokens.load_posted, posts[0]);
    EXPECT_EQ(tokens.store_posted, posts[1]);
    EXPECT_GT(residuals, 0);
    EXPECT_GT(maxima, 0);
    EXPECT_GT(again, 0);
  }

  Bench<Vrs_exec> bench;

 private:
  static uint32_t header(const Operation& op, const std::vector<Tensor>& tensors, const Tap& tap,
                         bool last) {
    const Raster& src = tensors[op.src[tap.source]].raster;
    const int o = tap.dy * op.pitch + tap.dx;
    const int r = (o % kP + kP) % kP, q = (o - r) / kP;
    const int offset = (q * src.words + tap.phase * src.phase) * kR + tap.c_block;
    uint32_t word[1] = {0};
    using namespace isa::header;
    isa::set(word, kOffset, offset & 0x7fff);
    isa::set(word, kRotation, r);
    isa::set_signed(word, kDy, tap.dy);
    isa::set_signed(word, kDx, tap.dx);
    isa::set(word, kSource, tap.source);
    isa::set(word, kLast, last);
    return word[0];
  }

  void put_operation(const Operation& op, const std::vector<Tensor>& tensors) {
    using namespace isa::exec;
    const std::span<uint32_t> d(bench->op_i.m_storage, isa::kDescriptorWords);
    std::fill(d.begin(), d.end(), 0);
    const Tensor& dst = tensors[op.dst];
    const Raster& src0 = tensors[op.src[0]].raster;
    const Raster& src1 = tensors[op.src[1]].raster;
    const Raster& res = tensors[std::max(op.res, 0)].raster;
    isa::set(d, isa::common::kWaitLoad, op.wait_load);
    isa::set(d, isa::common::kWaitStore, op.wait_store);
    isa::set(d, isa::common::kPostLoad, op.post_load);
    isa::set(d, isa::common::kPostStore, op.post_store);
    isa::set(d, kMaxMode, op.max);
    isa::set(d, kResidual, op.res >= 0);
    isa::set(d, kWaitPrevious, op.wait_previous);
    isa::set(d, kKeepList, op.keep);
    isa::set(d, kDstPolyphase, dst.raster.polyphase);
    isa::set(d, kResPolyphase, res.polyphase);
    isa::set(d, kUops, op.uops());
    isa::set(d, kGroups, op.groups);
    isa::set(d, kMBlocks, dst.words);
    isa::set(d, kPitch, op.pitch);
    isa::set(d, kInHeight, tensors[op.src[0]].rows());
    isa::set(d, kInWidth, tensors[op.src[0]].columns());
    isa::set(d, kOutHeight, dst.height);
    isa::set(d, kOutWidth, dst.width);
    isa::set(d, kSrc0Base, src0.base * kR);
    isa::set(d, kSrc0Step, src0.words * kR);
    isa::set(d, kSrc1Base, src1.base * kR);
    isa::set(d, kSrc1Step, src1.words * kR);
    isa::set(d, kDstBase, dst.raster.base);
    isa::set(d, kDstWords, dst.raster.words);
    isa::set(d, kDstPhase, dst.raster.phase);
    isa::set(d, kDstRowBank, dst.raster.tensor_pitch % kP);
    isa::set(d, kDstRowAddr, dst.raster.tensor_pitch / kP * dst.raster.words);
    isa::set(d, kResBase, res.base);
    isa::set(d, kResWords, res.words);
    isa::set(d, kResPhase, res.phase);
    isa::set(d, kResRowBank, res.tensor_pitch % kP);
    isa::set(d, kResRowAddr, res.tensor_pitch / kP * res.words);
    isa::set_signed(d, kLo, op.post.lo);
    isa::set_signed(d, kHi, op.post.hi);
    isa::set_signed(d, kInZero, op.in_zero);
    isa::set(d, kInCut, op.in_cut);
    isa::set(d, kEarly, op.post.early);
    isa::set_signed(d, kOutZero, op.post.out_zero);
    isa::set_signed(d, kResZero, op.post.res_zero);
    isa::set(d, kResFactor, op.post.res_factor);
    isa::set(d, kRoundMode, static_cast<int64_t>(op.post.round));
    isa::set(d, kProduct, op.post.product);
    isa::set(d, kNeedFirst, op.need_first);
    isa::set(d, kNeedStep, op.need_step);
  }
};

TEST_F(Exec, WeightsAlwaysThere) { run(60, Stalls::none(), Stalls::bursty()); }
TEST_F(Exec, WeightsLate) { run(40, Stalls::light(), Stalls::none()); }
TEST_F(Exec, WeightsInBursts) { run(40, Stalls::bursty(), Stalls::heavy()); }

}  // namespace
}  // namespace reshift
