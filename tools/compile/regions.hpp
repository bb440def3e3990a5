// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

namespace reshift {

/// A piece of the feature buffer that is in use between two steps, inclusive.
struct Region {
  /// An image's copy of a tensor; `image` -1: strips of a spilled tensor.
  struct Tenant {
    int tensor = 0, image = 0;
  };
  int first = 0, last = 0;
  int size = 0, base = 0;       ///< words of a bank
  std::vector<Tenant> tenants;  ///< the later one lies over the earlier
};

/// Gives each region its base such that none lies over another in use at the same time, by first
/// fit, the largest first. Returns the highest word used + 1, which may be more than `depth`.
/// `steps`: those of the schedule.
int fit_regions(std::vector<Region>& regions, int depth, int steps);

/// Words in use at a step.
int words_alive(const std::vector<Region>& regions, int step);

/// Of the steps at which a region reaches beyond `depth`, the one with most words in use; -1: none.
int worst_step(const std::vector<Region>& regions, int depth, int steps);

}  // namespace reshift
