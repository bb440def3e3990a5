// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "golden/program_interpreter.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <limits>
#include <map>

#include "base/error.hpp"
#include "net/numerics.hpp"
#include "spec/fields.hpp"

namespace reshift {
namespace {

using spec::Descriptor;
using spec::Opcode;

/// A weight tile with its header, decoded.
struct Uop {
  std::array<std::uint32_t, 1> header{};
  std::vector<std::int32_t> weights;  ///< [lane][row]
};

struct ParamBlock {
  std::vector<ChannelParams> rows;
};

struct Block {
  std::vector<Uop> uops;
  std::vector<ParamBlock> params;
};

/// Walks the destination or residual tensor by increments, as the machine does.
class PixelAddress {
 public:
  PixelAddress(int p, int base, int words, int phase, int row_bank, int row_addr, bool polyphase)
      : p_(p),
        words_(words),
        phase_(phase),
        row_bank_(row_bank),
        row_addr_(row_addr),
        polyphase_(polyphase),
        row_start_{0, base},
        at_(row_start_) {}

  struct Address {
    int bank, addr;
  };
  /// Where pixel (y, x) lies; pixels come in raster order, none that is used is skipped within a
  /// row.
  Address address(int y, int x) {
    const int line = y >> polyphase_, column = x >> polyphase_;
    while (line_ < line) {
      ++line_;
      row_start_ = advance({row_start_.bank + row_bank_, row_start_.addr + row_addr_});
      at_ = row_start_;
      column_ = 0;
    }
    if (column < column_) {  // the same phase row again, for the odd row
      at_ = row_start_;
      column_ = 0;
    }
    for (; column_ < column; ++column_) at_ = advance({at_.bank + 1, at_.addr});
    const int phase = polyphase_ ? 2 * (y & 1) + (x & 1) : 0;
    return {at_.bank, at_.addr + phase * phase_};
  }

 private:
  Address advance(Address to) const {
    if (to.bank >= p_) to = {to.bank - p_, to.addr + words_};
    return to;
  }
  int p_, words_, phase_, row_bank_, row_addr_;
  bool polyphase_;
  Address row_start_, at_;
  int line_ = 0, column_ = 0;
};

std::int32_t wrapping_add(std::int32_t a, std::int32_t b) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) + static_cast<std::uint32_t>(b));
}

/// One engine's queue: a single slot, the least that a core may have.
struct Queue {
  std::deque<std::size_t> waiting;
  bool has_room() const { return waiting.empty(); }
};

/// A slot of the ring of descriptors. It is free when its descriptor is complete, an EXEC's when
/// that is in its queue, and all before it are.
struct Slot {
  const Queue* queue = nullptr;
  bool passed = false;
};
constexpr std::size_t kSlots = 4;     // of the smallest cores
constexpr unsigned kMaxTokens = 255;  // of a counter

}  // namespace

class ProgramInterpreter::Impl {
 public:
  Impl(const spec::Hardware& hw, std::span<const std::uint8_t> image, Timing timing)
      : hw_(hw),
        image_(image),
        late_(timing == Timing::kLate),
        c_blocks_(hw.m / hw.c),
        memory_(static_cast<std::size_t>(hw.p) * hw.fb_depth * hw.m, 0) {
    read_program();
  }

  std::vector<std::uint8_t> run(std::span<const std::uint8_t> input, std::int64_t in_stride,
                                std::int64_t out_stride) {
    if (in_stride <= 0 || input.empty() ||
        input.size() % static_cast<std::size_t>(in_stride) != 0) {
      throw Error("{} input bytes are no whole number of windows of {}", input.size(), in_stride);
    }
    const auto frames = input.size() / static_cast<std::size_t>(in_stride);
    std::vector<std::uint8_t> output(frames * static_cast<std::size_t>(out_stride), 0);
    input_ = input;
    output_ = output;
    in_stride_ = in_stride;
    out_stride_ = out_stride;
    reset();
    std::size_t next = 1, frame = 0;
    while (true) {
      progress_ = false;
      while (frame < frames && fetch(next)) {
        progress_ = true;
        if (++next == program_.size() - 1) {
          next = 1;
          ++frame;
        }
      }
      step(load_, &Impl::load);
      step(exec_, &Impl::exec);
      // The store comes last, when nothing else can go on: whoever must not overtake it has to
      // wait.
      if (!progress_ || !late_) step(store_, &Impl::store);
      if (progress_) continue;
      if (frame == frames && load_.waiting.empty() && exec_.waiting.empty() &&
          store_.waiting.empty())
        break;
      throw Error("the engines wait for each other: {}", waiting_text());
    }
    return output;
  }

  void observe(std::function<void(const ArrayInput&)> observer) { observer_ = std::move(observer); }

 private:
  // ---- the program -------------------------------------------------------------------------

  template <typename... Args>
  [[noreturn]] void fail(std::size_t descriptor, fmt::format_string<Args...> format,
                         Args&&... args) const {
    throw Error("descriptor {}: {}", descriptor, fmt::format(format, std::forward<Args>(args)...));
  }

  Opcode opcode(std::size_t i) const {
    return static_cast<Opcode>(spec::get(program_[i], spec::common::kOpcode));
  }

  void read_program() {
    while (true) {
      const std::size_t index = program_.size();
      if ((index + 1) * spec::kDescriptorBytes > image_.size()) {
        throw Error("the program has no end descriptor in its {} bytes", image_.size());
      }
      Descriptor d;
      std::memcpy(d.data(), image_.data() + index * spec::kDescriptorBytes, sizeof d);
      if (spec::word_sum(d) != spec::kDescriptorSum) fail(index, "checksum is wrong");
      program_.push_back(d);
      const Opcode op = opcode(index);
      if ((op == Opcode::kInit) != (index == 0))
        fail(index, "init must be the first, and only the first");
      if (op < Opcode::kInit || op > Opcode::kReloadFeatures)
        fail(index, "unknown opcode {}", static_cast<unsigned>(op));
      if (op == Opcode::kLoadWeights) read_block(index);
      if (op == Opcode::kEnd) break;
    }
    if (program_.size() < 3) throw Error("the program does nothing");
    const Descriptor& b = program_[0];
    namespace f = spec::init;
    const auto equal = [&](const spec::Field& field, std::uint32_t value) {
      if (spec::get(b, field) != value) {
        fail(0, "{} is {}, the core has {}", field.name, spec::get(b, field), value);
      }
    };
    equal(f::kMagic, spec::kMagicLetters);
    equal(f::kVersion, spec::kVersion);
    equal(f::kM, static_cast<std::uint32_t>(hw_.m));
    equal(f::kC, static_cast<std::uint32_t>(hw_.c));
    equal(f::kP, static_cast<std::uint32_t>(hw_.p));
    equal(f::kActW, static_cast<std::uint32_t>(hw_.act_w));
    equal(f::kExponents, static_cast<std::uint32_t>(hw_.exponents));
    if (spec::get(b, f::kFbDepth) > static_cast<std::uint32_t>(hw_.fb_depth) ||
        spec::get(b, f::kWmDepth) > static_cast<std::uint32_t>(hw_.wm_depth) ||
        spec::get(b, f::kPmDepth) > static_cast<std::uint32_t>(hw_.pm_depth)) {
      fail(0, "the program needs larger memories than the core has");
    }
  }

  void read_block(std::size_t index) {
    namespace f = spec::load_weights;
    const Descriptor& d = program_[index];
    const auto uops = static_cast<std::int64_t>(spec::get(d, f::kUops));
    const auto groups = static_cast<std::int64_t>(spec::get(d, f::kParamBlocks));
    const int bits = weight_bits(hw_.exponents), tile = spec::tile_bytes(hw_, bits);
    const std::int64_t params_bytes = groups * hw_.m * 8;
    const std::int64_t header_bytes = spec::pad_section(uops * 4);
    const std::int64_t bytes = params_bytes + header_bytes + spec::pad_section(uops * tile);
    const std::int64_t offset = spec::get(d, f::kOffset);
    if (bytes != spec::get(d, f::kBytes))
      fail(index, "{} bytes for {} micro-ops", spec::get(d, f::kBytes), uops);
    if (offset % 64 != 0) fail(index, "block at byte {}", offset);
    if (offset + bytes > static_cast<std::int64_t>(image_.size()))
      fail(index, "block outside the program window");
    const std::uint8_t* at = image_.data() + offset;
    Block& block = blocks_[index];
    for (std::int64_t g = 0; g < groups; ++g) {
      ParamBlock group;
      for (int m = 0; m < hw_.m; ++m) {
        std::array<std::uint32_t, 2> words;
        std::memcpy(words.data(), at + (g * hw_.m + m) * 8, 8);
        const ChannelParams p{spec::get_signed(words, spec::params::kBias),
                              static_cast<std::uint16_t>(spec::get(words, spec::params::kMult)),
                              static_cast<std::uint8_t>(spec::get(words, spec::params::kShift))};
        if (p.shift > 47) fail(index, "shift {}", p.shift);
        group.rows.push_back(p);
      }
      block.params.push_back(std::move(group));
    }
    for (std::int64_t e = 0; e < uops; ++e) {
      Uop uop;
      std::memcpy(uop.header.data(), at + params_bytes + e * 4, 4);
      if (spec::get(uop.header, spec::header::kRotation) >= static_cast<std::uint32_t>(hw_.p)) {
        fail(index, "micro-op {} has rotation {}", e,
             spec::get(uop.header, spec::header::kRotation));
      }
      uop.weights.resize(static_cast<std::size_t>(hw_.m * hw_.c));
      const std::uint8_t* codes = at + params_bytes + header_bytes + e * tile;
      for (int m = 0, bit = 0; m < hw_.m; ++m) {
        for (int c = 0; c < hw_.c; ++c) {
          std::uint32_t code = 0;
          for (int i = 0; i < bits; ++i, ++bit) code |= (codes[bit / 8] >> bit % 8 & 1u) << i;
          uop.weights[static_cast<std::size_t>(c * hw_.m + m)] = decode_weight(code, hw_.exponents);
        }
      }
      block.uops.push_back(std::move(uop));
    }
  }

  // ---- engines -----------------------------------------------------------------------------

  void reset() {
    namespace f = spec::init;
    load_ = exec_ = store_ = {};
    ring_.clear();
    exec_to_load_ = spec::get(program_[0], f::kLoadCredits);
    store_to_exec_ = spec::get(program_[0], f::kExecCredits);
    store_to_load_ = spec::get(program_[0], f::kReloadCredits);
    load_to_exec_ = exec_to_store_ = 0;
    uops_.clear();
    params_.clear();
    walked_.clear();
    kept_ = false;
    pending_.clear();
    exec_index_ = 0;
    load_frame_ = store_frame_ = 0;
    last_load_ = last_store_ = 0;
  }

  bool fetch(std::size_t index) {
    Queue* queue = &load_;
    if (opcode(index) == Opcode::kExec) queue = &exec_;
    if (opcode(index) == Opcode::kStoreFeatures) queue = &store_;
    while (!ring_.empty() && ring_.front().passed) ring_.pop_front();
    if (!queue->has_room() || ring_.size() == kSlots) return false;
    queue->waiting.push_back(index);
    ring_.push_back({queue, queue == &exec_});
    return true;
  }

  /// `action` says whether the descriptor at the head is complete.
  void step(Queue& queue, bool (Impl::*action)(std::size_t)) {
    if (queue.waiting.empty() || !(this->*action)(queue.waiting.front())) return;
    queue.waiting.pop_front();
    if (&queue != &exec_) {
      std::find_if(ring_.begin(), ring_.end(), [&](const Slot& p) {
        return p.queue == &queue && !p.passed;
      })->passed = true;
    }
    progress_ = true;
  }

  bool flag(std::size_t index, const spec::Field& field) const {
    return spec::get(program_[index], field) != 0;
  }

  void give(std::size_t index, unsigned& tokens, const spec::Field& post) const {
    if (flag(index, post) && ++tokens > kMaxTokens) fail(index, "{}: too many tokens", post.name);
  }

  bool load(std::size_t index) {
    if ((flag(index, spec::common::kWaitExec) && exec_to_load_ == 0) ||
        (flag(index, spec::common::kWaitStore) && store_to_load_ == 0)) {
      return false;
    }
    if (opcode(index) == Opcode::kLoadWeights) {
      const Block& block = blocks_[index];
      const std::size_t kept = kept_ ? walked_.size() : 0;
      if (uops_.size() + kept + block.uops.size() > static_cast<std::size_t>(hw_.wm_depth) ||
          params_.size() + block.params.size() > static_cast<std::size_t>(hw_.pm_depth)) {
        if (block.uops.size() > static_cast<std::size_t>(hw_.wm_depth) ||
            block.params.size() > static_cast<std::size_t>(hw_.pm_depth)) {
          fail(index, "block larger than the memory it is for");
        }
        return false;
      }
      for (const Uop& e : block.uops) uops_.push_back(&e);
      for (const ParamBlock& p : block.params) params_.push_back(&p);
    } else {
      // The descriptors come in the same order each frame: an index that does not grow is a new
      // frame.
      if (index <= last_load_) ++load_frame_;
      last_load_ = index;
      transfer(index, true);
    }
    exec_to_load_ -= flag(index, spec::common::kWaitExec);
    store_to_load_ -= flag(index, spec::common::kWaitStore);
    give(index, load_to_exec_, spec::common::kPostExec);
    return true;
  }

  bool store(std::size_t index) {
    if (flag(index, spec::common::kWaitExec)) {
      if (exec_to_store_ == 0) return false;
      --exec_to_store_;
    }
    if (index <= last_store_) ++store_frame_;
    last_store_ = index;
    transfer(index, false);
    give(index, store_to_exec_, spec::common::kPostExec);
    give(index, store_to_load_, spec::common::kPostLoad);
    return true;
  }

  /// Moves pixels between a window and the feature buffer.
  void transfer(std::size_t index, bool in) {
    namespace f = spec::load_features;  // reload_features and store_features have the same fields
    const Descriptor& d = program_[index];
    const std::int64_t words = spec::get(d, f::kWords), groups = spec::get(d, f::kGroups);
    const std::int64_t base = spec::get(d, f::kBase), offset = spec::get(d, f::kOffset);
    const std::int64_t bytes = groups * hw_.p * words * hw_.m * spec::code_bytes(hw_);
    const bool image = opcode(index) == Opcode::kLoadFeatures;
    const std::span<const std::uint8_t> source = image ? input_ : output_;
    const std::int64_t stride = image ? in_stride_ : out_stride_;
    if (offset + bytes > stride)
      fail(index, "{} bytes at {} leave the window of {}", bytes, offset, stride);
    if (base + groups * words > hw_.fb_depth)
      fail(index, "words up to {} leave the feature buffer", base + groups * words);
    std::int64_t at = (in ? load_frame_ : store_frame_) * stride + offset;
    for (std::int64_t addr = base; addr < base + groups * words; ++addr) {
      for (int bank = 0; bank < hw_.p; ++bank) {
        std::int16_t* word = memory_word(bank, static_cast<int>(addr));
        for (int m = 0; m < hw_.m; ++m, at += spec::code_bytes(hw_)) {
          in ? void(word[m] = read_code(source.data() + at)) : write_code(at, word[m]);
        }
      }
    }
  }

  std::int16_t read_code(const std::uint8_t* bytes) const {
    if (spec::code_bytes(hw_) == 1) return static_cast<std::int8_t>(bytes[0]);
    return static_cast<std::int16_t>(bytes[0] | bytes[1] << 8);
  }

  void write_code(std::int64_t at, std::int16_t code) {
    std::uint8_t* bytes = output_.data() + at;
    bytes[0] = static_cast<std::uint8_t>(code);
    if (spec::code_bytes(hw_) == 2) bytes[1] = static_cast<std::uint8_t>(code >> 8);
  }

  std::int16_t* memory_word(int bank, int addr) {
    return memory_.data() + (static_cast<std::size_t>(bank) * hw_.fb_depth +
                             static_cast<std::size_t>(addr & (hw_.fb_depth - 1))) *
                                hw_.m;
  }

  // ---- EXEC --------------------------------------------------------------------------------

  /// Everything of an EXEC descriptor that the loops need.
  struct Exec {
    std::size_t index = 0;
    int uops = 0, groups = 0, m_blocks = 0, pitch = 0;
    int in_height = 0, in_width = 0, out_height = 0, out_width = 0;
    bool max_mode = false, residual = false, polyphase = false;
    std::array<int, 2> src_base{}, src_step{};
    std::int32_t in_zero = 0;
    PostParams post;
  };

  /// A result on its way: visible when the rules say so.
  struct Write {
    std::int64_t exec;
    std::int64_t order;  ///< raster pixels that are written before it, over all M-blocks
    int bank, addr;
    std::vector<std::int16_t> word;
  };

  bool exec(std::size_t index) {
    const Descriptor& d = program_[index];
    namespace f = spec::exec;
    const bool single = spec::get(d, f::kGroups) == 1;
    const std::size_t uops = spec::get(d, f::kUops), m_blocks = spec::get(d, f::kMBlocks);
    if (uops == 0 || m_blocks == 0 || spec::get(d, f::kGroups) == 0)
      fail(index, "an empty operation");
    if (!single && uops > static_cast<std::size_t>(hw_.wm_depth)) {
      fail(index, "{} micro-ops for several pixel groups exceed the weight memory", uops);
    }
    if (m_blocks > static_cast<std::size_t>(hw_.pm_depth))
      fail(index, "{} M-blocks exceed the parameter memory", m_blocks);
    if (!started_) {
      if ((flag(index, spec::common::kWaitLoad) && load_to_exec_ == 0) ||
          (flag(index, spec::common::kWaitStore) && store_to_exec_ == 0)) {
        return false;
      }
      load_to_exec_ -= flag(index, spec::common::kWaitLoad);
      store_to_exec_ -= flag(index, spec::common::kWaitStore);
      started_ = true;
    }
    // A single pixel group frees each micro-op as it walks it, so that its list may be longer than
    // the ring.
    if (walked_.size() > uops) fail(index, "it has less than the list that was kept for it");
    const std::size_t ready = std::min(uops - walked_.size(), uops_.size());
    if ((single && ready > 0) || ready == uops) {
      progress_ = true;
      walked_.insert(walked_.end(), uops_.begin(),
                     uops_.begin() + static_cast<std::ptrdiff_t>(ready));
      uops_.erase(uops_.begin(), uops_.begin() + static_cast<std::ptrdiff_t>(ready));
    }
    if (walked_.size() < uops || params_.size() < m_blocks) return false;
    compute(index);
    kept_ = spec::get(d, f::kKeepList) != 0;
    if (!kept_) {
      walked_.clear();
      params_.erase(params_.begin(), params_.begin() + static_cast<std::ptrdiff_t>(m_blocks));
    }
    started_ = false;
    ++exec_index_;
    if (!late_ || flag(index, spec::common::kPostLoad) || flag(index, spec::common::kPostStore))
      complete(exec_index_);
    give(index, exec_to_load_, spec::common::kPostLoad);
    give(index, exec_to_store_, spec::common::kPostStore);
    return true;
  }

  /// Makes all results of EXECs before number `end` visible.
  void complete(std::int64_t end) {
    while (!pending_.empty() && pending_.front().exec < end) land();
  }

  void land() {
    const Write& w = pending_.front();
    std::copy(w.word.begin(), w.word.end(), memory_word(w.bank, w.addr));
    pending_.pop_front();
  }

  Exec decode(std::size_t index) const {
    const Descriptor& d = program_[index];
    namespace f = spec::exec;
    const auto number = [&](const spec::Field& field) {
      return static_cast<int>(spec::get(d, field));
    };
    Exec x;
    x.index = index;
    x.uops = number(f::kUops);
    x.groups = number(f::kGroups);
    x.m_blocks = number(f::kMBlocks);
    x.pitch = number(f::kPitch);
    x.in_height = number(f::kInHeight);
    x.in_width = number(f::kInWidth);
    x.out_height = number(f::kOutHeight);
    x.out_width = number(f::kOutWidth);
    x.max_mode = number(f::kMaxMode) != 0;
    x.residual = number(f::kResidual) != 0;
    x.polyphase = number(f::kDstPolyphase) != 0;
    x.src_base = {number(f::kSrc0Base), number(f::kSrc1Base)};
    x.src_step = {number(f::kSrc0Step), number(f::kSrc1Step)};
    x.in_zero = spec::get_signed(d, f::kInZero);
    x.post = {spec::get_signed(d, f::kOutZero),
              spec::get_signed(d, f::kLo),
              spec::get_signed(d, f::kHi),
              spec::get_signed(d, f::kResZero),
              static_cast<std::uint16_t>(x.residual ? number(f::kResMult) : 0),
              static_cast<std::uint8_t>(number(f::kResShift))};
    if (x.pitch == 0 || x.out_height == 0 || x.out_width == 0) fail(index, "an empty raster");
    if (x.post.res_shift > 31) fail(index, "residual shift {}", x.post.res_shift);
    if (!residual_factor_ok(x.post))
      fail(index, "residual factor {} >> {} above 8", x.post.res_mult, x.post.res_shift);
    if (number(f::kDstRowBank) >= hw_.p || number(f::kResRowBank) >= hw_.p)
      fail(index, "row bank beyond P");
    return x;
  }

  void compute(std::size_t index) {
    const Descriptor& d = program_[index];
    const Exec x = decode(index);
    namespace f = spec::exec;
    const auto number = [&](const spec::Field& field) {
      return static_cast<int>(spec::get(d, field));
    };
    // Everything before the previous EXEC is complete, that one only as far as each group needs it.
    complete(number(f::kWaitPrevious) ? exec_index_ : exec_index_ - 1);
    PixelAddress destination(hw_.p, number(f::kDstBase), number(f::kDstWords), number(f::kDstPhase),
                             number(f::kDstRowBank), number(f::kDstRowAddr), x.polyphase);
    PixelAddress residual(hw_.p, number(f::kResBase), number(f::kResWords), number(f::kResPhase),
                          number(f::kResRowBank), number(f::kResRowAddr),
                          number(f::kResPolyphase) != 0);
    std::int64_t need = number(f::kNeedFirst);
    for (int g = 0; g < x.groups; ++g, need += number(f::kNeedStep)) {
      while (!pending_.empty() && pending_.front().exec < exec_index_ &&
             pending_.front().order < need)
        land();
      accumulate(x, g);
      write_group(x, g, destination, residual);
    }
  }

  /// Sums of all M-blocks of pixel group `g` into sums_[m_block][column][row].
  void accumulate(const Exec& x, int g) {
    const int m = hw_.m, c = hw_.c, p = hw_.p;
    sums_.assign(static_cast<std::size_t>(x.m_blocks * p * m), 0);
    vectors_.resize(static_cast<std::size_t>(p * c));
    std::vector<int> ys(static_cast<std::size_t>(p)), xs(static_cast<std::size_t>(p));
    for (int column = 0; column < p; ++column) {
      ys[static_cast<std::size_t>(column)] = (g * p + column) / x.pitch;
      xs[static_cast<std::size_t>(column)] = (g * p + column) % x.pitch;
    }
    int group = -1;
    bool open = false;
    for (const Uop* uop : walked_) {
      const bool first = spec::get(uop->header, spec::header::kFirst) != 0;
      if (first == open) fail(x.index, "first and last flags of the list do not pair");
      if (first) {
        if (++group == x.m_blocks) fail(x.index, "the list has more M-blocks than the descriptor");
        const std::int32_t start =
            x.max_mode ? std::numeric_limits<std::int32_t>::min() >> (32 - hw_.acc_w) : 0;
        std::fill_n(sums_.begin() + static_cast<std::ptrdiff_t>(group * p * m), p * m, start);
      }
      open = spec::get(uop->header, spec::header::kLast) == 0;
      const int c_block = gather(x, g, *uop, ys, xs);
      if (observer_) {
        observer_({x.index, vectors_, uop->weights, first, !open, x.max_mode, c_block});
      }
      std::int32_t* sums = sums_.data() + static_cast<std::ptrdiff_t>(group * p * m);
      x.max_mode ? accumulate_max(*uop, c_block, sums) : accumulate_sum(*uop, sums);
    }
    if (open || group + 1 != x.m_blocks)
      fail(x.index, "the list has {} M-blocks, the descriptor {}", group + 1, x.m_blocks);
    const std::int64_t limit = std::int64_t{1} << (hw_.acc_w - 1);
    for (const std::int32_t sum : sums_) {
      if (sum < -limit || sum >= limit) fail(x.index, "accumulator {} overflows", sum);
    }
  }

  /// The activation vectors of all columns into vectors_[column][lane]; returns which C-block of
  /// its word they are.
  int gather(const Exec& x, int g, const Uop& uop, const std::vector<int>& ys,
             const std::vector<int>& xs) {
    namespace h = spec::header;
    const int rotation = static_cast<int>(spec::get(uop.header, h::kRotation));
    const int dy = spec::get_signed(uop.header, h::kDy), dx = spec::get_signed(uop.header, h::kDx);
    const auto source = static_cast<std::size_t>(spec::get(uop.header, h::kSource));
    const int step = x.src_step[source];
    const int address =
        x.src_base[source] + g * step + static_cast<int>(spec::get(uop.header, h::kOffset));
    for (int column = 0; column < hw_.p; ++column) {
      const int y = ys[static_cast<std::size_t>(column)] + dy,
                across = xs[static_cast<std::size_t>(column)] + dx;
      std::int32_t* to = vectors_.data() + static_cast<std::ptrdiff_t>(column * hw_.c);
      if (y < 0 || y >= x.in_height || across < 0 || across >= x.in_width) {
        std::fill_n(to, hw_.c, x.in_zero);
        continue;
      }
      const int bank = (column + rotation) % hw_.p;
      const int c_block = address + (bank < rotation ? step : 0);
      const std::int16_t* from =
          memory_word(bank, c_block / c_blocks_) + c_block % c_blocks_ * hw_.c;
      std::copy_n(from, hw_.c, to);
    }
    return address % c_blocks_;
  }

  void accumulate_sum(const Uop& uop, std::int32_t* sums) const {
    const int m = hw_.m;
    for (int column = 0; column < hw_.p; ++column) {
      const std::int32_t* vector = vectors_.data() + static_cast<std::ptrdiff_t>(column * hw_.c);
      std::int32_t* to = sums + column * m;
      const std::int32_t* weights = uop.weights.data();
      for (int c = 0; c < hw_.c; ++c, weights += m) {
        const std::int32_t value = vector[c];
        for (int row = 0; row < m; ++row) to[row] = wrapping_add(to[row], weights[row] * value);
      }
    }
  }

  void accumulate_max(const Uop& uop, int c_block, std::int32_t* sums) const {
    for (int column = 0; column < hw_.p; ++column) {
      for (int row = c_block * hw_.c; row < (c_block + 1) * hw_.c; ++row) {
        std::int32_t sum = 0;
        for (int c = 0; c < hw_.c; ++c) {
          sum += uop.weights[static_cast<std::size_t>(c * hw_.m + row)] *
                 vectors_[static_cast<std::size_t>(column * hw_.c + c)];
        }
        std::int32_t& to = sums[column * hw_.m + row];
        to = std::max(to, sum);
      }
    }
  }

  void write_group(const Exec& x, int g, PixelAddress& destination, PixelAddress& residual) {
    const int s = x.polyphase ? 1 : 0;
    std::vector<std::int16_t> word(static_cast<std::size_t>(hw_.m));
    for (int mg = 0; mg < x.m_blocks; ++mg) {
      PixelAddress out = destination, res = residual;  // each M-block walks the group's pixels anew
      for (int column = 0; column < hw_.p; ++column) {
        const std::int64_t pixel = std::int64_t{g} * hw_.p + column;
        const int y = static_cast<int>(pixel / x.pitch), x_pos = static_cast<int>(pixel % x.pitch);
        const std::int64_t order = mg + 1 == x.m_blocks ? pixel : std::int64_t{g} * hw_.p;
        if (x_pos >> s > (x.out_width - 1) >> s || y >> s > (x.out_height - 1) >> s) continue;
        const auto to = out.address(y, x_pos);
        const bool inside = x_pos < x.out_width && y < x.out_height;
        const std::int16_t* skip = nullptr;
        if (x.residual && inside) {
          const auto from = res.address(y, x_pos);
          skip = memory_word(from.bank, from.addr + mg);
        }
        const std::int32_t* sums =
            sums_.data() + static_cast<std::ptrdiff_t>((mg * hw_.p + column) * hw_.m);
        for (std::size_t m = 0; m < word.size(); ++m) {
          word[m] = static_cast<std::int16_t>(
              inside ? post_process(sums[m], skip ? skip[m] : 0,
                                    params_[static_cast<std::size_t>(mg)]->rows[m], x.post)
                     : x.post.out_zero);
        }
        if (to.addr + mg >= hw_.fb_depth) fail(x.index, "writes word {} of a bank", to.addr + mg);
        if (late_) {
          pending_.push_back({exec_index_, order, to.bank, to.addr + mg, word});
        } else {
          std::copy(word.begin(), word.end(), memory_word(to.bank, to.addr + mg));
        }
      }
      if (mg + 1 == x.m_blocks) {
        destination = out;
        residual = res;
      }
    }
  }

  std::string waiting_text() const {
    const auto head = [](const Queue& q) {
      return q.waiting.empty() ? std::string("idle")
                               : fmt::format("descriptor {}", q.waiting.front());
    };
    return fmt::format("LOAD {}, EXEC {}, STORE {}", head(load_), head(exec_), head(store_));
  }

  const spec::Hardware hw_;
  std::span<const std::uint8_t> image_;
  bool late_;
  int c_blocks_;
  std::vector<std::int16_t> memory_;  ///< [bank][word][channel]
  std::vector<Descriptor> program_;
  std::map<std::size_t, Block> blocks_;  ///< by descriptor

  std::span<const std::uint8_t> input_;
  std::span<std::uint8_t> output_;
  std::int64_t in_stride_ = 0, out_stride_ = 0;

  Queue load_, exec_, store_;
  std::deque<Slot> ring_;
  unsigned exec_to_load_ = 0, store_to_exec_ = 0, load_to_exec_ = 0, exec_to_store_ = 0;
  unsigned store_to_load_ = 0;
  std::deque<const Uop*> uops_;
  std::deque<const ParamBlock*> params_;
  std::vector<const Uop*> walked_;  ///< by the EXEC at the head, or kept for it
  bool kept_ = false;
  bool started_ = false;  ///< the EXEC at the head has its tokens
  std::int64_t exec_index_ = 0;
  std::deque<Write> pending_;
  bool progress_ = false;
  std::int64_t load_frame_ = 0, store_frame_ = 0;
  std::size_t last_load_ = 0, last_store_ = 0;
  std::vector<std::int32_t> sums_, vectors_;
  std::function<void(const ArrayInput&)> observer_;
};

ProgramInterpreter::ProgramInterpreter(const spec::Hardware& hw,
                                       std::span<const std::uint8_t> image, Timing timing)
    : impl_(std::make_unique<Impl>(hw, image, timing)) {}
ProgramInterpreter::~ProgramInterpreter() = default;
ProgramInterpreter::ProgramInterpreter(ProgramInterpreter&&) noexcept = default;

std::vector<std::uint8_t> ProgramInterpreter::run(std::span<const std::uint8_t> input,
                                                  std::int64_t in_stride, std::int64_t out_stride) {
  return impl_->run(input, in_stride, out_stride);
}

void ProgramInterpreter::observe(std::function<void(const ArrayInput&)> observer) {
  impl_->observe(std::move(observer));
}

}  // namespace reshift
