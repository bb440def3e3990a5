// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "isa/isa.hpp"
#include "net/numerics.hpp"

/// The weight block of a `load_weights`, written and read (docs/reference/weight-block.md): channel
/// parameters, micro-op headers, weight tiles.
namespace reshift {

/// Where the sections of a weight block begin, and how long it is, in bytes.
struct WeightBlockSections {
  WeightBlockSections(const isa::Hardware& hw, std::int64_t param_blocks, std::int64_t uops);
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

/// Appends a block to `bytes`: the parameters of whole M-blocks, M for each, and as many tiles as
/// headers.
void append_weight_block(const isa::Hardware& hw, std::span<const ChannelParams> params,
                         std::span<const std::uint32_t> headers,
                         std::span<const std::uint8_t> tiles, std::vector<std::uint8_t>& bytes);

/// A block that lies in memory, which must outlive the view.
class WeightBlockView {
 public:
  /// Throws Error when `bytes` is not as long as the block.
  WeightBlockView(const isa::Hardware& hw, std::span<const std::uint8_t> bytes,
                  std::int64_t param_blocks, std::int64_t uops);

  std::size_t param_blocks() const { return param_blocks_; }
  std::size_t uops() const { return uops_; }
  /// The parameters of an M-block, M of them.
  std::vector<ChannelParams> params(std::size_t m_block) const;
  UopHeader header(std::size_t uop) const;
  /// The weights of a tile, [lane][row].
  std::vector<std::int32_t> weights(std::size_t uop) const;

 private:
  const isa::Hardware& hw_;
  std::span<const std::uint8_t> bytes_;
  std::size_t param_blocks_, uops_;
  WeightBlockSections sections_;
};

}  // namespace reshift
