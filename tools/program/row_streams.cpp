// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "program/row_streams.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/integer.hpp"

namespace reshift {
namespace {

/// Where the codes of a row lie in tiles.
class TileCodes {
 public:
  explicit TileCodes(const isa::Hardware& hw)
      : width_(index(isa::term_width(hw))),
        lanes_(index(hw.c)),
        tile_bytes_(index(isa::tile_bytes(hw))) {}

  std::size_t tile_bytes() const { return tile_bytes_; }
  std::uint32_t get(std::span<const std::uint8_t> tiles, std::size_t tile, std::size_t row,
                    std::size_t lane) const {
    std::uint32_t code = 0;
    for (std::size_t i = 0, bit = bit_of(row, lane); i < width_; ++i, ++bit) {
      code |= (tiles[tile * tile_bytes_ + bit / 8] >> bit % 8 & 1u) << i;
    }
    return code;
  }
  void set(std::span<std::uint8_t> tiles, std::size_t tile, std::size_t row, std::size_t lane,
           std::uint32_t code) const {
    for (std::size_t i = 0, bit = bit_of(row, lane); i < width_; ++i, ++bit) {
      std::uint8_t& byte = tiles[tile * tile_bytes_ + bit / 8];
      byte = static_cast<std::uint8_t>((byte & ~(1u << bit % 8)) | (code >> i & 1u) << bit % 8);
    }
  }

 private:
  std::size_t bit_of(std::size_t row, std::size_t lane) const {
    return (row * lanes_ + lane) * width_;
  }

  std::size_t width_, lanes_, tile_bytes_;
};

}  // namespace

std::vector<std::uint8_t> encode_row_streams(const isa::Hardware& hw,
                                             std::span<const std::uint8_t> tiles) {
  const TileCodes codes(hw);
  const std::size_t rows = index(hw.m), lanes = index(hw.c), bytes = index(isa::entry_bytes(hw));
  const auto zero = static_cast<std::uint32_t>(isa::zero_code(hw));
  const int code_width = isa::term_width(hw);
  const auto entry = [&](std::size_t lane, std::uint32_t code) {
    return static_cast<std::uint32_t>(lane) << code_width | code;
  };
  const std::uint32_t end = entry(lanes - 1, zero), empty = entry(0, zero);
  std::vector<std::vector<std::uint32_t>> streams(rows);
  std::size_t items = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    std::vector<std::uint32_t>& stream = streams[row];
    std::size_t before = lanes - 1;  // lane of the entry before; after an end the highest
    for (std::size_t tile = 0; tile < tiles.size() / codes.tile_bytes(); ++tile) {
      bool fresh = true;
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        const std::uint32_t code = codes.get(tiles, tile, row, lane);
        if (code == zero) continue;
        if (fresh && lane > before) stream.push_back(end);
        stream.push_back(entry(lane, code));
        before = lane;
        fresh = false;
      }
      if (fresh) {
        stream.push_back(empty);
        before = lanes - 1;
      }
    }
    items = std::max(items, stream.size());
  }
  std::vector<std::uint8_t> out;
  out.reserve(items * rows * bytes);
  for (std::size_t i = 0; i < items; ++i) {
    for (const std::vector<std::uint32_t>& stream : streams) {
      const std::uint32_t value = i < stream.size() ? stream[i] : end;
      for (std::size_t b = 0; b < bytes; ++b) {
        out.push_back(static_cast<std::uint8_t>(value >> 8 * b));
      }
    }
  }
  return out;
}

std::vector<std::uint8_t> decode_row_streams(const isa::Hardware& hw,
                                             std::span<const std::uint8_t> items,
                                             std::size_t uops) {
  const TileCodes codes(hw);
  const std::size_t rows = index(hw.m), lanes = index(hw.c), bytes = index(isa::entry_bytes(hw));
  const auto zero = static_cast<std::uint32_t>(isa::zero_code(hw));
  const int code_width = isa::term_width(hw);
  std::vector<std::uint8_t> tiles(uops * codes.tile_bytes());
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t tile = 0; tile < uops; ++tile) {
      for (std::size_t lane = 0; lane < lanes; ++lane) codes.set(tiles, tile, row, lane, zero);
    }
    std::size_t made = 0, before = lanes - 1;
    for (std::size_t at = row * bytes; at < items.size(); at += rows * bytes) {
      std::uint32_t value = 0;
      for (std::size_t b = 0; b < bytes; ++b) value |= std::uint32_t{items[at + b]} << 8 * b;
      const std::uint32_t code = value & ((1u << code_width) - 1);
      const std::size_t lane = value >> code_width & (lanes - 1);
      const bool ends = code == zero && lane == lanes - 1;
      if (!ends && lane <= before && ++made > uops) {
        throw Error("the row stream of row {} makes more than {} tiles", row, uops);
      }
      if (!ends) codes.set(tiles, made - 1, row, lane, code);
      before = code == zero && (ends || lane == 0) ? lanes - 1 : lane;
    }
    if (made != uops) {
      throw Error("the row stream of row {} makes {} of {} tiles", row, made, uops);
    }
  }
  return tiles;
}

}  // namespace reshift
