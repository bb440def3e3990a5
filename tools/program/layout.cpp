// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "program/layout.hpp"

#include "base/error.hpp"
#include "isa/fields.hpp"

namespace reshift {
namespace {

/// Calls visit(index of the code in [channel][y][x], index of its channel in the window).
template <typename Visit>
void for_each_code(const isa::Hardware& hw, const Layout& layout, Visit visit) {
  std::size_t code = 0;
  for (int c = 0; c < layout.channels; ++c) {
    for (int y = 0; y < layout.height; ++y) {
      for (int x = 0; x < layout.width; ++x, ++code) {
        // A group's words 0 of all P pixels, then its words 1.
        const std::int64_t pixel = layout.pixel(hw, y, x);
        const std::int64_t word = (pixel / hw.p * layout.words + c / hw.m) * hw.p + pixel % hw.p;
        visit(code, static_cast<std::size_t>(word * hw.m + c % hw.m));
      }
    }
  }
}

void check_sizes(const isa::Hardware& hw, const Layout& layout, std::size_t bytes) {
  if (static_cast<std::int64_t>(bytes) != layout.bytes(hw)) {
    throw Error("a tensor window has {} bytes, expected {}", bytes, layout.bytes(hw));
  }
}

}  // namespace

std::int64_t Layout::bytes(const isa::Hardware& hw) const {
  return std::int64_t{size(hw)} * hw.p * hw.m * isa::code_bytes(hw);
}

Layout Layout::rows(const isa::Hardware& hw, int first, int count) const {
  const int pixels = shift + (polyphase ? first / 2 : first) * pitch;
  Layout part = *this;
  part.phase_step = phase_words(hw);
  part.base += pixels / hw.p * words;
  part.shift = pixels % hw.p;
  part.height = count;
  return part;
}

Layout Layout::flat(const isa::Hardware& hw) const {
  Layout part = *this;
  part.polyphase = false;
  part.height = 4;
  part.width = (phase_height() - 1) * pitch + phase_width();
  part.pitch = phase_words(hw) / words * hw.p;
  part.phase_step = 0;
  return part;
}

std::int64_t Layout::pixel(const isa::Hardware& hw, int y, int x) const {
  if (!polyphase) return shift + std::int64_t{y} * pitch + x;
  const int phase = 2 * (y & 1) + (x & 1);
  return (std::int64_t{phase} * phase_groups(hw)) * hw.p + shift + std::int64_t{y >> 1} * pitch +
         (x >> 1);
}

void pack_tensor(const isa::Hardware& hw, const Layout& layout, std::span<const std::int32_t> codes,
                 int zero, std::span<std::uint8_t> bytes) {
  check_sizes(hw, layout, bytes.size());
  const auto put = [&](std::size_t at, int code) {
    if (isa::code_bytes(hw) == 1) {
      bytes[at] = static_cast<std::uint8_t>(code);
    } else {
      bytes[2 * at] = static_cast<std::uint8_t>(code);
      bytes[2 * at + 1] = static_cast<std::uint8_t>(code >> 8);
    }
  };
  for (std::size_t i = 0; i < bytes.size() / static_cast<std::size_t>(isa::code_bytes(hw)); ++i) {
    put(i, zero);
  }
  for_each_code(hw, layout, [&](std::size_t code, std::size_t at) { put(at, codes[code]); });
}

std::vector<std::int32_t> unpack_tensor(const isa::Hardware& hw, const Layout& layout,
                                        std::span<const std::uint8_t> bytes) {
  check_sizes(hw, layout, bytes.size());
  std::vector<std::int32_t> codes(static_cast<std::size_t>(layout.channels) *
                                  static_cast<std::size_t>(layout.height) *
                                  static_cast<std::size_t>(layout.width));
  for_each_code(hw, layout, [&](std::size_t code, std::size_t at) {
    codes[code] = isa::code_bytes(hw) == 1
                      ? static_cast<std::int8_t>(bytes[at])
                      : static_cast<std::int16_t>(bytes[2 * at] | bytes[2 * at + 1] << 8);
  });
  return codes;
}

}  // namespace reshift
