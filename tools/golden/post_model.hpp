// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "golden/decoded_program.hpp"
#include "golden/feature_memory.hpp"
#include "golden/weight_rings.hpp"

namespace reshift::golden {

/// Post-processing of one operation: sums become codes, with a residual, if any, and go into the
/// feature buffer.
class PostModel {
 public:
  /// A word that it writes, its codes, pixel and M-block.
  struct Word {
    int bank, addr;
    std::span<const std::int16_t> codes;
    int y, x, m_block;
  };
  using Observer = std::function<void(const Word&)>;

  /// `number`: of the operation, counted over frames.
  /// `table`: the operation's, empty: none.
  PostModel(const isa::Hardware& hw, const isa::Exec& x, std::int64_t number,
            const WeightRings& rings, std::span<const std::int16_t> table, FeatureMemory& memory,
            const Observer& observer);

  /// The words of the next pixel group, from the sums [m_block][column][row]. Throws Error when one
  /// is outside of its bank.
  void write_group(const std::vector<std::int32_t>& sums);

 private:
  /// Walks the group's pixels for one M-block.
  void write_m_block(std::int64_t m_block, const std::int32_t* sums, PixelAddress& out,
                     PixelAddress& residual);
  /// Of an M-block's pixels, [row].
  const std::int32_t* sum_of(const std::int32_t* sums);
  /// Into codes_.
  void make_codes(std::size_t m_block, const std::int32_t* sums, const std::int16_t* residual);

  const isa::Hardware& hw_;
  const isa::Exec& x_;
  std::int64_t number_, group_ = 0;
  PostParams post_;
  const WeightRings& rings_;
  std::span<const std::int16_t> table_;
  FeatureMemory& memory_;
  const Observer& observer_;
  PixelAddress destination_, residual_;
  std::vector<std::int16_t> codes_;  ///< of a word
  std::vector<std::int32_t> total_;
};

}  // namespace reshift::golden
