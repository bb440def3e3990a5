// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "isa/descriptors.hpp"
#include "net/numerics.hpp"

/// The weight block of a `load_weights`, written and read (docs/reference/weight-block.md): channel
/// parameters, micro-op headers, weight tiles or the row streams that make them.
namespace reshift {

/// Where the sections of a weight block begin, and how long it is, in bytes.
struct WeightBlockSections {
  /// `stream_items`: of row streams, 0: tiles.
  WeightBlockSections(const isa::Hardware& hw, std::int64_t param_blocks, std::int64_t uops,
                      std::int64_t stream_items);
  std::int64_t headers, tiles, bytes;  ///< the parameters are at 0
};

/// The header of a micro-op, see isa::header.
struct UopHeader {
  int offset = 0;    ///< C-blocks, modulo the feature buffer
  int rotation = 0;  ///< pixels, 0 to P - 1
  int dy = 0, dx = 0;
  int source = 0;      ///< 0 or 1
  bool plane = false;  ///< digits: the tile is of the upper plane
  bool last = false;   ///< of the M-block
};
/// Throws Error naming the field whose value has no room in its bits.
std::uint32_t encode_header(const UopHeader& header);
UopHeader decode_header(std::uint32_t word);

/// Appends the tile of `weights` [row][lane], M x C of them, to `tiles`. Throws Error when a weight
/// does not fit the format of `hw`.
void append_tile(const isa::Hardware& hw, std::span<const int> weights,
                 std::vector<std::uint8_t>& tiles);

/// Appends a block to `bytes`: the parameters of whole M-blocks, M for each, headers, and as many
/// tiles as headers, or `stream_items` items of row streams that make them. Returns what its
/// descriptor says of it.
isa::LoadWeights append_weight_block(const isa::Hardware& hw, std::span<const ChannelParams> params,
                                     std::span<const std::uint32_t> headers,
                                     std::span<const std::uint8_t> tiles_or_items,
                                     std::int64_t stream_items, std::vector<std::uint8_t>& bytes);

/// The checksum of a block: it makes the sum of itself and of the block's 32-bit words
/// isa::kDescriptorSum.
std::uint32_t block_checksum(std::span<const std::uint8_t> block);

/// A block that lies in memory, which must outlive the view.
class WeightBlockView {
 public:
  /// The block of `d` in the program window `image`. Throws Error when it is not inside, or not as
  /// long as its sections.
  WeightBlockView(const isa::Hardware& hw, std::span<const std::uint8_t> image,
                  const isa::LoadWeights& d);

  std::span<const std::uint8_t> bytes() const { return bytes_; }

  std::size_t param_blocks() const { return param_blocks_; }
  std::size_t uops() const { return uops_; }
  /// The parameters of an M-block, M of them.
  std::vector<ChannelParams> params(std::size_t m_block) const;
  UopHeader header(std::size_t uop) const;
  /// The weights of all tiles, [tile][lane][row]. Throws Error when row streams do not make them.
  std::vector<std::vector<std::int32_t>> weights() const;

 private:
  const isa::Hardware& hw_;
  std::span<const std::uint8_t> bytes_;
  std::size_t param_blocks_, uops_, stream_items_;
  WeightBlockSections sections_;
};

}  // namespace reshift
