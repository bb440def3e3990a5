// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/timing.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <utility>

#include "compile/post_cycles.hpp"
#include "compile/tokens.hpp"
#include "net/numerics.hpp"
#include "spec/fields.hpp"

namespace reshift {
namespace {

namespace common = spec::common;
using spec::Descriptor;
using spec::Opcode;
using Time = std::int64_t;

/// From a token to the data of a transfer, of which memory takes 40; from a token to an EXEC's
/// first micro-op.
constexpr Time kTransferCycles = 55, kStartExecCycles = 6;
/// Of the control program, about: from the start to its first question.
constexpr Time kStartCycles = 300;

/// A weight block in the weight memory.
struct Block {
  std::int64_t uops = 0;
  Time cycles = 0;  ///< to walk it
  Time loaded = 0;
};

/// Room in the weight memory that an EXEC gives back.
struct Room {
  std::int64_t uops = 0;
  Time since = 0;
};

/// An EXEC, as far as it is known.
struct Walk {
  Descriptor descriptor{};
  std::int64_t groups = 0, uops_left = 0;
  std::size_t blocks = 0;  ///< of those in the memory that are walked
  Time at = 0;             ///< last micro-op walked for the first pixel group
  Time group = 0;          ///< cycles of a pixel group
};

class Model {
 public:
  Model(const spec::Hardware& hw, std::span<const std::uint8_t> image)
      : hw_(hw),
        image_(image),
        slots_(static_cast<std::size_t>(small(hw)             ? spec::kSmallRingSlots
                                        : hw.axi_data_w < 128 ? spec::kNarrowRingSlots
                                                              : spec::kRingSlots)),
        batch_(small(hw) ? 1 : static_cast<std::size_t>(spec::kRingBatch)),
        drain_(hw.m + hw.p + 24) {
    const Descriptor begin = descriptor(0);
    const auto credit = [&](Engine from, Engine to, const spec::Field& field) {
      tokens(from, to).assign(spec::get(begin, field), 0);
    };
    credit(Engine::kExec, Engine::kLoad, spec::init::kLoadCredits);
    credit(Engine::kStore, Engine::kExec, spec::init::kExecCredits);
    credit(Engine::kStore, Engine::kLoad, spec::init::kReloadCredits);
  }

  FrameTime run() {
    execs_.clear();
    for (std::size_t i = 1;; ++i) {
      const Descriptor d = descriptor(i);
      look();
      switch (static_cast<Opcode>(spec::get(d, common::kOpcode))) {
        case Opcode::kExec:
          exec(d);
          break;
        case Opcode::kStoreFeatures:
          store(d);
          break;
        case Opcode::kEnd: {
          const Time end = std::max(stored_, looked_);
          pass(end);
          const FrameTime frame{end - std::exchange(frame_begin_, end), execs_};
          return frame;
        }
        default:
          load(d);
      }
    }
  }

 private:
  static bool small(const spec::Hardware& hw) { return hw.m * hw.c * hw.p <= spec::kSmallLanes; }

  Descriptor descriptor(std::size_t i) const {
    Descriptor d;
    std::memcpy(d.data(), image_.data() + i * spec::kDescriptorBytes, spec::kDescriptorBytes);
    return d;
  }

  std::deque<Time>& tokens(Engine from, Engine to) {
    return tokens_[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)];
  }

  /// When a descriptor has the tokens that it waits for.
  Time take(const Descriptor& d, Engine to) {
    constexpr std::array<const spec::Field*, kEngines> kWait{&common::kWaitLoad, &common::kWaitExec,
                                                             &common::kWaitStore};
    Time time = 0;
    for (std::size_t from = 0; from < kEngines; ++from) {
      if (!spec::get(d, *kWait[from])) continue;
      std::deque<Time>& given = tokens(Engine{from}, to);
      time = std::max(time, given.at(0));
      given.pop_front();
    }
    return time;
  }

  void post(const Descriptor& d, Engine from, Time time) {
    constexpr std::array<const spec::Field*, kEngines> kPost{&common::kPostLoad, &common::kPostExec,
                                                             &common::kPostStore};
    for (std::size_t to = 0; to < kEngines; ++to) {
      if (spec::get(d, *kPost[to])) tokens(from, Engine{to}).push_back(time);
    }
  }

  Time beats(std::int64_t bytes) const { return bytes * 8 / hw_.axi_data_w; }

  /// Of features, while the last EXEC or its next strip runs.
  Time feature_beats(const Descriptor& d) const {
    namespace f = spec::load_features;  // the three kinds have the same fields
    const Time time = beats(std::int64_t{spec::get(d, f::kWords)} * spec::get(d, f::kGroups) *
                            hw_.p * hw_.m * spec::code_bytes(hw_));
    if (!spec::get(now_.descriptor, spec::exec::kDstPolyphase)) return time;
    const std::int64_t m_blocks = spec::get(now_.descriptor, spec::exec::kMBlocks);
    return transfer_beside_polyphase(hw_, time, m_blocks, now_.group / m_blocks);
  }

  /// The next descriptor comes when the last of its batch has a slot, and is looked at.
  void look() {
    const std::size_t last_of_batch = passed_.size() | (batch_ - 1);
    if (last_of_batch >= slots_) {
      looked_ = std::max(looked_, passed_[last_of_batch - slots_] + kTransferCycles);
    }
    looked_ += kLookCycles;
    bus_ += beats(spec::kDescriptorBytes);
  }

  /// All engines have passed a descriptor and those before it.
  void pass(Time time) { passed_.push_back(std::max(passed_.back(), time)); }

  void load(const Descriptor& d) {
    asked_ = std::max({asked_, looked_, take(d, Engine::kLoad)});
    Time start = asked_ + kTransferCycles;
    const bool weights =
        spec::get(d, common::kOpcode) == static_cast<std::uint32_t>(Opcode::kLoadWeights);
    Time data = 0;
    Block block;
    if (weights) {
      block = read_block(d);
      data = beats(spec::get(d, spec::load_weights::kBytes)) + beyond_beats(block.uops);
      in_memory_ += block.uops;
      while (in_memory_ > hw_.wm_depth && !rooms_.empty()) {
        start = std::max(start, rooms_.front().since);
        in_memory_ -= rooms_.front().uops;
        rooms_.pop_front();
      }
    } else {
      data = feature_beats(d);
    }
    bus_ = std::max(bus_, start) + data;
    post(d, Engine::kLoad, bus_);
    pass(bus_);
    if (!weights) return;
    block.loaded = bus_;
    blocks_.push_back(block);
    walk();
  }

  /// Of headers, which leave LOAD more slowly than some buses bring them
  /// (rs_pkg::headers_per_beat).
  Time beyond_beats(std::int64_t headers) const {
    const int headers_per_beat = hw_.axi_data_w < 128 ? 1 : 4;
    return std::max<Time>(headers / headers_per_beat - beats(headers * 4), 0);
  }

  /// The array is slowed down by post-processing where an M-block has few micro-ops.
  Block read_block(const Descriptor& d) const {
    Block block;
    block.uops = spec::get(d, spec::load_weights::kUops);
    const std::size_t headers =
        spec::get(d, spec::load_weights::kOffset) +
        std::size_t{spec::get(d, spec::load_weights::kParamBlocks)} * index(hw_.m) * 8;
    Time of_m_block = 0;
    for (std::int64_t i = 0; i < block.uops; ++i) {
      std::array<std::uint32_t, 1> header{};
      std::memcpy(header.data(), image_.data() + headers + index(i) * 4, 4);
      ++of_m_block;
      if (!spec::get(header, spec::header::kLast)) continue;
      block.cycles += std::max(of_m_block, post_cycles(hw_));
      of_m_block = 0;
    }
    block.cycles += of_m_block;
    return block;
  }

  void store(const Descriptor& d) {
    stored_ =
        std::max({stored_, looked_, take(d, Engine::kStore)}) + kTransferCycles + feature_beats(d);
    post(d, Engine::kStore, stored_);
    pass(stored_);
  }

  void exec(const Descriptor& d) {
    pass(std::max(looked_, started_));  // the words of one that waits are kept beside the ring
    started_ = std::max(
        {issued_ + 1, looked_, take(d, Engine::kExec) + kStartExecCycles, complete_before_});
    if (spec::get(d, spec::exec::kWaitPrevious)) started_ = std::max(started_, complete_);
    last_ = now_;
    started_ = std::max(started_, written(spec::get(d, spec::exec::kNeedFirst)));
    now_ = {.descriptor = d,
            .groups = spec::get(d, spec::exec::kGroups),
            .uops_left = spec::get(d, spec::exec::kUops),
            .blocks = 0,
            .at = started_,
            .group = 0};
    walk();
  }

  /// When the EXEC before has written a number of pixels of its raster.
  Time written(std::int64_t pixels) const {
    if (pixels == 0) return 0;
    return std::min(last_.at + (pixels - 1) / hw_.p * last_.group + drain_, complete_);
  }

  /// Goes on with the list of an EXEC as far as it is loaded: the first pixel group walks it as it
  /// comes.
  void walk() {
    if (now_.uops_left == 0) return;
    const bool keep = spec::get(now_.descriptor, spec::exec::kKeepList);
    while (now_.uops_left > 0 && now_.blocks < blocks_.size()) {
      const Block& block = blocks_[now_.blocks];
      now_.at = std::max(now_.at + block.cycles, block.loaded);
      now_.group += block.cycles;
      now_.uops_left -= block.uops;
      if (!keep && now_.groups == 1) {
        rooms_.push_back({block.uops, now_.at});
        blocks_.pop_front();
      } else {
        ++now_.blocks;
      }
    }
    if (now_.uops_left == 0) end_exec(keep);
  }

  void end_exec(bool keep) {
    const std::int64_t further = now_.groups - 1;
    const std::int64_t need = spec::get(now_.descriptor, spec::exec::kNeedFirst) +
                              further * spec::get(now_.descriptor, spec::exec::kNeedStep);
    const Time end = std::max(now_.at + further * now_.group, written(need) + now_.group);
    execs_.push_back(end - std::exchange(issued_, end));
    for (; !keep && now_.blocks > 0; --now_.blocks) {
      rooms_.push_back({blocks_.front().uops, end - now_.group});
      blocks_.pop_front();
    }
    complete_before_ = std::exchange(complete_, end + drain_);
    post(now_.descriptor, Engine::kExec, complete_);
  }

  static std::size_t index(std::int64_t i) { return static_cast<std::size_t>(i); }

  const spec::Hardware& hw_;
  std::span<const std::uint8_t> image_;
  /// Of the ring of descriptors, and how many are asked for at a time (rs_frontend).
  const std::size_t slots_, batch_;
  const Time drain_;  ///< from an EXEC's last micro-op to its last pixel
  std::array<std::array<std::deque<Time>, kEngines>, kEngines> tokens_;  ///< [from][to]
  std::vector<Time> passed_{0};                                          ///< by descriptor
  Time looked_ = kStartCycles;                                           ///< at the last descriptor
  Time asked_ = 0;   ///< for the last transfer of LOAD
  Time bus_ = 0;     ///< data of the last one is there
  Time stored_ = 0;  ///< the last one of STORE
  std::deque<Block> blocks_;
  std::deque<Room> rooms_;
  std::int64_t in_memory_ = 0;  ///< micro-ops, less the room that was taken
  Walk last_, now_;
  Time started_ = 0, issued_ = 0, complete_ = 0, complete_before_ = 0;  ///< the last EXEC
  Time frame_begin_ = 0;
  std::vector<Time> execs_;
};

}  // namespace

std::int64_t transfer_beside_polyphase(const spec::Hardware& hw, std::int64_t beats,
                                       std::int64_t m_blocks, std::int64_t cycles) {
  const std::int64_t period = std::max<std::int64_t>(cycles, hw.p);
  const std::int64_t word_beats = std::max(hw.m * spec::code_bytes(hw) * 8 / hw.axi_data_w, 1);
  constexpr std::int64_t kLong = 4096;  // enough for the mean
  std::int64_t bank = 0, words = 0;
  for (std::int64_t t = 0; t < kLong; ++t) {
    const std::int64_t pixel = t / period / m_blocks * hw.p + t % period;
    if (t % period < hw.p && pixel / 2 % hw.p == bank) continue;
    bank = (bank + 1) % hw.p;
    ++words;
  }
  return std::max(beats, beats * kLong / (words * word_beats));
}

std::vector<FrameTime> frame_times(const spec::Hardware& hw, std::span<const std::uint8_t> image,
                                   std::size_t frames) {
  Model model(hw, image);
  std::vector<FrameTime> times;
  for (std::size_t i = 0; i < frames; ++i) times.push_back(model.run());
  return times;
}

}  // namespace reshift
