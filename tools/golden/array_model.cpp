// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "golden/array_model.hpp"

#include <algorithm>
#include <limits>

#include "base/error.hpp"
#include "program/neighbours.hpp"

namespace reshift::golden {
namespace {

std::int32_t wrapping_add(std::int32_t a, std::int32_t b) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) + static_cast<std::uint32_t>(b));
}

}  // namespace

const std::vector<std::int32_t>& ArrayModel::accumulate(std::size_t descriptor, const isa::Exec& x,
                                                        std::int64_t group,
                                                        const std::vector<const Uop*>& list) {
  const int block_size = hw_.p * hw_.m;
  sums_.assign(static_cast<std::size_t>(x.m_blocks * block_size), 0);
  place_columns(x, group);
  const std::int32_t start =
      x.max_mode ? std::numeric_limits<std::int32_t>::min() >> (32 - hw_.acc_w) : 0;
  std::int64_t m_block = -1;
  std::size_t place = 0;
  const Uop* before = nullptr;
  for (const Uop* uop : list) {
    const UopHeader& header = uop->header;
    const bool first = before == nullptr || before->header.last;
    if (first && ++m_block == x.m_blocks) {
      throw Error("the list has more M-blocks than the descriptor");
    }
    std::int32_t* sums = sums_.data() + m_block * block_size;
    if (first) std::fill_n(sums, block_size, start);
    const std::vector<std::int32_t>& weights = weights_of(*uop, before);
    const int c_block = gather(x, group, header);
    if (observer_) {
      observer_({descriptor, vectors_, uop->weights, first, header.last, x.max_mode, c_block});
    }
    if (x.neighbours) {
      std::vector<std::int32_t>& history = history_[place++];
      if (group == 0) {
        history.assign(static_cast<std::size_t>(hw_.neighbours * hw_.c),
                       static_cast<std::int32_t>(x.in_zero));
      }
      accumulate_beside(weights, history, sums);
    } else {
      x.max_mode ? accumulate_max(weights, c_block, sums) : accumulate_sum(weights, sums);
    }
    before = uop;
  }
  if (before == nullptr || !before->header.last || m_block + 1 != x.m_blocks) {
    throw Error("the list has {} M-blocks, the descriptor {}", m_block + 1, x.m_blocks);
  }
  check_sums();
  return sums_;
}

void ArrayModel::place_columns(const isa::Exec& x, std::int64_t group) {
  ys_.resize(static_cast<std::size_t>(hw_.p));
  xs_.resize(static_cast<std::size_t>(hw_.p));
  for (std::size_t column = 0; column < ys_.size(); ++column) {
    const std::int64_t pixel = group * hw_.p + static_cast<std::int64_t>(column);
    ys_[column] = pixel / x.pitch;
    xs_[column] = pixel % x.pitch;
  }
  vectors_.resize(static_cast<std::size_t>(hw_.p * hw_.c));
}

int ArrayModel::gather(const isa::Exec& x, std::int64_t group, const UopHeader& header) {
  const std::int64_t step = header.source ? x.src1_step : x.src0_step;
  const std::int64_t base = header.source ? x.src1_base : x.src0_base;
  const std::int64_t address = base + group * step + header.offset;
  std::int32_t* to = vectors_.data();
  for (int column = 0; column < hw_.p; ++column, to += hw_.c) {
    const std::int64_t y = ys_[static_cast<std::size_t>(column)] + header.dy,
                       across = xs_[static_cast<std::size_t>(column)] + header.dx;
    if (y < 0 || y >= x.in_height || across < 0 || across >= x.in_width) {
      std::fill_n(to, hw_.c, static_cast<std::int32_t>(x.in_zero));
      continue;
    }
    const int bank = (column + header.rotation) % hw_.p;
    const std::int64_t c_block = address + (bank < header.rotation ? step : 0);
    std::copy_n(memory_.word(bank, c_block / c_blocks_) + c_block % c_blocks_ * hw_.c, hw_.c, to);
  }
  const std::int32_t highest = code_max(hw_.act_w) - static_cast<std::int32_t>(x.in_cut);
  for (std::int32_t& code : vectors_) code = std::min(code, highest);
  return static_cast<int>(address % c_blocks_);
}

const std::vector<std::int32_t>& ArrayModel::weights_of(const Uop& uop, const Uop* before) {
  if (!uop.header.plane) return uop.weights;
  if (hw_.weight_format != kDigits || before == nullptr) {
    throw Error("a tile of an upper plane, {}",
                before == nullptr ? "without one of the lower" : "which only digits have");
  }
  upper_ = uop.weights;
  for (std::size_t i = 0; i < upper_.size(); ++i) {
    upper_[i] = kPlane * (upper_[i] + (before->weights[i] < 0));
  }
  return upper_;
}

void ArrayModel::accumulate_sum(const std::vector<std::int32_t>& tile, std::int32_t* sums) const {
  const int m = hw_.m;
  for (int column = 0; column < hw_.p; ++column) {
    const std::int32_t* vector = vectors_.data() + static_cast<std::ptrdiff_t>(column * hw_.c);
    std::int32_t* to = sums + column * m;
    const std::int32_t* weights = tile.data();
    for (int c = 0; c < hw_.c; ++c, weights += m) {
      const std::int32_t value = vector[c];
      for (int row = 0; row < m; ++row) to[row] = wrapping_add(to[row], weights[row] * value);
    }
  }
}

void ArrayModel::accumulate_beside(const std::vector<std::int32_t>& tile,
                                   std::vector<std::int32_t>& history, std::int32_t* sums) const {
  const auto vector = [&](int column) {
    return column >= 0 ? vectors_.data() + static_cast<std::ptrdiff_t>(column * hw_.c)
                       : history.data() + static_cast<std::ptrdiff_t>((-1 - column) * hw_.c);
  };
  for (int c = 0; c < hw_.c; ++c) {
    for (int row = 0; row < hw_.m; ++row) {
      const std::int32_t weight = tile[static_cast<std::size_t>(c * hw_.m + row)];
      if (weight == 0) continue;
      const int channel = row % hw_.c, left = neighbour(hw_, channel, c);
      for (int column = 0; column < hw_.p; ++column) {
        const std::int32_t act = vector(column - left)[left > 0 ? channel : c];
        std::int32_t& to = sums[column * hw_.m + row];
        to = wrapping_add(to, weight * act);
      }
    }
  }
  std::vector<std::int32_t> last;
  for (int column = hw_.p - 1; column >= hw_.p - hw_.neighbours; --column) {
    last.insert(last.end(), vector(column), vector(column) + hw_.c);
  }
  history = std::move(last);
}

void ArrayModel::accumulate_max(const std::vector<std::int32_t>& weights, int c_block,
                                std::int32_t* sums) const {
  for (int column = 0; column < hw_.p; ++column) {
    for (int row = c_block * hw_.c; row < (c_block + 1) * hw_.c; ++row) {
      std::int32_t sum = 0;
      for (int c = 0; c < hw_.c; ++c) {
        sum += weights[static_cast<std::size_t>(c * hw_.m + row)] *
               vectors_[static_cast<std::size_t>(column * hw_.c + c)];
      }
      std::int32_t& to = sums[column * hw_.m + row];
      to = std::max(to, sum);
    }
  }
}

void ArrayModel::check_sums() const {
  const std::int64_t limit = std::int64_t{1} << (hw_.acc_w - 1);
  for (const std::int32_t sum : sums_) {
    if (sum < -limit || sum >= limit) throw Error("accumulator {} overflows", sum);
  }
}

}  // namespace reshift::golden
