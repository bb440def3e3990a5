// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/allocate.hpp"

#include <algorithm>
#include <numeric>

#include "base/error.hpp"

namespace reshift {
namespace {

constexpr int kMaxPitch = 4095;  // 12 bits of a descriptor

/// Tensors that share one region because each is summed in place over the one before it.
struct Region {
  int first = 0, last = 0;  ///< operations between which it is alive, inclusive
  int size = 0, base = 0;
  std::vector<std::size_t> tensors;
};

std::vector<Region> find_regions(const spec::Hardware& hw, const QNet& net, Placement& placement) {
  const int ops = static_cast<int>(net.ops.size());
  const std::size_t count = net.tensors.size();
  std::vector<int> first(count, ops), last(count, 0);
  for (int i = 0; i < ops; ++i) {
    const QOp& op = net.ops[static_cast<std::size_t>(i)];
    auto& opened = first[static_cast<std::size_t>(op.output)];
    opened = std::min(opened, i);  // the first of the operations that write slices of it
    last[static_cast<std::size_t>(op.output)] = i;
    last[static_cast<std::size_t>(op.input)] = i;
    if (op.residual >= 0) last[static_cast<std::size_t>(op.residual)] = i;
  }
  for (const int t : {0, net.output}) {
    first[static_cast<std::size_t>(t)] = 0;
    last[static_cast<std::size_t>(t)] = ops;
  }
  std::vector<Region> regions;
  constexpr auto kNone = static_cast<std::size_t>(-1);
  std::vector<std::size_t> region_of(count, kNone);
  const auto open = [&](std::size_t t) {
    region_of[t] = regions.size();
    regions.push_back({first[t], last[t], placement.layouts[t].size(hw), 0, {t}});
  };
  open(0);
  for (int i = 0; i < ops; ++i) {
    const QOp& op = net.ops[static_cast<std::size_t>(i)];
    const auto out = static_cast<std::size_t>(op.output);
    const auto residual = static_cast<std::size_t>(std::max(op.residual, 0));
    // Later pixels still read the input, so it must not be the tensor that is overwritten. A slice
    // has another shape than the tensor that it is written into, and is never in place.
    const bool in_place = op.residual > 0 && op.residual != op.input && op.output != net.output &&
                          op.residual != net.output && last[residual] == i &&
                          placement.layouts[residual].same_shape(placement.layouts[out]);
    placement.in_place.push_back(in_place);
    if (!in_place) {
      if (region_of[out] == kNone) open(out);
      continue;
    }
    region_of[out] = region_of[residual];
    Region& region = regions[region_of[out]];
    region.last = last[out];
    region.tensors.push_back(out);
  }
  return regions;
}

}  // namespace

std::vector<Layout> tensor_layouts(const spec::Hardware& hw, const QNet& net) {
  std::vector<Layout> layouts;
  for (const QTensor& t : net.tensors) {
    Layout l{t.channels, t.height, t.width, t.width, false, words_of(hw, t.channels), 0};
    for (const QOp& op : net.ops) {
      if (&net.tensors[static_cast<std::size_t>(op.input)] == &t) l.phased |= op.stride_h == 2;
    }
    layouts.push_back(l);
  }
  for (Layout& l : layouts) l.pitch = l.phase_width();
  for (const QOp& op : net.ops) {
    Layout& in = layouts[static_cast<std::size_t>(op.input)];
    const Layout& out = layouts[static_cast<std::size_t>(op.output)];
    in.pitch = std::max(in.pitch, out.phased ? 2 * out.phase_width() : out.width);
    if (in.pitch > kMaxPitch) {
      throw Error("operation {}: rows of {} pixels, a descriptor says at most {}", op.name,
                  in.pitch, kMaxPitch);
    }
  }
  return layouts;
}

Placement place_tensors(const spec::Hardware& hw, const QNet& net) {
  Placement placement;
  placement.layouts = tensor_layouts(hw, net);
  std::vector<Region> regions = find_regions(hw, net, placement);
  for (const Layout& l : placement.layouts) placement.naive_words += l.size(hw);
  std::vector<std::size_t> order(regions.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return regions[a].size > regions[b].size; });
  std::vector<const Region*> placed;  // by base
  for (const std::size_t index : order) {
    Region& region = regions[index];
    region.base = 0;
    for (const Region* other : placed) {
      if (other->first > region.last || other->last < region.first) continue;
      if (other->base >= region.base + region.size) break;
      region.base = std::max(region.base, other->base + other->size);
    }
    placement.words = std::max(placement.words, region.base + region.size);
    placed.insert(
        std::upper_bound(placed.begin(), placed.end(), &region,
                         [](const Region* a, const Region* b) { return a->base < b->base; }),
        &region);
    for (const std::size_t t : region.tensors) placement.layouts[t].base = region.base;
  }
  if (placement.words > hw.fb_depth) {
    std::size_t worst = 0;
    int most = 0;
    for (std::size_t i = 0; i < net.ops.size(); ++i) {
      int alive = 0;
      for (const Region& r : regions) {
        if (r.first <= static_cast<int>(i) && r.last >= static_cast<int>(i)) alive += r.size;
      }
      if (alive > most) {
        most = alive;
        worst = i;
      }
    }
    throw Error(
        "operation {}: the feature buffer of {} is too small: {} words a bank are alive there and "
        "{} "
        "needed in all, it has {}",
        net.ops[worst].name, hw.name, most, placement.words, hw.fb_depth);
  }
  return placement;
}

}  // namespace reshift
