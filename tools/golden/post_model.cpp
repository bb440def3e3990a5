// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "golden/post_model.hpp"

#include <algorithm>
#include <cstdlib>

#include "base/error.hpp"

namespace reshift::golden {
namespace {

PostParams post_params(const isa::Exec& x) {
  const auto code = [](std::int64_t value) { return static_cast<std::int32_t>(value); };
  return {.out_zero = code(x.out_zero),
          .lo = code(x.lo),
          .hi = code(x.hi),
          .res_zero = code(x.res_zero),
          .res_factor = static_cast<std::uint32_t>(x.residual ? x.res_factor : 0),
          .round = static_cast<RoundMode>(x.round_mode),
          .product = x.product,
          .early = static_cast<int>(x.early)};
}

}  // namespace

PostModel::PostModel(const isa::Hardware& hw, const isa::Exec& x, std::int64_t number,
                     const WeightRings& rings, std::span<const std::int16_t> table,
                     FeatureMemory& memory, const Observer& observer)
    : hw_(hw),
      x_(x),
      number_(number),
      post_(post_params(x)),
      rings_(rings),
      table_(table),
      memory_(memory),
      observer_(observer),
      destination_(hw, {x.dst_base, x.dst_bank, x.dst_words, x.dst_phase, x.dst_row_bank,
                        x.dst_row_addr, x.dst_polyphase, x.dst_double ? 2 : 1}),
      residual_(hw, {x.res_base, x.res_bank, x.res_words, x.res_phase, x.res_row_bank,
                     x.res_row_addr, x.res_polyphase,
                     x.res_broadcast ? 0
                     : x.res_double  ? 2
                                     : 1}),
      codes_(static_cast<std::size_t>(hw.m)) {}

void PostModel::write_group(const std::vector<std::int32_t>& sums) {
  // Each M-block walks the group's pixels anew, from where the group begins.
  const PixelAddress destination = destination_, residual = residual_;
  for (std::int64_t m_block = 0; m_block < x_.m_blocks; ++m_block) {
    destination_ = destination;
    residual_ = residual;
    const std::int32_t* block = sums.data() + m_block * hw_.p * hw_.m;
    write_m_block(m_block, x_.sum_group ? sum_of(block) : block, destination_, residual_);
  }
  ++group_;
}

const std::int32_t* PostModel::sum_of(const std::int32_t* sums) {
  total_.assign(sums, sums + hw_.m);
  for (int column = 1; column < hw_.p; ++column) {
    for (int row = 0; row < hw_.m; ++row) {
      std::int32_t& total = total_[static_cast<std::size_t>(row)];
      total += sums[column * hw_.m + row];
      if (std::abs(std::int64_t{total}) >= std::int64_t{1} << (hw_.acc_w - 1)) {
        throw Error("the sum of a pixel group leaves {} bits", hw_.acc_w);
      }
    }
  }
  return total_.data();
}

void PostModel::write_m_block(std::int64_t m_block, const std::int32_t* sums, PixelAddress& out,
                              PixelAddress& residual) {
  const int s = x_.dst_polyphase ? 1 : 0, pixels = x_.sum_group ? 1 : hw_.p;
  for (int column = 0; column < pixels; ++column, sums += hw_.m) {
    const std::int64_t pixel = group_ * hw_.p + column;
    const int y = static_cast<int>(pixel / x_.pitch), x = static_cast<int>(pixel % x_.pitch);
    if (x >> s > (x_.out_width - 1) >> s || y >> s > (x_.out_height - 1) >> s) continue;
    const auto every_row = static_cast<int>(x_.skip_rows) + 1;
    const auto every_column = static_cast<int>(x_.skip_columns) + 1;
    const int kept_x = x - static_cast<int>(x_.lead);
    if (y % every_row != 0 || kept_x < 0 || kept_x % every_column != 0) continue;
    const int row = y / every_row, across = kept_x / every_column;
    const auto [bank, base] = out.address(row, across);
    const std::int64_t addr = base + m_block;
    if (x >= x_.out_width || y >= x_.out_height) {
      std::fill(codes_.begin(), codes_.end(), static_cast<std::int16_t>(x_.out_zero));
    } else if (x_.residual) {
      const auto from = residual.address(row, across);
      make_codes(static_cast<std::size_t>(m_block), sums,
                 memory_.word(from.bank, from.addr + m_block));
    } else {
      make_codes(static_cast<std::size_t>(m_block), sums, nullptr);
    }
    if (addr >= hw_.fb_depth) throw Error("writes word {} of a bank", addr);
    const Word word{static_cast<int>(bank),   static_cast<int>(addr), codes_, row, across,
                    static_cast<int>(m_block)};
    if (observer_) observer_(word);
    // Only the last M-block completes pixels of the raster.
    const std::int64_t order = m_block + 1 == x_.m_blocks ? pixel : group_ * hw_.p;
    memory_.write_result(number_, order, word.bank, word.addr, codes_);
  }
}

void PostModel::make_codes(std::size_t m_block, const std::int32_t* sums,
                           const std::int16_t* residual) {
  const std::vector<ChannelParams>& params = rings_.params(m_block);
  for (std::size_t m = 0; m < codes_.size(); ++m) {
    codes_[m] = static_cast<std::int16_t>(
        post_process(sums[m], residual ? residual[m] : 0, params[m], post_, hw_.act_w));
    if (!table_.empty()) {
      codes_[m] = table_[static_cast<std::size_t>(codes_[m] - code_min(hw_.act_w))];
    }
  }
}

}  // namespace reshift::golden
