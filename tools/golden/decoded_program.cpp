// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "golden/decoded_program.hpp"

#include <bit>
#include <cstring>

#include "base/error.hpp"
#include "base/integer.hpp"
#include "isa/fields.hpp"

namespace reshift::golden {
namespace {

/// The typed descriptor, checked.
template <typename D>
D checked(const isa::Hardware& hw, const isa::Descriptor& words) {
  const D d = isa::decode<D>(words);
  isa::validate(d, hw);
  return d;
}

template <typename D>
Task task_of(const D& d, std::variant<Block, Table, Transfer, isa::Exec> work) {
  return {*engine_of(D::kOpcode),
          {d.wait_load, d.wait_exec, d.wait_store},
          {d.post_load, d.post_exec, d.post_store},
          std::move(work)};
}

template <typename D>
Task transfer_of(const D& d) {
  return task_of(d, Transfer{D::kOpcode, d.base, d.words, d.groups, d.offset});
}

Block read_block(const isa::Hardware& hw, std::span<const std::uint8_t> image,
                 const isa::LoadWeights& d) {
  if (d.offset % isa::kBlockAlign != 0) throw Error("block at byte {}", d.offset);
  const WeightBlockView view(hw, image, d);
  if (d.block_checksum != block_checksum(view.bytes())) {
    throw Error("the checksum of the weight block is wrong");
  }
  Block block;
  for (std::size_t i = 0; i < view.param_blocks(); ++i) {
    block.params.push_back(view.params(i));
    for (const ChannelParams& p : block.params.back()) {
      if (p.shift > isa::max_shift(hw)) throw Error("shift {}", p.shift);
      if (p.mult >= std::uint64_t{1} << hw.mult_w) throw Error("multiplier {}", p.mult);
    }
  }
  std::vector<std::vector<std::int32_t>> weights = view.weights();
  for (std::size_t i = 0; i < view.uops(); ++i) {
    block.uops.push_back({view.header(i), std::move(weights[i])});
    const int rotation = block.uops.back().header.rotation;
    if (rotation >= hw.p) throw Error("micro-op {} has rotation {}", i, rotation);
  }
  if (std::ssize(block.uops) > hw.wm_depth || std::ssize(block.params) > hw.pm_depth) {
    throw Error("block larger than the memory it is for");
  }
  return block;
}

Table read_table(std::span<const std::uint8_t> image, const isa::LoadTable& d) {
  if (d.offset % isa::kBlockAlign != 0) throw Error("table at byte {}", d.offset);
  if (d.offset + isa::kTableBytes > std::ssize(image)) {
    throw Error("table outside the program window");
  }
  Table table{static_cast<std::size_t>(d.number), {}};
  for (const std::uint8_t entry :
       image.subspan(static_cast<std::size_t>(d.offset), isa::kTableBytes)) {
    table.codes.push_back(static_cast<std::int8_t>(entry));
  }
  return table;
}

isa::Exec read_exec(const isa::Hardware& hw, const isa::Descriptor& words) {
  const auto d = checked<isa::Exec>(hw, words);
  if (d.m_blocks > hw.pm_depth) {
    throw Error("{} M-blocks exceed the parameter memory", d.m_blocks);
  }
  if (d.sum_group && (hw.post_lanes < hw.m || d.residual)) {
    throw Error(
        "sums of pixel groups beside a residual, or on a core with fewer lanes than channels");
  }
  if (d.pitch % isa::post_pixels(hw) != 0) {
    throw Error("a pitch of {} is no multiple of the {} pixels that the raster takes at once",
                d.pitch, isa::post_pixels(hw));
  }
  const std::int64_t rows = d.dst_polyphase ? (d.out_height + 1) / 2 * 2 : d.out_height;
  if ((d.groups - 1) * hw.p >= rows * d.pitch) {
    throw Error("{} pixel groups, the raster has {}", d.groups,
                ceil_div(rows * d.pitch, std::int64_t{hw.p}));
  }
  if (d.residual && d.res_factor > max_res_factor(hw.act_w)) {
    throw Error("residual factor {}, more than {}", d.res_factor, max_res_factor(hw.act_w));
  }
  if (d.product && (!d.residual || d.res_factor != 0)) {
    throw Error("a product without a residual, or with one that is added");
  }
  if (hw.mult_w == 1 &&
      (d.product ||
       (d.residual && !std::has_single_bit(static_cast<std::uint32_t>(d.res_factor))))) {
    throw Error("a product, or residual factor {}, on a core without multipliers", d.res_factor);
  }
  if (d.neighbours &&
      (hw.neighbours == 0 || d.max_mode || d.sum_group || d.uops > isa::kNeighbourUops)) {
    throw Error(
        "neighbours on a core without, in a maximum or a sum of pixel groups, or in a list of more "
        "than {} micro-ops",
        isa::kNeighbourUops);
  }
  if (d.lead > 0 &&
      (!d.neighbours || d.dst_polyphase || d.skip_columns > 0 || (d.residual && d.res_polyphase))) {
    throw Error(
        "columns before the first that is written: without neighbours, in a polyphase tensor, or "
        "where not all are written");
  }
  if (hw.requantise == 0 && (d.early > 0 || d.in_cut > 0)) {
    throw Error("codes that are bounded or sums that are rounded early on a core without");
  }
  if (d.in_cut >= std::int64_t{1} << hw.act_w) {
    throw Error("codes of {} bits cut by {}", hw.act_w, d.in_cut);
  }
  if ((d.dst_polyphase && (d.dst_double || d.skip_rows > 0 || d.skip_columns > 0)) ||
      (d.residual && d.res_polyphase && (d.res_double || d.res_broadcast))) {
    throw Error("a polyphase tensor whose pixels are not all written or read");
  }
  return d;
}

Task read_task(const isa::Hardware& hw, std::span<const std::uint8_t> image,
               const isa::Descriptor& words) {
  switch (isa::opcode(words)) {
    case isa::Opcode::kLoadWeights: {
      const auto d = checked<isa::LoadWeights>(hw, words);
      return task_of(d, read_block(hw, image, d));
    }
    case isa::Opcode::kLoadTable: {
      const auto d = checked<isa::LoadTable>(hw, words);
      return task_of(d, read_table(image, d));
    }
    case isa::Opcode::kLoadFeatures:
      return transfer_of(checked<isa::LoadFeatures>(hw, words));
    case isa::Opcode::kReloadFeatures:
      return transfer_of(checked<isa::ReloadFeatures>(hw, words));
    case isa::Opcode::kStoreFeatures:
      return transfer_of(checked<isa::StoreFeatures>(hw, words));
    case isa::Opcode::kExec: {
      const auto d = read_exec(hw, words);
      return task_of(d, d);
    }
    case isa::Opcode::kInit:
      throw Error("init must be the first, and only the first");
    case isa::Opcode::kEnd:
      break;
  }
  throw Error("unknown opcode {}", static_cast<unsigned>(isa::opcode(words)));
}

}  // namespace

DecodedProgram decode_program(const isa::Hardware& hw, std::span<const std::uint8_t> image) {
  DecodedProgram program;
  for (std::size_t index = 0;; ++index) {
    if ((index + 1) * isa::kDescriptorBytes > image.size()) {
      throw Error("the program has no end descriptor in its {} bytes", image.size());
    }
    isa::Descriptor words;
    std::memcpy(words.data(), image.data() + index * isa::kDescriptorBytes, sizeof words);
    try {
      if (isa::word_sum(words) != isa::kDescriptorSum) throw Error("checksum is wrong");
      const isa::Opcode opcode = isa::opcode(words);
      if (index == 0) {
        if (opcode != isa::Opcode::kInit) throw Error("init must be the first");
        program.init = checked<isa::Init>(hw, words);
      } else if (opcode == isa::Opcode::kEnd) {
        break;
      } else {
        program.tasks.push_back(read_task(hw, image, words));
      }
    } catch (const Error& e) {
      throw Error("descriptor {}: {}", index, e.what());
    }
  }
  if (program.tasks.empty()) throw Error("the program does nothing");
  return program;
}

}  // namespace reshift::golden
