// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "compile/strip.hpp"
#include "isa/descriptors.hpp"

namespace reshift {

/// The micro-ops that make one M-block of an operation: headers and weight tiles as they lie in
/// memory.
struct ReductionList {
  std::vector<std::uint32_t> headers;
  std::vector<std::uint8_t> tiles;
  std::size_t uops() const { return headers.size(); }
};

/// A tile of a list, wherever its operands lie: its tap and its C-block, of the input or of the
/// shortcut.
struct TilePlace {
  int ky = 0, kx = 0, c_block = 0;
  bool shortcut = false, plane = false;
};

/// What the list of an M-block has on every strip.
struct MBlockTiles {
  std::vector<TilePlace> places;
  std::vector<std::uint8_t> tiles;  ///< as they lie in memory
};

/// The tiles of M-block `m_block` (of what it writes) of an operation whose weights are as
/// in_format() leaves them. A tile without a term that is not zero is left out, unless it is the
/// only one.
MBlockTiles m_block_tiles(const isa::Hardware& hw, const QNet& net, const QOp& op, int m_block);

/// The tiles of a network, each M-block's made once for all strips and plans; also once for those
/// of another form of the network, `first`, that are the same.
class NetTiles {
 public:
  /// All must outlive this object.
  NetTiles(const isa::Hardware& hw, const QNet& net, NetTiles* first);
  const MBlockTiles& of(std::size_t op, int m_block);

 private:
  const isa::Hardware& hw_;
  const QNet& net_;
  NetTiles* first_;
  std::vector<bool> same_;  ///< by operation: as in `first_`
  std::map<std::pair<std::size_t, int>, MBlockTiles> made_;
};

/// The list of an M-block with these tiles, of an operation on a strip of the source that lies in
/// `source`, and of its shortcut, if any, in `shortcut`.
ReductionList reduction_list(const isa::Hardware& hw, const QNet& net, const QOp& op,
                             const MBlockTiles& tiles, const Strip& strip, const Layout& source,
                             const Layout& shortcut);

/// The list that adds all pixels of a map, P at a time, for one word of them: each lane adds up its
/// channel, and the sum of all columns is that of the map. The mask of a tap hides what is behind
/// the last pixel of a row, or of the map where rows lie without gaps.
ReductionList map_sum_list(const isa::Hardware& hw, const Layout& source);

/// Micro-ops of an operation's list of all M-blocks, those of the longest M-block, the cycles that
/// a pixel group takes, what words_beside_polyphase() says of it, and the list as one block without
/// parameters: how long LOAD takes for it. Empty tiles are counted, but
/// for the image's reader, and unless those of all taps of a C-block are empty: of channels that an
/// operation does not read.
struct ListSize {
  std::int64_t uops = 0, longest = 0, group_cycles = 0, words_beside = 0;
  isa::LoadWeights as_block;
};
/// Of all operations.
std::vector<ListSize> list_sizes(const isa::Hardware& hw, const QNet& net);

/// Why a tap's offset does not fit its header, or the padding mask, which is that of the input,
/// would hide pixels of the shortcut; empty when all fit.
std::string unreachable_tap(const QNet& net, const QOp& op);

/// Why an accumulator or a biased sum could overflow, empty when the proof holds: for every output
/// channel the sum of all |terms| times 2^(ActW-1) is below 2^(AccW-1), and with the bias below
/// 2^31.
std::string overflow(const isa::Hardware& hw, const QNet& net, const QOp& op);

}  // namespace reshift
