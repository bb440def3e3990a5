// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/weight_blocks.hpp"

#include <algorithm>
#include <array>

#include "base/integer.hpp"
#include "compile/window.hpp"
#include "cost/memory_policy.hpp"
#include "isa/fields.hpp"

namespace reshift {

const std::vector<WeightBlock>& WeightBlocks::blocks_of(const ExecPlan& exec) {
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

std::vector<WeightBlock> WeightBlocks::write(const ExecPlan& exec) {
  std::vector<WeightBlock> blocks;
  const std::size_t most = index(cost::most_block_uops(hw_)), total = exec.list->uops();
  for (std::size_t done = 0; done < total; done += most) {
    WeightBlock block{.uops = std::min(most, total - done)};
    bytes_.resize(index(align_window(std::ssize(bytes_))), 0);
    block.offset = std::ssize(bytes_);
    if (done == 0) {
      block.param_blocks = exec.m_blocks;
      const std::vector<std::uint32_t> records = params_of(exec);
      const auto* bytes = reinterpret_cast<const std::uint8_t*>(records.data());
      bytes_.insert(bytes_.end(), bytes, bytes + records.size() * 4);
    }
    const auto* headers = reinterpret_cast<const std::uint8_t*>(exec.list->headers.data() + done);
    append_section({headers, block.uops * 4});
    const std::size_t tile = exec.list->tiles.size() / total;
    append_section({exec.list->tiles.data() + done * tile, block.uops * tile});
    block.bytes = std::ssize(bytes_) - block.offset;
    blocks.push_back(block);
  }
  return blocks;
}

void WeightBlocks::append_section(std::span<const std::uint8_t> section) {
  bytes_.insert(bytes_.end(), section.begin(), section.end());
  const std::int64_t pad = isa::pad_section(std::ssize(section)) - std::ssize(section);
  bytes_.insert(bytes_.end(), index(pad), 0);
}

std::vector<std::uint32_t> WeightBlocks::params_of(const ExecPlan& exec) const {
  const QOp& op = net_.ops[exec.op];
  const int channels = net_.written_channels(op);
  std::vector<std::uint32_t> records;
  for (int row = exec.first_m_block * hw_.m; row < (exec.first_m_block + exec.m_blocks) * hw_.m;
       ++row) {
    ChannelParams p;
    if (op.kind == QKind::kMaxPool) {
      p = {-op.post.out_zero, 1, 0};  // the code itself
    } else if (row < channels) {
      p = op.params[index(row)];
    }
    std::array<std::uint32_t, 2> words{};
    isa::set_signed(words, isa::params::kBias, p.bias);
    isa::set(words, isa::params::kMult, p.mult);
    isa::set(words, isa::params::kShift, p.shift);
    records.insert(records.end(), words.begin(), words.end());
  }
  return records;
}

}  // namespace reshift
