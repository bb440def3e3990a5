// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/minimal_terms.hpp"

#include <algorithm>
#include <cstdlib>

namespace reshift {

MinimalTerms::MinimalTerms(int exponents, int largest)
    : exponents_(exponents), largest_(std::max(largest, 1 << exponents)) {
  // From 0 outwards, a term at a time; the way passes what is at most a term above `largest`.
  const auto size = static_cast<std::size_t>(largest_ + (1 << exponents)) + 1;
  first_.assign(size, 0);
  count_.assign(size, -1);
  count_[0] = 0;
  std::vector<int> reached{0};
  for (std::size_t i = 0; i < reached.size(); ++i) {
    for (int e = 0; e < exponents_; ++e) {
      for (const int term : {1 << e, -(1 << e)}) {
        const int value = std::abs(reached[i] + term);
        const auto at = static_cast<std::size_t>(value);
        if (at >= size || count_[at] >= 0) continue;
        count_[at] = count_[static_cast<std::size_t>(reached[i])] + 1;
        first_[at] = reached[i] + term < 0 ? -term : term;
        reached.push_back(value);
      }
    }
  }
}

int MinimalTerms::count(int value) const {
  return count_[static_cast<std::size_t>(std::abs(value))];
}

void MinimalTerms::append(int value, int terms, std::vector<std::int16_t>& to) const {
  for (int t = 0; t < terms; ++t) {
    const int first = first_[static_cast<std::size_t>(std::abs(value))];
    const int term = value < 0 ? -first : first;
    to.push_back(static_cast<std::int16_t>(value == 0 ? 0 : term));
    value -= value == 0 ? 0 : term;
  }
}

}  // namespace reshift
