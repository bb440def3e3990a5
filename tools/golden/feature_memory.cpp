// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "golden/feature_memory.hpp"

#include <algorithm>

namespace reshift::golden {

FeatureMemory::FeatureMemory(const isa::Hardware& hw, bool late)
    : m_(hw.m),
      depth_(hw.fb_depth),
      late_(late),
      codes_(static_cast<std::size_t>(hw.p) * static_cast<std::size_t>(hw.fb_depth) *
                 static_cast<std::size_t>(hw.m),
             0) {}

void FeatureMemory::write_result(std::int64_t exec, std::int64_t order, int bank, int addr,
                                 std::span<const std::int16_t> codes) {
  if (late_) {
    pending_.push_back({exec, order, bank, addr, {codes.begin(), codes.end()}});
  } else {
    std::copy(codes.begin(), codes.end(), word(bank, addr));
  }
}

void FeatureMemory::complete(std::int64_t end) {
  while (!pending_.empty() && pending_.front().exec < end) land();
}

void FeatureMemory::complete_pixels(std::int64_t end, std::int64_t pixels) {
  complete(end);
  while (!pending_.empty() && pending_.front().exec == end && pending_.front().order < pixels) {
    land();
  }
}

void FeatureMemory::land() {
  const Result& r = pending_.front();
  std::copy(r.codes.begin(), r.codes.end(), word(r.bank, r.addr));
  pending_.pop_front();
}

PixelAddress::PixelAddress(const isa::Hardware& hw, const Tensor& tensor)
    : p_(hw.p), tensor_(tensor), row_start_{tensor.bank, tensor.base}, at_(row_start_) {}

PixelAddress::Address PixelAddress::address(int y, int x) {
  const int line = y >> tensor_.polyphase, column = x >> tensor_.polyphase;
  while (line_ < line) {
    ++line_;
    row_start_ = advance({row_start_.bank + tensor_.row_bank, row_start_.addr + tensor_.row_addr});
    at_ = row_start_;
    column_ = 0;
  }
  if (column < column_) {  // the same phase row again, for the odd row
    at_ = row_start_;
    column_ = 0;
  }
  for (; column_ < column; ++column_) at_ = advance({at_.bank + tensor_.column_step, at_.addr});
  const int phase = tensor_.polyphase ? 2 * (y & 1) + (x & 1) : 0;
  return {at_.bank, at_.addr + phase * tensor_.phase};
}

PixelAddress::Address PixelAddress::advance(Address to) const {
  if (to.bank >= p_) to = {to.bank - p_, to.addr + tensor_.words};
  return to;
}

}  // namespace reshift::golden
