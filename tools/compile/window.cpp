// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/window.hpp"

#include <algorithm>

namespace reshift {
namespace {

std::vector<int> places(const ChannelMap& channels) {
  return channels.same() ? std::vector<int>{} : channels.at;
}

}  // namespace

OutputWindow::OutputWindow(const isa::Hardware& hw, const Lowered& lowered,
                           const Allocation& allocation, bool store_all)
    : lowered_(lowered),
      net_(lowered.net),
      store_all_(store_all),
      offsets_(net_.tensors.size(), -1) {
  for (std::size_t op = 0; op < net_.ops.size(); ++op) {
    const int t = net_.ops[op].output;
    if (!completes(op) || !(stored(t) || allocation.in_memory(net_, t))) continue;
    offsets_[index(t)] = size_;
    size_ += align_window(allocation.layouts[index(t)].bytes(hw));
    if (!stored(t)) continue;
    stored_.push_back({net_.tensors[index(t)].name, lowered.source_op[op],
                       lowered.source_tensor[index(t)], offsets_[index(t)], allocation.layout(t, 0),
                       places(lowered.channels[index(t)])});
  }
}

std::int64_t OutputWindow::offset(int tensor) const { return offsets_[index(tensor)]; }

bool OutputWindow::completes(std::size_t op) const {
  return std::none_of(net_.ops.begin() + static_cast<std::ptrdiff_t>(op) + 1, net_.ops.end(),
                      [&](const QOp& o) { return o.output == net_.ops[op].output; });
}

}  // namespace reshift
