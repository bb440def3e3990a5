// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <span>
#include <tuple>
#include <vector>

#include "compile/plan.hpp"
#include "isa/descriptors.hpp"

namespace reshift {

/// The weight blocks and tables of a program, each in it once.
class WeightBlocks {
 public:
  /// Both must outlive this object.
  WeightBlocks(const isa::Hardware& hw, const QNet& net) : hw_(hw), net_(net) {}

  /// What brings the list of an EXEC, all its channel parameters with the first block. Offsets are
  /// from the first block. Tiles come as row streams where that takes LOAD fewer cycles.
  const std::vector<isa::LoadWeights>& blocks_of(const ExecPlan& exec);

  /// Writes the table of a number, the first time; returns its offset from the first block.
  std::int64_t add_table(int number, std::span<const std::int16_t> codes);

  /// Whether `exec` can use the list and the parameters that `before`, the EXEC right before it,
  /// leaves in the weight memory.
  bool keeps_list(const ExecPlan& before, const ExecPlan& exec) const;

  std::span<const std::uint8_t> bytes() const { return bytes_; }

 private:
  using Key = std::tuple<std::size_t, int, int, std::vector<std::uint32_t>>;

  std::vector<isa::LoadWeights> write(const ExecPlan& exec);
  /// Where the next block begins.
  std::int64_t align();
  /// Of its M-blocks, M for each.
  std::vector<ChannelParams> params_of(const ExecPlan& exec) const;

  const isa::Hardware& hw_;
  const QNet& net_;
  std::vector<std::uint8_t> bytes_;
  std::map<Key, std::vector<isa::LoadWeights>> blocks_;
  std::map<int, std::int64_t> tables_;  ///< offsets by number
};

}  // namespace reshift
