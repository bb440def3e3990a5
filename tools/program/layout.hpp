// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "isa/isa.hpp"
#include "net/qnet.hpp"

namespace reshift {

/// How a tensor lies in the feature buffer and, in the same order, in memory
/// (docs/architecture.md, "Feature buffer" and "Memory formats").
struct Layout {
  int channels = 0, height = 0, width = 0;
  int pitch = 0;           ///< pixels a row (of one phase)
  bool polyphase = false;  ///< split into the four parity phases
  int words = 0;           ///< words of M channels a pixel
  int base = 0;            ///< word address of the group that pixel 0 is in
  int shift = 0;           ///< pixels of that group (and of the first one of each phase) before it
  int phase_step = 0;      ///< words of a bank from one phase to the next; 0: as many as one has

  int phases() const { return polyphase ? 4 : 1; }
  int phase_height() const { return polyphase ? (height + 1) / 2 : height; }
  int phase_width() const { return polyphase ? (width + 1) / 2 : width; }
  /// Groups of P pixels of one phase; the whole tensor when not polyphase.
  int phase_groups(const isa::Hardware& hw) const {
    return (shift + (phase_height() - 1) * pitch + phase_width() - 1) / hw.p + 1;
  }
  int groups(const isa::Hardware& hw) const { return phase_groups(hw) * phases(); }
  /// Words of a bank from one phase to the next.
  int phase_words(const isa::Hardware& hw) const {
    return phase_step > 0 ? phase_step : phase_groups(hw) * words;
  }
  /// Words of a bank that the tensor takes.
  int size(const isa::Hardware& hw) const { return groups(hw) * words; }
  /// Words of a bank from the first to the last one of its first `phases` phases.
  int extent(const isa::Hardware& hw, int phases) const {
    return (phases - 1) * phase_words(hw) + phase_groups(hw) * words;
  }
  /// Rows `first` to `first + count - 1`, where they lie; `first` is even when polyphase.
  Layout rows(const isa::Hardware& hw, int first, int count) const;
  /// A polyphase tensor's pixels in the order in which they lie, a row for each phase.
  Layout flat(const isa::Hardware& hw) const;
  /// Bytes of the tensor in memory.
  std::int64_t bytes(const isa::Hardware& hw) const;
  /// Linear pixel index of (y, x).
  std::int64_t pixel(const isa::Hardware& hw, int y, int x) const;
  bool same_shape(const Layout& o) const {
    return channels == o.channels && height == o.height && width == o.width && pitch == o.pitch &&
           polyphase == o.polyphase;
  }
  bool operator==(const Layout&) const = default;
};

/// Words of a pixel that `channels` channels take; an operation writes whole words.
inline int words_of(const isa::Hardware& hw, int channels) { return (channels + hw.m - 1) / hw.m; }

/// Codes [channel][y][x] to the bytes of a window; everything that is no pixel or channel is
/// `zero`.
void pack_tensor(const isa::Hardware& hw, const Layout& layout, std::span<const std::int32_t> codes,
                 int zero, std::span<std::uint8_t> bytes);

/// The inverse: codes [channel][y][x].
std::vector<std::int32_t> unpack_tensor(const isa::Hardware& hw, const Layout& layout,
                                        std::span<const std::uint8_t> bytes);

}  // namespace reshift
