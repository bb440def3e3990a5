// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "cost/transfers.hpp"

#include <algorithm>

#include "isa/fields.hpp"
#include "net/numerics.hpp"

namespace reshift::cost {

std::int64_t words_beside_polyphase(const isa::Hardware& hw, std::int64_t m_blocks,
                                    std::int64_t cycles) {
  const std::int64_t pixels = isa::post_pixels(hw), steps = isa::block_cycles(hw);
  const std::int64_t period = std::max(cycles, steps);
  std::int64_t bank = 0, words = 0;
  // Of two neighbours, which are in one bank, the second is written a cycle later.
  const auto written = [&](std::int64_t t) {
    for (std::int64_t way = 0; way < pixels; ++way) {
      const std::int64_t begun = t - way % 2, step = begun % period;
      if (begun < 0 || step >= steps) continue;
      const std::int64_t pixel = begun / period / m_blocks * hw.p + step * pixels + way;
      if (pixel / 2 % hw.p == bank) return true;
    }
    return false;
  };
  for (std::int64_t t = 0; t < kManyCycles; ++t) {
    if (written(t)) continue;
    bank = (bank + 1) % hw.p;
    ++words;
  }
  return words;
}

}  // namespace reshift::cost
