// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "golden/weight_rings.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace reshift::golden {

bool WeightRings::has_room(const Block& block) const {
  const std::size_t kept = kept_ ? list_.size() : 0;
  return uops_.size() + kept + block.uops.size() <= static_cast<std::size_t>(hw_.wm_depth) &&
         params_.size() + block.params.size() <= static_cast<std::size_t>(hw_.pm_depth);
}

void WeightRings::load(const Block& block) {
  for (const Uop& uop : block.uops) uops_.push_back(&uop);
  for (const auto& p : block.params) params_.push_back(&p);
}

bool WeightRings::take_list(const isa::Exec& x) {
  const auto uops = static_cast<std::size_t>(x.uops);
  if (list_.size() > uops) throw Error("it has less than the list that was kept for it");
  const std::size_t ready = std::min(uops - list_.size(), uops_.size());
  if (!(x.groups == 1 && ready > 0) && ready != uops) return false;
  const auto end = uops_.begin() + static_cast<std::ptrdiff_t>(ready);
  list_.insert(list_.end(), uops_.begin(), end);
  uops_.erase(uops_.begin(), end);
  return true;
}

bool WeightRings::complete(const isa::Exec& x) const {
  return std::ssize(list_) >= x.uops && std::ssize(params_) >= x.m_blocks;
}

void WeightRings::finish(const isa::Exec& x) {
  kept_ = x.keep_list;
  if (kept_) return;
  list_.clear();
  params_.erase(params_.begin(), params_.begin() + static_cast<std::ptrdiff_t>(x.m_blocks));
}

}  // namespace reshift::golden
