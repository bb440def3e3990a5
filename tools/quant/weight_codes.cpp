// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/weight_codes.hpp"

#include <algorithm>
#include <cstdlib>

namespace reshift {

WeightCodes::WeightCodes(int terms, int exponents) {
  // Layer by layer: what one more term reaches that fewer could not.
  const int largest = terms << (exponents - 1);
  std::vector<int> fewest(static_cast<std::size_t>(2 * largest + 1), -1);
  terms_.resize(fewest.size());
  terms_[static_cast<std::size_t>(largest)].assign(static_cast<std::size_t>(terms), 0);
  fewest[static_cast<std::size_t>(largest)] = 0;
  for (int used = 1; used <= terms; ++used) {
    for (int from = -largest; from <= largest; ++from) {
      if (fewest[static_cast<std::size_t>(from + largest)] != used - 1) continue;
      for (int e = 0; e < exponents; ++e) {
        for (const int term : {1 << e, -(1 << e)}) {
          const int to = from + term;
          if (std::abs(to) > largest || fewest[static_cast<std::size_t>(to + largest)] >= 0)
            continue;
          fewest[static_cast<std::size_t>(to + largest)] = used;
          // The newest term first, then those of the shorter sum.
          const auto& shorter = terms_[static_cast<std::size_t>(from + largest)];
          auto& sum = terms_[static_cast<std::size_t>(to + largest)];
          sum.push_back(static_cast<std::int16_t>(term));
          sum.insert(sum.end(), shorter.begin(), shorter.end() - 1);
        }
      }
    }
  }
  for (int code = -largest; code <= largest; ++code) {
    if (fewest[static_cast<std::size_t>(code + largest)] >= 0) values_.push_back(code);
  }
  for (int half = -2 * largest; half < 2 * largest; ++half) {
    const auto above = std::lower_bound(values_.begin(), values_.end(), 0.5 * half);
    const bool below = above != values_.begin() && 0.5 * half - above[-1] < *above - 0.5 * half;
    nearest_.push_back(below ? above[-1] : *above);
  }
}

}  // namespace reshift
