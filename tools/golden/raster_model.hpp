// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "base/integer.hpp"
#include "base/random.hpp"

namespace reshift {

/// A pass over a raster and the tensor it touches, as docs/architecture.md ("Feature buffer") says
/// it, with multiplications and divisions where the RTL counts.
struct Raster {
  int p = 2;  ///< pixels of a group, banks
  int q = 1;  ///< pixels at a time, a divisor of p and of the pitch
  int groups = 1, m_blocks = 1;
  int pitch = 1;  ///< of the raster walked
  int out_height = 1, out_width = 1;
  bool polyphase = false;
  int base = 0, words = 1, phase = 0;
  int tensor_pitch = 1;  ///< from one row that is kept to the next, in pixels (of one phase)
  int bank = 0;          ///< of pixel 0
  int column_step =
      1;  ///< pixels of the tensor from one that is kept to the next: 2, 0: all the same
  int skip_rows = 0, skip_columns = 0;  ///< of the raster, between two that are kept
  int lead = 0;                         ///< columns before the first one that is kept, of out_width

  /// One step of the walk.
  struct Pixel {
    int y, x;
    int bank, addr;  ///< addr is not reduced to the depth of the memory
    bool x_kept, y_kept;
    bool inside;                           ///< in the tensor or its even extension, and kept
    bool fill;                             ///< not data
    bool first_p, last_p, last_m, last_g;  ///< of the first, the last q of a group, and so on
    bool last;
  };

  /// Where pixel (y, x) keeps word w.
  std::pair<int, int> address(int y, int x, int w) const {
    const int s = polyphase ? 1 : 0;
    const auto stored = [](int at, int skip) { return (at + skip) / (skip + 1); };
    const int index = bank + (stored(y, skip_rows) >> s) * tensor_pitch +
                      (stored(std::max(x - lead, 0), skip_columns) >> s) * column_step;
    const int number = polyphase ? 2 * (y & 1) + (x & 1) : 0;
    return {index % p, base + number * phase + index / p * words + w};
  }

  /// All steps: groups, in each the M-blocks, in each the pixels.
  std::vector<Pixel> walk() const {
    const int s = polyphase ? 1 : 0;
    std::vector<Pixel> pixels;
    for (int g = 0; g < groups; ++g) {
      for (int m = 0; m < m_blocks; ++m) {
        for (int column = 0; column < p; ++column) {
          const int i = g * p + column;
          Pixel at{};
          at.y = i / pitch;
          at.x = i % pitch;
          std::tie(at.bank, at.addr) = address(at.y, at.x, m);
          at.x_kept = at.x >= lead && (at.x - lead) % (skip_columns + 1) == 0;
          at.y_kept = at.y % (skip_rows + 1) == 0;
          at.inside = at.x_kept && at.y_kept && at.x >> s <= (out_width - 1) >> s &&
                      at.y >> s <= (out_height - 1) >> s;
          at.fill = at.x >= out_width || at.y >= out_height;
          at.first_p = column < q;
          at.last_p = column >= p - q;
          at.last_m = m == m_blocks - 1;
          at.last_g = g == groups - 1;
          at.last = at.last_p && at.last_m && at.last_g;
          pixels.push_back(at);
        }
      }
    }
    return pixels;
  }
};

/// Width and height up to `size`, a walk that covers the tensor, with junk at the right and below
/// and up to `max_lead` columns at the left.
inline Raster random_raster(Random& random, int p, int size = 12, int max_m_blocks = 3, int q = 1,
                            int max_lead = 0) {
  Raster r;
  r.p = p;
  r.q = q;
  r.polyphase = random.chance(40);
  if (!r.polyphase) {
    r.bank = static_cast<int>(random.uniform(0, p - 1));
    r.column_step = random.chance(50) ? 1 : 2 * static_cast<int>(random.uniform(0, 1));
    r.skip_rows = random.chance(60) ? 0 : static_cast<int>(random.uniform(1, 3));
    r.skip_columns = random.chance(60) ? 0 : static_cast<int>(random.uniform(1, 15));
  }
  r.out_height = static_cast<int>(random.uniform(1, size));
  r.out_width = static_cast<int>(random.uniform(1, size));
  if (!r.polyphase && r.skip_columns == 0 && max_lead > 0) {
    r.lead = static_cast<int>(random.uniform(0, max_lead));
  }
  const int s = r.polyphase ? 1 : 0;
  r.out_width += r.lead;
  const int rows = (r.out_height + s) >> s << s;
  const int columns = (r.out_width + s) >> s << s;
  r.pitch = round_up(columns + static_cast<int>(random.chance(50) ? 0 : random.uniform(1, 4)), q);
  r.tensor_pitch = (r.column_step * (columns - r.lead) >> s) +
                   static_cast<int>(random.chance(50) ? 0 : random.uniform(1, 4));
  r.groups = (r.pitch * rows + p - 1) / p;
  r.m_blocks = static_cast<int>(random.uniform(1, max_m_blocks));
  r.words = r.m_blocks + static_cast<int>(random.uniform(0, 2));
  r.phase = (r.tensor_pitch * (rows >> s) + p - 1) / p * r.words;
  r.base = static_cast<int>(random.uniform(0, 200));
  return r;
}

/// The fields of a value of type rs_pkg::tensor_t, lowest bits first: field(width, value).
template <typename Field>
void tensor_fields(const Raster& r, Field field) {
  field(15, r.tensor_pitch / r.p * r.words);
  field(4, r.tensor_pitch % r.p);
  field(15, r.phase);
  field(15, r.words);
  field(15, r.base);
  field(4, r.bank);
  field(1, r.polyphase ? 1 : 0);
  field(1, r.column_step == 2 ? 1 : 0);
  field(1, r.column_step == 0 ? 1 : 0);
}

/// A value of type rs_pkg::pixel_t.
inline int pixel_bits(const Raster& r, const Raster::Pixel& q) {
  return (q.x >= r.pitch - r.q) << 9 | (q.x & 1) << 8 | (q.y & 1) << 7 | q.x_kept << 6 |
         q.y_kept << 5 | q.inside << 4 | q.fill << 3 | q.first_p << 2 | q.last_p << 1 |
         int{q.last_g};
}

/// A value of type rs_pkg::window_t: offsets d of -16 to 15 with 0 <= at + d < size.
inline int window_bits(int at, int size) {
  const int low = at < 16 ? 16 - at : 0;
  const int high = at < size + 16 ? size + 16 - at : 0;
  return (~low & 31) << 6 | (high > 31) << 5 | (~high & 31);
}

}  // namespace reshift
