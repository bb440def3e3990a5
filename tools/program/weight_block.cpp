// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "program/weight_block.hpp"

#include <array>
#include <cstring>

#include "base/error.hpp"
#include "base/integer.hpp"
#include "isa/fields.hpp"
#include "program/row_streams.hpp"

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
                                         std::int64_t uops, std::int64_t stream_items)
    : headers(param_blocks * hw.m * isa::param_bytes(hw)),
      tiles(headers + isa::pad_section(uops * std::int64_t{kHeaderBytes})),
      bytes(tiles + isa::pad_section(stream_items > 0 ? stream_items * isa::item_bytes(hw)
                                                      : uops * isa::tile_bytes(hw))) {}

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

isa::LoadWeights append_weight_block(const isa::Hardware& hw, std::span<const ChannelParams> params,
                                     std::span<const std::uint32_t> headers,
                                     std::span<const std::uint8_t> tiles_or_items,
                                     std::int64_t stream_items, std::vector<std::uint8_t>& bytes) {
  isa::LoadWeights d;
  d.uops = std::ssize(headers);
  d.param_blocks = std::ssize(params) / hw.m;
  d.stream_items = stream_items;
  d.offset = std::ssize(bytes);
  const WeightBlockSections sections(hw, d.param_blocks, d.uops, stream_items);
  const RecordFields fields = record_fields(hw);
  for (const ChannelParams& p : params) {
    Record record{};
    isa::set_signed(record, fields.bias, p.bias);
    isa::set(record, fields.mult, p.mult);
    isa::set(record, fields.shift, p.shift);
    append(bytes, record.data(), index(isa::param_bytes(hw)));
  }
  append(bytes, headers.data(), headers.size_bytes());
  bytes.resize(index(d.offset + sections.tiles), 0);
  append(bytes, tiles_or_items.data(), tiles_or_items.size());
  bytes.resize(index(d.offset + sections.bytes), 0);
  d.bytes = sections.bytes;
  d.block_checksum = block_checksum(std::span(bytes).subspan(index(d.offset)));
  return d;
}

std::uint32_t block_checksum(std::span<const std::uint8_t> block) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < block.size(); i += sizeof sum) {
    std::uint32_t word;
    std::memcpy(&word, block.data() + i, sizeof word);
    sum += word;
  }
  return isa::kDescriptorSum - sum;
}

WeightBlockView::WeightBlockView(const isa::Hardware& hw, std::span<const std::uint8_t> image,
                                 const isa::LoadWeights& d)
    : hw_(hw),
      param_blocks_(index(d.param_blocks)),
      uops_(index(d.uops)),
      stream_items_(index(d.stream_items)),
      sections_(hw, d.param_blocks, d.uops, d.stream_items) {
  if (d.bytes != sections_.bytes) {
    throw Error(
        "a weight block of {} bytes; {} M-blocks of parameters, {} micro-ops and {} items of row "
        "streams take {}",
        d.bytes, d.param_blocks, d.uops, d.stream_items, sections_.bytes);
  }
  if (d.offset + d.bytes > std::ssize(image)) throw Error("block outside the program window");
  bytes_ = image.subspan(index(d.offset), index(d.bytes));
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

std::vector<std::vector<std::int32_t>> WeightBlockView::weights() const {
  const int width = isa::term_width(hw_);
  const std::size_t tile_bytes = index(isa::tile_bytes(hw_));
  std::vector<std::uint8_t> made;
  std::span<const std::uint8_t> tiles = bytes_.subspan(index(sections_.tiles));
  if (stream_items_ > 0) {
    const auto items = tiles.first(stream_items_ * index(isa::item_bytes(hw_)));
    tiles = made = decode_row_streams(hw_, items, uops_);
  }
  std::vector<std::vector<std::int32_t>> all;
  for (std::size_t uop = 0; uop < uops_; ++uop) {
    const std::uint8_t* tile = tiles.data() + uop * tile_bytes;
    std::vector<std::int32_t>& weights = all.emplace_back(index(hw_.m * hw_.c));
    for (int m = 0, bit = 0; m < hw_.m; ++m) {
      for (int c = 0; c < hw_.c; ++c) {
        std::uint32_t code = 0;
        for (int i = 0; i < width; ++i, ++bit) code |= (tile[bit / 8] >> bit % 8 & 1u) << i;
        weights[index(c * hw_.m + m)] = decode_weight(code, hw_.weight_format);
      }
    }
  }
  return all;
}

}  // namespace reshift
