// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "isa/isa.hpp"

namespace reshift::golden {

/// The feature buffer: P banks of words of M codes. What EXEC writes may become visible late.
class FeatureMemory {
 public:
  /// `late`: results are visible when complete() or complete_pixels() says so, else at once.
  FeatureMemory(const isa::Hardware& hw, bool late);

  /// M codes; the address is taken modulo the depth.
  std::int16_t* word(std::int64_t bank, std::int64_t addr) {
    return codes_.data() + (bank * depth_ + (addr & (depth_ - 1))) * m_;
  }

  /// What EXEC number `exec` writes when `order` pixels of its raster are complete over all its
  /// M-blocks.
  void write_result(std::int64_t exec, std::int64_t order, int bank, int addr,
                    std::span<const std::int16_t> codes);
  /// Makes all results of EXECs before number `end` visible.
  void complete(std::int64_t end);
  /// The same, then those of EXEC number `end` that are among the first `pixels` of its raster.
  void complete_pixels(std::int64_t end, std::int64_t pixels);
  /// Forgets results that are not visible.
  void drop_results() { pending_.clear(); }

 private:
  struct Result {
    std::int64_t exec, order;
    int bank, addr;
    std::vector<std::int16_t> codes;
  };
  void land();

  std::int64_t m_, depth_;
  bool late_;
  std::vector<std::int16_t> codes_;  ///< [bank][word][channel]
  std::deque<Result> pending_;
};

/// Steps through the pixels of a destination or residual tensor by increments, as the machine does.
/// Rows and columns count those that the operation writes.
class PixelAddress {
 public:
  /// A tensor as an EXEC descriptor has it.
  struct Tensor {
    std::int64_t base, bank, words, phase, row_bank, row_addr;
    bool polyphase;
    int column_step;  ///< pixels from one to the next, 0 to 2
  };
  PixelAddress(const isa::Hardware& hw, const Tensor& tensor);

  struct Address {
    std::int64_t bank, addr;
  };
  /// Where pixel (y, x) lies; pixels come in raster order, none that is used is skipped within a
  /// row.
  Address address(int y, int x);

 private:
  Address advance(Address to) const;

  int p_;
  Tensor tensor_;
  Address row_start_, at_;
  int line_ = 0, column_ = 0;
};

}  // namespace reshift::golden
