// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/regions.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace reshift {
namespace {

int first_fit(std::vector<Region>& regions, const std::vector<std::size_t>& order) {
  std::vector<const Region*> allocated;  // by base
  int words = 0;
  for (const std::size_t number : order) {
    Region& region = regions[number];
    region.base = 0;
    for (const Region* other : allocated) {
      if (other->first > region.last || other->last < region.first) continue;
      if (other->base >= region.base + region.size) break;
      region.base = std::max(region.base, other->base + other->size);
    }
    words = std::max(words, region.base + region.size);
    allocated.insert(
        std::upper_bound(allocated.begin(), allocated.end(), &region,
                         [](const Region* a, const Region* b) { return a->base < b->base; }),
        &region);
  }
  return words;
}

}  // namespace

int fit_regions(std::vector<Region>& regions, int depth, int steps) {
  std::vector<std::size_t> order(regions.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return regions[a].size > regions[b].size; });
  const int words = first_fit(regions, order);
  if (words <= depth) return words;
  // What lives all the time before the rest, lest a small region finds words that are free at all
  // times only beyond the end.
  std::stable_partition(order.begin(), order.end(), [&](std::size_t i) {
    return regions[i].first == 0 && regions[i].last == steps;
  });
  return first_fit(regions, order);
}

int words_alive(const std::vector<Region>& regions, int step) {
  int words = 0;
  for (const Region& r : regions) {
    if (r.first <= step && r.last >= step) words += r.size;
  }
  return words;
}

int worst_step(const std::vector<Region>& regions, int depth, int steps) {
  std::vector<int> alive(static_cast<std::size_t>(steps), 0);
  for (const Region& r : regions) {
    for (int i = r.first; i <= std::min(r.last, steps - 1); ++i) {
      alive[static_cast<std::size_t>(i)] += r.size;
    }
  }
  int worst = -1, most = 0;
  for (const Region& r : regions) {
    if (r.base + r.size <= depth) continue;
    for (int i = r.first; i <= std::min(r.last, steps - 1); ++i) {
      if (worst >= 0 && alive[static_cast<std::size_t>(i)] <= most) continue;
      worst = i;
      most = alive[static_cast<std::size_t>(i)];
    }
  }
  return worst;
}

}  // namespace reshift
