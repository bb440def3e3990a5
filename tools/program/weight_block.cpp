// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "program/weight_block.hpp"

#include <array>
#include <cstring>

#include "base/error.hpp"
#include "base/integer.hpp"
#include "isa/fields.hpp"

namespace reshift {
// The codes are those of net/numerics.hpp, their width is the contract's: the same for every
// format.
static_assert([] {
  static_assert(isa::kHalfOctave == kHalfOctave && isa::kDigits == kDigits);
  for (int format = 3; format <= 128 + 32; format += format == kDigits ? 128 + 2 - kDigits : 1) {
    if (isa::term_width({.weight_format = format}) != weight_bits(format)) return false;
  }
  return true;
}());

namespace {

constexpr std::size_t kHeaderBytes = 4;

/// A channel-parameter record: the words of the wide one, of which the other has the first two.
using Record = std::array<std::uint32_t, 4>;

/// Where a record's fields lie.
struct RecordFields {
  isa::Field bias, mult, shift;
};
constexpr RecordFields record_fields(const isa::Hardware& hw) {
  if (isa::wide_params(hw)) {
    return {isa::params_wide::kBias, isa::params_wide::kMult, isa::params_wide::kShift};
  }
  return {isa::params::kBias, isa::params::kMult, isa::params::kShift};
}

void append(std::vector<std::uint8_t>& bytes, const void* from, std::size_t count) {
  const auto* first = static_cast<const std::uint8_t*>(from);
  bytes.insert(bytes.end(), first, first + count);
}

}  // namespace

WeightBlockSections::WeightBlockSections(const isa::Hardware& hw, std::int64_t param_blocks,
                                         std::int64_t uops)
    : headers(param_blocks * hw.m * isa::param_bytes(hw)),
      tiles(headers + isa::pad_section(uops * std::int64_t{kHeaderBytes})),
      bytes(tiles + isa::pad_section(uops * isa::tile_bytes(hw))) {}

std::uint32_t encode_header(const UopHeader& header) {
  namespace h = isa::header;
  std::uint32_t bits = 0;
  const std::span word(&bits, 1);
  isa::set(word, h::kOffset, header.offset);
  isa::set(word, h::kRotation, header.rotation);
  isa::set_signed(word, h::kDy, header.dy);
  isa::set_signed(word, h::kDx, header.dx);
  isa::set(word, h::kSource, header.source);
  isa::set(word, h::kPlane, header.plane);
  isa::set(word, h::kLast, header.last);
  return bits;
}

UopHeader decode_header(std::uint32_t bits) {
  namespace h = isa::header;
  const std::span<const std::uint32_t> word(&bits, 1);
  return {static_cast<int>(isa::get(word, h::kOffset)),
          static_cast<int>(isa::get(word, h::kRotation)),
          isa::get_signed(word, h::kDy),
          isa::get_signed(word, h::kDx),
          static_cast<int>(isa::get(word, h::kSource)),
          isa::get(word, h::kPlane) != 0,
          isa::get(word, h::kLast) != 0};
}

void append_tile(const isa::Hardware& hw, std::span<const int> weights,
                 std::vector<std::uint8_t>& tiles) {
  const int width = isa::term_width(hw);
  const std::size_t start = tiles.size();
  tiles.resize(start + index(isa::tile_bytes(hw)), 0);
  std::size_t bit = 0;
  for (const int weight : weights) {
    if (!weight_fits(weight, hw.weight_format)) {
      throw Error("the weight {} does not fit {} bits of {}", weight, width, hw.name);
    }
    const std::uint32_t code = encode_weight(weight, hw.weight_format);
    for (int i = 0; i < width; ++i, ++bit) {
      tiles[start + bit / 8] |= static_cast<std::uint8_t>((code >> i & 1) << bit % 8);
    }
  }
}

void append_weight_block(const isa::Hardware& hw, std::span<const ChannelParams> params,
                         std::span<const std::uint32_t> headers,
                         std::span<const std::uint8_t> tiles, std::vector<std::uint8_t>& bytes) {
  const WeightBlockSections sections(hw, std::ssize(params) / hw.m, std::ssize(headers));
  const std::size_t start = bytes.size();
  const RecordFields fields = record_fields(hw);
  for (const ChannelParams& p : params) {
    Record record{};
    isa::set_signed(record, fields.bias, p.bias);
    isa::set(record, fields.mult, p.mult);
    isa::set(record, fields.shift, p.shift);
    append(bytes, record.data(), index(isa::param_bytes(hw)));
  }
  append(bytes, headers.data(), headers.size_bytes());
  bytes.resize(start + index(sections.tiles), 0);
  append(bytes, tiles.data(), tiles.size());
  bytes.resize(start + index(sections.bytes), 0);
}

WeightBlockView::WeightBlockView(const isa::Hardware& hw, std::span<const std::uint8_t> bytes,
                                 std::int64_t param_blocks, std::int64_t uops)
    : hw_(hw),
      bytes_(bytes),
      param_blocks_(index(param_blocks)),
      uops_(index(uops)),
      sections_(hw, param_blocks, uops) {
  if (std::ssize(bytes) != sections_.bytes) {
    throw Error("a weight block of {} bytes; {} M-blocks of parameters and {} micro-ops take {}",
                bytes.size(), param_blocks, uops, sections_.bytes);
  }
}

std::vector<ChannelParams> WeightBlockView::params(std::size_t m_block) const {
  std::vector<ChannelParams> params;
  const RecordFields fields = record_fields(hw_);
  const std::size_t size = index(isa::param_bytes(hw_));
  for (std::size_t row = 0; row < index(hw_.m); ++row) {
    Record record;
    std::memcpy(record.data(), bytes_.data() + (m_block * index(hw_.m) + row) * size, size);
    params.push_back({isa::get_signed(record, fields.bias), isa::get(record, fields.mult),
                      static_cast<std::uint8_t>(isa::get(record, fields.shift))});
  }
  return params;
}

UopHeader WeightBlockView::header(std::size_t uop) const {
  std::uint32_t word;
  std::memcpy(&word, bytes_.data() + index(sections_.headers) + uop * kHeaderBytes, kHeaderBytes);
  return decode_header(word);
}

std::vector<std::int32_t> WeightBlockView::weights(std::size_t uop) const {
  const int width = isa::term_width(hw_);
  const std::uint8_t* tile =
      bytes_.data() + index(sections_.tiles) + uop * index(isa::tile_bytes(hw_));
  std::vector<std::int32_t> weights(index(hw_.m * hw_.c));
  for (int m = 0, bit = 0; m < hw_.m; ++m) {
    for (int c = 0; c < hw_.c; ++c) {
      std::uint32_t code = 0;
      for (int i = 0; i < width; ++i, ++bit) code |= (tile[bit / 8] >> bit % 8 & 1u) << i;
      weights[index(c * hw_.m + m)] = decode_weight(code, hw_.weight_format);
    }
  }
  return weights;
}

}  // namespace reshift
