// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <vector>

#include "golden/decoded_program.hpp"

namespace reshift::golden {

/// The rings of micro-ops and of channel parameters, which LOAD fills and EXEC empties.
class WeightRings {
 public:
  explicit WeightRings(const isa::Hardware& hw) : hw_(hw) {}

  bool has_room(const Block& block) const;
  /// The block must outlive the rings.
  void load(const Block& block);

  /// Takes what is there of an operation's list. A single pixel group frees each micro-op as it
  /// takes it, so that its list may be longer than the ring. Returns whether there was something to
  /// take; throws Error when the list that was kept is longer than the operation's.
  bool take_list(const isa::Exec& x);
  /// Whether the list and its parameters are complete.
  bool complete(const isa::Exec& x) const;
  const std::vector<const Uop*>& list() const { return list_; }
  const std::vector<ChannelParams>& params(std::size_t m_block) const { return *params_[m_block]; }
  /// After an operation: frees its list, or keeps it for the next one.
  void finish(const isa::Exec& x);

 private:
  const isa::Hardware& hw_;
  std::deque<const Uop*> uops_;
  std::deque<const std::vector<ChannelParams>*> params_;
  std::vector<const Uop*> list_;  ///< of the operation that EXEC is at, or kept for it
  bool kept_ = false;
};

}  // namespace reshift::golden
