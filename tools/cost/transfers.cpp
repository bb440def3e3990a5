// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "cost/transfers.hpp"

#include <algorithm>

#include "isa/fields.hpp"
#include "net/numerics.hpp"

namespace reshift::cost {

std::int64_t words_beside_polyphase(const isa::Hardware& hw, std::int64_t m_blocks,
                                    std::int64_t cycles) {
  if (isa::post_pixels(hw) > 1) return kManyCycles;
  const std::int64_t period = std::max<std::int64_t>(cycles, hw.p);
  std::int64_t bank = 0, words = 0;
  for (std::int64_t t = 0; t < kManyCycles; ++t) {
    const std::int64_t pixel = t / period / m_blocks * hw.p + t % period;
    if (t % period < hw.p && pixel / 2 % hw.p == bank) continue;
    bank = (bank + 1) % hw.p;
    ++words;
  }
  return words;
}

}  // namespace reshift::cost
