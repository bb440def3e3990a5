// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "cost/bank_ports.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <deque>
#include <vector>

#include "base/integer.hpp"
#include "cost/constants.hpp"
#include "cost/exec_cycles.hpp"

namespace reshift::cost {
namespace {

/// How a tensor lies in the banks, as a descriptor says it.
struct Layout {
  std::int64_t bank = 0, row_bank = 0;
  bool polyphase = false, two_steps = false, broadcast = false;
};

/// A pixel of the raster in a tensor.
struct Place {
  std::int64_t bank = 0;
  bool written = false;
};

/// The pixels of a raster in a tensor; one that is not written lies where the next one will be.
class Places {
 public:
  Places(const isa::Hardware& hw, const isa::Exec& exec, const Layout& layout)
      : hw_(hw), exec_(exec), layout_(layout) {}

  Place operator[](std::int64_t pixel) const {
    const std::int64_t y = pixel / exec_.pitch, x = pixel % exec_.pitch - exec_.lead;
    const std::int64_t row_step = exec_.skip_rows + 1, column_step = exec_.skip_columns + 1;
    const bool row_kept = y % row_step == 0;
    const bool kept = row_kept && x >= 0 && x < exec_.out_width && x % column_step == 0;
    std::int64_t row = (y + row_step - 1) / row_step;
    std::int64_t column =
        (std::clamp<std::int64_t>(x, 0, exec_.out_width) + column_step - 1) / column_step;
    if (layout_.polyphase) row /= 2, column /= 2;
    if (layout_.two_steps) column *= 2;
    if (layout_.broadcast) column = 0;
    return {(layout_.bank + row * layout_.row_bank + column) % hw_.p, kept};
  }

 private:
  const isa::Hardware& hw_;
  const isa::Exec& exec_;
  Layout layout_;
};

/// The M-blocks of an EXEC on their way, cycle by cycle.
class Ports {
 public:
  Ports(const isa::Hardware& hw, const isa::Exec& exec, std::span<const std::int64_t> m_block_uops)
      : exec_(exec),
        uops_(m_block_uops),
        banks_(hw.p),
        ways_(isa::post_pixels(hw)),
        steps_(isa::block_cycles(hw)),
        ring_(256 / ways_ - 8),
        queue_(ways_ > 1
                   ? static_cast<std::int64_t>(std::bit_ceil(static_cast<unsigned>(hw.m) + 48))
                   : 0),
        written_after_(drain_cycles(hw) - steps_),
        writes_(hw, exec,
                {exec.dst_bank, exec.dst_row_bank, exec.dst_polyphase, exec.dst_double, false}),
        reads_(hw, exec,
               {exec.res_bank, exec.res_row_bank, exec.res_polyphase, exec.res_double,
                exec.res_broadcast}),
        waiting_(index(ways_)),
        finished_(index(ways_)),
        made_(index(ways_)) {}

  PortUse run() {
    for (now_ = 0; now_ < kManyCycles; ++now_) {
      issue();
      arrive();
      arbitrate();
    }
    return {span(blocks() - 1, exec_.groups * blocks() - 1), backlog(exec_.groups * blocks() - 1),
            transferred_};
  }

 private:
  std::int64_t blocks() const { return std::ssize(uops_); }

  /// Cycles from one M-block's last micro-op to another's. Those that were not issued take as long
  /// as the whole lists in the second half of those that were.
  double span(std::int64_t from, std::int64_t to) const {
    const std::int64_t known = std::ssize(issues_);
    if (to < known) return static_cast<double>(issues_[index(to)] - issues_[index(from)]);
    double list = 0;
    for (const std::int64_t uops : uops_) list += static_cast<double>(std::max(uops, steps_));
    const std::int64_t lists = (known - 1) / blocks();
    if (lists >= 4) {
      const std::int64_t first = lists / 2 * blocks(), last = lists * blocks();
      const auto cycles = static_cast<double>(issues_[index(last)] - issues_[index(first)]);
      list = std::max(list, cycles / static_cast<double>(lists - lists / 2));
    }
    const std::int64_t begin = std::min(from, known - 1);
    const std::int64_t there = begin + (known - 1 - begin) / blocks() * blocks();
    return static_cast<double>(issues_[index(there)] - issues_[index(begin)]) +
           list * static_cast<double>(to - there) / static_cast<double>(blocks());
  }

  /// Of an M-block, or of the last one that was written.
  double backlog(std::int64_t block) const {
    if (written_.empty()) return 0;
    const std::size_t i = index(std::min(block, std::ssize(written_) - 1));
    return static_cast<double>(
        std::max<std::int64_t>(written_[i] - issues_[i] - written_after_ - steps_ + 1, 0));
  }

  /// First pixel of a step of Q pixels; steps are those of M-blocks, one after the other.
  std::int64_t pixel(std::int64_t step) const {
    return step / steps_ / blocks() * banks_ + step % steps_ * ways_;
  }

  /// M-blocks that are written.
  std::int64_t done() const {
    return *std::min_element(finished_.begin(), finished_.end()) / steps_;
  }

  /// The last micro-op of the next M-block.
  void issue() {
    if (now_ < next_issue_) return;
    if (queue_ > 0 && issued_ - done() >= queue_ / steps_) return;
    if (exec_.residual && requested_ - issued_ * steps_ < steps_) return;
    issues_.push_back(now_);
    ++issued_;
    next_issue_ = now_ + std::max(uops_[index(issued_ % blocks())], steps_);
    blocks_.push_back(now_);
  }

  /// Pixels take their residual, and come to the banks kPostStages later.
  void arrive() {
    for (const std::int64_t begun : blocks_) {
      const std::int64_t pop = now_ - begun - written_after_ + kPostStages;
      if (pop >= 0 && pop < steps_) ++popped_;
      const std::int64_t write = now_ - begun - written_after_;
      if (write < 0 || write >= steps_) continue;
      for (std::int64_t way = 0; way < ways_; ++way) {
        waiting_[index(way)].push_back(writes_[pixel(arrived_) + way]);
      }
      ++arrived_;
    }
    while (!blocks_.empty() && now_ - blocks_.front() - written_after_ >= steps_)
      blocks_.pop_front();
  }

  /// The residual is read before a write. With one way a write that has waited goes first, and so
  /// do those that follow it without a gap.
  void arbitrate() {
    std::array<bool, kMostBanks> reads{}, writes{}, wanted{};
    const bool read = exec_.residual && requested_ - popped_ < ring_;
    const bool urgent = ways_ == 1 && waited_;
    for (std::int64_t way = 0; way < ways_ && urgent; ++way) {
      if (!waiting_[index(way)].empty()) wanted[index(waiting_[index(way)].front().bank)] = true;
    }
    for (std::int64_t way = 0; read && way < ways_; ++way) {
      if (made_[index(way)]) continue;
      const auto bank = index(reads_[pixel(requested_) + way].bank);
      if (!reads[bank] && !wanted[bank]) made_[index(way)] = true;
      reads[bank] = true;
    }
    if (std::all_of(made_.begin(), made_.end(), [](bool made) { return made; })) {
      ++requested_;
      made_.assign(made_.size(), false);
    }
    for (std::int64_t way = 0; way < ways_; ++way) {
      std::deque<Place>& queue = waiting_[index(way)];
      if (queue.empty()) continue;
      const Place place = queue.front();
      const auto bank = index(place.bank);
      if (place.written) {
        const bool taken = !writes[bank] && (urgent || !reads[bank]);
        writes[bank] = true;
        if (!taken) continue;
      }
      queue.pop_front();
      ++finished_[index(way)];
    }
    waited_ = !waiting_.front().empty();
    while (done() > std::ssize(written_)) written_.push_back(now_);
    if (reads[index(transfer_bank_)] || writes[index(transfer_bank_)]) return;
    transfer_bank_ = (transfer_bank_ + 1) % banks_;
    ++transferred_;
  }

  static constexpr std::size_t kMostBanks = 16;
  static constexpr std::int64_t kPostStages = 10;  // about; from a residual to its pixel's write

  const isa::Exec& exec_;
  const std::span<const std::int64_t> uops_;
  const std::int64_t banks_, ways_, steps_, ring_, queue_;
  const std::int64_t written_after_;  ///< from an M-block's last micro-op to its first write
  const Places writes_, reads_;

  std::int64_t now_ = 0, next_issue_ = 0;
  std::int64_t issued_ = 0;                                // M-blocks
  std::int64_t requested_ = 0, popped_ = 0, arrived_ = 0;  // steps
  std::deque<std::int64_t> blocks_;                        // issued when, and not all arrived
  std::vector<std::int64_t> issues_, written_;             // when M-blocks were
  std::vector<std::deque<Place>> waiting_;                 // of each way
  std::vector<std::int64_t> finished_;                     // steps of each way
  std::vector<bool> made_;                                 // reads of the step at hand
  bool waited_ = false;
  std::int64_t transfer_bank_ = 0, transferred_ = 0;
};

}  // namespace

PortUse port_use(const isa::Hardware& hw, const isa::Exec& exec,
                 std::span<const std::int64_t> m_block_uops) {
  if (hw.post_lanes < hw.m) {
    double list = 0;
    for (const std::int64_t uops : m_block_uops) {
      list += static_cast<double>(std::max(uops, post_cycles(hw)));
    }
    return {list * static_cast<double>(exec.groups - 1), 0, kManyCycles};
  }
  return Ports(hw, exec, m_block_uops).run();
}

std::int64_t words_beside_polyphase(const isa::Hardware& hw, std::int64_t m_blocks,
                                    std::int64_t cycles) {
  isa::Exec exec{.dst_polyphase = true};
  exec.groups = 1;
  exec.pitch = exec.out_width = hw.p * kManyCycles;
  const std::vector<std::int64_t> uops(index(m_blocks), cycles);
  return port_use(hw, exec, uops).words;
}

std::int64_t transfer_beside(const isa::Hardware& hw, std::int64_t alone, std::int64_t words) {
  const std::int64_t word_beats = std::max(isa::word_bytes(hw) * 8 / hw.axi_data_w, 1);
  return std::max(alone, alone * kManyCycles / (words * word_beats));
}

}  // namespace reshift::cost
