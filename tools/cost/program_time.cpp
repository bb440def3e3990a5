// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "cost/program_time.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <deque>
#include <map>
#include <utility>

#include "base/integer.hpp"
#include "cost/bank_ports.hpp"
#include "cost/constants.hpp"
#include "cost/control_time.hpp"
#include "cost/exec_cycles.hpp"
#include "cost/transfers.hpp"
#include "isa/descriptors.hpp"
#include "program/engine.hpp"
#include "program/weight_block.hpp"

namespace reshift::cost {
namespace {

using Time = std::int64_t;

/// A weight block in the weight memory.
struct Block {
  std::int64_t uops = 0;
  Time cycles = 0;                       ///< to walk it
  std::vector<std::int64_t> m_blocks{};  ///< micro-ops of each M-block's part in it
  bool open = false;                     ///< the last M-block goes on in the next one
  Time loaded = 0;
};

/// Room in the weight memory that an EXEC gives back.
struct Room {
  std::int64_t uops = 0;
  Time since = 0;
};

/// An EXEC, as far as it is known.
struct Walk {
  isa::Exec exec;
  std::int64_t uops_left = 0;
  std::size_t blocks = 0;  ///< of those in the memory that are walked
  Time at = 0;             ///< last micro-op walked for the first pixel group
  Time group = 0;          ///< cycles of a pixel group
  Time ahead = 0;          ///< of them, that its first M-block need not wait for post-processing
  std::vector<std::int64_t> m_blocks{};  ///< micro-ops of each
  bool open = false;                     ///< the last of them goes on in the next weight block
};

class Model {
 public:
  Model(const isa::Hardware& hw, std::span<const std::uint8_t> image, std::size_t frames)
      : hw_(hw), image_(image), drain_(drain_cycles(hw)), control_(hw, std::ssize(image), frames) {
    const auto init = isa::decode<isa::Init>(descriptor(0));
    tokens(Engine::kExec, Engine::kLoad).assign(index(init.load_credits), 0);
    tokens(Engine::kStore, Engine::kExec).assign(index(init.exec_credits), 0);
    tokens(Engine::kStore, Engine::kLoad).assign(index(init.reload_credits), 0);
  }

  FrameTime run() {
    execs_.clear();
    for (std::size_t i = 1;; ++i) {
      const isa::Descriptor words = descriptor(i);
      const isa::Opcode opcode = isa::opcode(words);
      look(opcode);
      switch (opcode) {
        case isa::Opcode::kLoadWeights:
          load_weights(isa::decode<isa::LoadWeights>(words));
          break;
        case isa::Opcode::kLoadTable:
          load_table(isa::decode<isa::LoadTable>(words));
          break;
        case isa::Opcode::kLoadFeatures:
          load_features(isa::decode<isa::LoadFeatures>(words));
          break;
        case isa::Opcode::kReloadFeatures:
          load_features(isa::decode<isa::ReloadFeatures>(words));
          break;
        case isa::Opcode::kExec:
          exec(isa::decode<isa::Exec>(words));
          break;
        case isa::Opcode::kStoreFeatures:
          store(isa::decode<isa::StoreFeatures>(words));
          break;
        default: {
          const Time end = std::max(stored_, looked_);
          control_.pass(end);
          return {end - std::exchange(frame_begin_, end), execs_};
        }
      }
    }
  }

 private:
  isa::Descriptor descriptor(std::size_t i) const {
    isa::Descriptor d;
    std::memcpy(d.data(), image_.data() + i * isa::kDescriptorBytes, isa::kDescriptorBytes);
    return d;
  }

  std::deque<Time>& tokens(Engine from, Engine to) {
    return tokens_[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)];
  }

  /// When a descriptor has the tokens that it waits for.
  template <typename D>
  Time take(const D& d, Engine to) {
    const std::array<bool, kEngines> wait{d.wait_load, d.wait_exec, d.wait_store};
    Time time = 0;
    for (std::size_t from = 0; from < kEngines; ++from) {
      if (!wait[from]) continue;
      std::deque<Time>& given = tokens(Engine{from}, to);
      time = std::max(time, given.at(0));
      given.pop_front();
    }
    return time;
  }

  template <typename D>
  void post(const D& d, Engine from, Time time) {
    const std::array<bool, kEngines> post{d.post_load, d.post_exec, d.post_store};
    for (std::size_t to = 0; to < kEngines; ++to) {
      if (post[to]) tokens(from, Engine{to}).push_back(time);
    }
  }

  /// Of a transfer of features, while the last EXEC or its next strip runs.
  template <typename D>
  Time feature_cycles(const D& d) {
    const Time time = cost::feature_cycles(hw_, d.words * d.groups * hw_.p * isa::word_bytes(hw_));
    if (!now_.exec.dst_polyphase || now_.m_blocks.empty()) return time;
    return transfer_beside(hw_, time, ports_of(now_).words);
  }

  /// What the banks' second ports do in an EXEC, of which so much of the list is known.
  const PortUse& ports_of(const Walk& walk) {
    const isa::Exec& e = walk.exec;
    std::vector<std::int64_t> key{e.residual,   e.dst_polyphase, e.res_polyphase, e.dst_double,
                                  e.res_double, e.res_broadcast, e.dst_bank,      e.dst_row_bank,
                                  e.res_bank,   e.res_row_bank,  e.pitch,         e.out_width,
                                  e.lead,       e.skip_rows,     e.skip_columns,  e.groups};
    key.insert(key.end(), walk.m_blocks.begin(), walk.m_blocks.end());
    const auto [use, fresh] = ports_.try_emplace(std::move(key));
    if (fresh) use->second = port_use(hw_, e, walk.m_blocks);
    return use->second;
  }

  /// The control program looks at the next descriptor.
  void look(isa::Opcode opcode) {
    looked_ = control_.look(opcode);
    bus_ += descriptor_cycles(hw_) + kCommandGap / isa::ring_batch(hw_);
  }

  template <typename D>
  void load_features(const D& d) {
    asked_ = std::max({asked_, looked_, take(d, Engine::kLoad)});
    loaded(d, feature_cycles(d));
  }

  void load_weights(const isa::LoadWeights& d) {
    asked_ = std::max({asked_, looked_, take(d, Engine::kLoad)});
    Time start = 0;  // no tile comes before all micro-op headers have room
    in_memory_ += d.uops;
    for (; in_memory_ > hw_.wm_depth && !rooms_.empty(); rooms_.pop_front()) {
      start = std::max(start, rooms_.front().since);
      in_memory_ -= rooms_.front().uops;
    }
    loaded(d, block_cycles(hw_, d) + 2 * kSectionGap, start);
    blocks_.push_back(block_of(d));
    walk();
  }

  /// Two entries a cycle.
  void load_table(const isa::LoadTable& d) {
    asked_ = std::max({asked_, looked_, take(d, Engine::kLoad)});
    loaded(d, isa::kTableBytes / 2);
  }

  /// LOAD has done the transfer that it asked for last, of `data` cycles, begun at `start` at the
  /// earliest.
  template <typename D>
  void loaded(const D& d, Time data, Time start = 0) {
    bus_ = std::max({bus_ + kCommandGap, asked_ + kTransferStart, start}) + data;
    control_.load(asked_, bus_);
    post(d, Engine::kLoad, bus_);
    control_.pass(bus_);
  }

  /// The array is slowed down by post-processing where an M-block has few micro-ops.
  Block block_of(const isa::LoadWeights& d) const {
    const WeightBlockView view(hw_, image_, d);
    Block block{.uops = d.uops, .loaded = bus_};
    std::int64_t of_m_block = 0;
    for (std::size_t i = 0; i < view.uops(); ++i) {
      ++of_m_block;
      if (!view.header(i).last) continue;
      block.cycles += std::max(of_m_block, post_cycles(hw_));
      block.m_blocks.push_back(std::exchange(of_m_block, 0));
    }
    block.open = of_m_block > 0;
    block.cycles += of_m_block;
    if (block.open) block.m_blocks.push_back(of_m_block);
    return block;
  }

  /// An EXEC's first M-block waits for post-processing only where the one before has just ended.
  /// Few lanes are left out, as in drain_cycles().
  Time ahead_of_post(const Block& first) const {
    if (hw_.post_lanes < hw_.m) return 0;
    return std::max<Time>(post_cycles(hw_) - first.m_blocks.front(), 0);
  }

  void store(const isa::StoreFeatures& d) {
    stored_ =
        std::max({stored_, looked_, take(d, Engine::kStore)}) + kTransferStart + feature_cycles(d);
    post(d, Engine::kStore, stored_);
    control_.pass(stored_);
  }

  void exec(const isa::Exec& d) {
    control_.pass(
        std::max(looked_, started_));  // the words of one that waits are kept beside the ring
    started_ = std::max({issued_ + kExecGap, looked_ + kExecCopy,
                         take(d, Engine::kExec) + kExecStart, complete_before_});
    if (d.wait_previous) started_ = std::max(started_, complete_);
    last_ = now_;
    started_ = std::max(started_, written(d.need_first));
    now_ = {.exec = d, .uops_left = d.uops, .at = started_};
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
    while (now_.uops_left > 0 && now_.blocks < blocks_.size()) {
      const Block& block = blocks_[now_.blocks];
      if (now_.m_blocks.empty()) {
        now_.ahead = ahead_of_post(block);
        now_.at = std::max(now_.at - now_.ahead, issued_);
      }
      now_.at = std::max(now_.at + block.cycles, block.loaded);
      now_.group += block.cycles;
      now_.uops_left -= block.uops;
      auto part = block.m_blocks.begin();
      if (now_.open && part != block.m_blocks.end()) now_.m_blocks.back() += *part++;
      now_.m_blocks.insert(now_.m_blocks.end(), part, block.m_blocks.end());
      now_.open = block.open;
      if (!now_.exec.keep_list && now_.exec.groups == 1) {
        rooms_.push_back({block.uops, now_.at});
        blocks_.pop_front();
      } else {
        ++now_.blocks;
      }
    }
    if (now_.uops_left == 0) end_exec();
  }

  void end_exec() {
    const std::int64_t further = now_.exec.groups - 1;
    const std::int64_t need = now_.exec.need_first + further * now_.exec.need_step;
    Time walked = now_.at + further * now_.group, backlog = 0;
    if (further > 0 && (now_.exec.residual || now_.exec.dst_polyphase || now_.exec.dst_double)) {
      const PortUse& use = ports_of(now_);
      walked = now_.at + std::llround(use.further);
      now_.group = std::llround(use.further / static_cast<double>(further));
      backlog = std::llround(use.backlog);
    }
    const Time end = std::max(walked, written(need) + now_.group - now_.ahead);
    execs_.push_back(end - std::exchange(issued_, end));
    for (; !now_.exec.keep_list && now_.blocks > 0; --now_.blocks) {
      rooms_.push_back({blocks_.front().uops, end - now_.group});
      blocks_.pop_front();
    }
    complete_before_ = std::exchange(complete_, end + drain_ + backlog);
    post(now_.exec, Engine::kExec, complete_);
  }

  const isa::Hardware& hw_;
  std::span<const std::uint8_t> image_;
  const Time drain_;  ///< from an EXEC's last micro-op to its last pixel
  std::array<std::array<std::deque<Time>, kEngines>, kEngines> tokens_;  ///< [from][to]
  ControlTime control_;
  Time looked_ = 0;  ///< at the last descriptor
  Time asked_ = 0;   ///< for the last transfer of LOAD
  Time bus_ = 0;     ///< data of the last one is there
  Time stored_ = 0;  ///< the last one of STORE
  std::deque<Block> blocks_;
  std::deque<Room> rooms_;
  std::int64_t in_memory_ = 0;  ///< micro-ops, less the room that was taken
  Walk last_, now_;
  Time started_ = 0, issued_ = 0, complete_ = 0, complete_before_ = 0;  ///< the last EXEC
  Time frame_begin_ = 0;
  std::map<std::vector<std::int64_t>, PortUse> ports_;
  std::vector<Time> execs_;
};

}  // namespace

std::vector<FrameTime> frame_times(const isa::Hardware& hw, std::span<const std::uint8_t> image,
                                   std::size_t frames) {
  Model model(hw, image, frames);
  std::vector<FrameTime> times;
  for (std::size_t i = 0; i < frames; ++i) times.push_back(model.run());
  return times;
}

}  // namespace reshift::cost
