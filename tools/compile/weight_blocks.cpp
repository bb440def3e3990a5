// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/weight_blocks.hpp"

#include <algorithm>

#include "base/integer.hpp"
#include "compile/window.hpp"
#include "cost/memory_policy.hpp"
#include "cost/transfers.hpp"
#include "program/row_streams.hpp"
#include "program/weight_block.hpp"

namespace reshift {
namespace {

/// The row streams that make `tiles`, or nothing where LOAD takes as long for them.
std::vector<std::uint8_t> shorter_streams(const isa::Hardware& hw,
                                          std::span<const std::uint8_t> tiles, std::size_t uops) {
  if (!hw.weight_streams) return {};
  std::vector<std::uint8_t> streams = encode_row_streams(hw, tiles);
  const std::int64_t items = std::ssize(streams) / isa::item_bytes(hw);
  const bool fits = items <= isa::field_mask(isa::load_weights::kStreamItems);
  const bool shorter =
      cost::stream_cycles(hw, items) < cost::tile_cycles(hw, static_cast<std::int64_t>(uops));
  return fits && shorter ? streams : std::vector<std::uint8_t>{};
}

}  // namespace

const std::vector<isa::LoadWeights>& WeightBlocks::blocks_of(const ExecPlan& exec) {
  const auto [found, fresh] =
      blocks_.try_emplace(Key(exec.op, exec.first_m_block, exec.m_blocks, exec.list->headers));
  if (fresh) found->second = write(exec);
  return found->second;
}

bool WeightBlocks::keeps_list(const ExecPlan& before, const ExecPlan& exec) const {
  const bool same_list = before.list == exec.list || (before.list->headers == exec.list->headers &&
                                                      before.list->tiles == exec.list->tiles);
  return before.step == exec.step && before.list->uops() <= index(hw_.wm_depth) && same_list &&
         params_of(before) == params_of(exec);
}

std::vector<isa::LoadWeights> WeightBlocks::write(const ExecPlan& exec) {
  std::vector<isa::LoadWeights> blocks;
  const ReductionList& list = *exec.list;
  const std::size_t most = index(cost::most_block_uops(hw_)), total = list.uops();
  const std::size_t tile = list.tiles.size() / total;
  for (std::size_t done = 0; done < total; done += most) {
    const std::size_t uops = std::min(most, total - done);
    const auto tiles = std::span(list.tiles).subspan(done * tile, uops * tile);
    const std::vector<std::uint8_t> items = shorter_streams(hw_, tiles, uops);
    align();
    blocks.push_back(append_weight_block(
        hw_, done == 0 ? params_of(exec) : std::vector<ChannelParams>{},
        std::span(list.headers).subspan(done, uops), items.empty() ? tiles : std::span(items),
        std::ssize(items) / isa::item_bytes(hw_), bytes_));
  }
  return blocks;
}

std::int64_t WeightBlocks::align() {
  bytes_.resize(index(align_window(std::ssize(bytes_))), 0);
  return std::ssize(bytes_);
}

std::int64_t WeightBlocks::add_table(int number, std::span<const std::int16_t> codes) {
  const auto [found, fresh] = tables_.try_emplace(number, 0);
  if (!fresh) return found->second;
  found->second = align();
  for (const std::int16_t code : codes) bytes_.push_back(static_cast<std::uint8_t>(code));
  return found->second;
}

std::vector<ChannelParams> WeightBlocks::params_of(const ExecPlan& exec) const {
  const QOp& op = net_.ops[exec.op];
  const int channels = net_.written_channels(op);
  std::vector<ChannelParams> params;
  for (int row = exec.first_m_block * hw_.m; row < (exec.first_m_block + exec.m_blocks) * hw_.m;
       ++row) {
    if (op.kind == QKind::kMaxPool) {
      params.push_back({-op.post.out_zero, 1, 0});  // the code itself
    } else {
      params.push_back(row < channels ? op.params[index(row)] : ChannelParams{});
    }
    if (op.kind != QKind::kConv && identity_weight(hw_.weight_format) == 2) {
      params.back().bias *= 2;
      ++params.back().shift;
    }
  }
  return params;
}

}  // namespace reshift
