// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "cost/control_time.hpp"

#include <algorithm>
#include <limits>

#include "base/integer.hpp"
#include "cost/constants.hpp"
#include "cost/transfers.hpp"

namespace reshift::cost {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

std::int64_t look_cycles(isa::Opcode opcode) {
  switch (opcode) {
    case isa::Opcode::kExec:
      return kLookExec;
    case isa::Opcode::kLoadWeights:
      return kLookWeights;
    case isa::Opcode::kStoreFeatures:
    case isa::Opcode::kReloadFeatures:
      return kLookStore;
    case isa::Opcode::kInit:
    case isa::Opcode::kEnd:
      return kLookEnd;
    default:
      return kLookLoad;
  }
}

}  // namespace

ControlTime::ControlTime(const isa::Hardware& hw, std::int64_t bytes, std::size_t frames)
    : hw_(hw),
      slots_(isa::ring_slots(hw)),
      batch_(isa::ring_batch(hw)),
      passes_left_(frames),
      limit_(bytes / isa::kDescriptorBytes),
      now_(kControlStart) {
  look(isa::Opcode::kInit);
  pass(now_);
}

std::int64_t ControlTime::look(isa::Opcode opcode) {
  for (bool there = false; !there;) {
    if (room_at() <= now_) ask();
    if (!open_.empty() && open_.front() <= now_) {
      open_.pop_front();
      there = dropping_ == 0;
      if (!there) drop();
    } else {
      now_ = std::max(now_, std::min(room_at(), open_.empty() ? kNever : open_.front()));
    }
  }
  now_ += look_cycles(opcode);
  if (end_known_) return now_;
  ++looked_;
  if (opcode == isa::Opcode::kEnd) {
    end_known_ = true;
    limit_ = looked_;
    next_ = 1;
    dropping_ = open_.size();
    --passes_left_;
  }
  return now_;
}

void ControlTime::pass(std::int64_t time) {
  passed_.push_back(passed_.empty() ? time : std::max(passed_.back(), time));
}

void ControlTime::load(std::int64_t asked, std::int64_t done) { loads_.push_back({asked, done}); }

/// When something can be asked for: there is more, and a batch has room.
std::int64_t ControlTime::room_at() const {
  if (passes_left_ == 0 || (!end_known_ && next_ == limit_)) return kNever;
  const std::int64_t needed = asked_ - (slots_ - batch_);
  if (needed <= 0) return sent_;
  if (needed > std::ssize(passed_)) return kNever;
  return std::max(sent_, passed_[index(needed - 1)]);
}

/// Asks for a batch, for a single descriptor near the end of the program, or goes on to the next
/// pass.
void ControlTime::ask() {
  if (next_ == limit_) {
    now_ += kNextPass;
    next_ = 1;
    --passes_left_;
    return;
  }
  const std::int64_t count = next_ + batch_ <= limit_ ? batch_ : 1;
  now_ += kAsk + count * kAskSlot;
  // It waits for the transfer whose addresses the bus takes, not for those behind that.
  while (!loads_.empty() && loads_.front().done - kReadAhead <= now_) loads_.pop_front();
  const bool waits = !loads_.empty() && loads_.front().asked <= now_;
  sent_ = waits ? loads_.front().done - kReadAhead : now_;
  std::int64_t arrival = std::max(sent_ + kTransferStart, waits ? loads_.front().done : 0);
  for (std::int64_t i = 0; i < count; ++i) open_.push_back(arrival += descriptor_cycles(hw_));
  next_ += count;
  asked_ += count;
}

void ControlTime::drop() {
  --dropping_;
  now_ += kDrop;
  pass(now_);
}

}  // namespace reshift::cost
