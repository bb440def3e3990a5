// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "golden/decoded_program.hpp"
#include "golden/events.hpp"
#include "golden/feature_memory.hpp"

namespace reshift::golden {

/// The array: carries out the micro-ops of a list on a pixel group.
class ArrayModel {
 public:
  ArrayModel(const isa::Hardware& hw, FeatureMemory& memory)
      : hw_(hw),
        memory_(memory),
        c_blocks_(isa::c_blocks_per_word(hw)),
        history_(static_cast<std::size_t>(isa::kNeighbourUops)) {}

  void observe(ArrayObserver observer) { observer_ = std::move(observer); }

  /// Sums of all M-blocks of pixel group `group`, [m_block][column][row], valid until the next
  /// call. `descriptor` is for the observer. Throws Error when the list does not fit the
  /// operation, or an accumulator overflows.
  const std::vector<std::int32_t>& accumulate(std::size_t descriptor, const isa::Exec& x,
                                              std::int64_t group,
                                              const std::vector<const Uop*>& list);

 private:
  void place_columns(const isa::Exec& x, std::int64_t group);
  /// The activation vectors of all columns into vectors_[column][lane]; returns which C-block of
  /// its word they are.
  int gather(const isa::Exec& x, std::int64_t group, const UopHeader& header);
  /// The weights of a tile, [lane][row]; with digits, the upper plane adds the sign of the tile
  /// before.
  const std::vector<std::int32_t>& weights_of(const Uop& uop, const Uop* before);
  void accumulate_sum(const std::vector<std::int32_t>& weights, std::int32_t* sums) const;
  /// With neighbours: rows take their channel of columns to the left, too; `history`: what stood to
  /// the left of the first one, [column][lane], becomes that of the next group.
  void accumulate_beside(const std::vector<std::int32_t>& weights,
                         std::vector<std::int32_t>& history, std::int32_t* sums) const;
  void accumulate_max(const std::vector<std::int32_t>& weights, int c_block,
                      std::int32_t* sums) const;
  void check_sums() const;

  const isa::Hardware& hw_;
  FeatureMemory& memory_;
  int c_blocks_;
  std::vector<std::int32_t> sums_, vectors_, upper_;
  std::vector<std::int64_t> ys_, xs_;  ///< of the group's pixels
  /// The last columns of the group before, the last one first, of each micro-op.
  std::vector<std::vector<std::int32_t>> history_;
  ArrayObserver observer_;
};

}  // namespace reshift::golden
