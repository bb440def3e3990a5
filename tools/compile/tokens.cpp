// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/tokens.hpp"

#include <algorithm>

namespace reshift {
namespace {

/// Descriptors that lie between two engines at most: as many as the largest ring has.
constexpr std::int64_t kFar = isa::kWideRingSlots;

bool overlap(const std::vector<Span>& a, const std::vector<Span>& b) {
  return std::any_of(a.begin(), a.end(), [&](const Span& x) {
    return std::any_of(b.begin(), b.end(),
                       [&](const Span& y) { return x.begin < y.end && y.begin < x.end; });
  });
}

/// Whether a table is written where an earlier EXEC reads another one. An EXEC never overtakes the
/// table that it needs: it waits for weights that come after it.
bool replaces(const Access& earlier, const Access& later) {
  const PlacedTable &old = earlier.table_read, &fresh = later.table_written;
  return old.place > 0 && old.place == fresh.place && old.table != fresh.table;
}

bool conflict(const Access& a, const Access& b, bool same_frame) {
  return overlap(a.buffer_writes, b.buffer_reads) || overlap(a.buffer_reads, b.buffer_writes) ||
         overlap(a.buffer_writes, b.buffer_writes) || replaces(a, b) ||
         (same_frame &&
          (overlap(a.memory_writes, b.memory_reads) || overlap(a.memory_reads, b.memory_writes)));
}

}  // namespace

Tokens plan_tokens(const std::vector<Access>& frame) {
  const auto count = static_cast<std::int64_t>(frame.size());
  Tokens tokens{.wait = std::vector<std::array<bool, kEngines>>(frame.size()),
                .post = std::vector<std::array<bool, kEngines>>(frame.size()),
                .credits = {}};
  const auto at = [&](std::int64_t i) -> std::size_t {
    return static_cast<std::size_t>(i % count);
  };
  for (std::size_t from = 0; from < kEngines; ++from) {
    for (std::size_t to = 0; to < kEngines; ++to) {
      // What STORE reads, an EXEC wrote, which waited for LOAD: there is no token between the two.
      const bool apart = Engine{from} == Engine::kLoad && Engine{to} == Engine::kStore;
      if (from == to || apart) continue;
      // Descriptors complete in the order of their engine, so that a wait for one is a wait for all
      // before it. Positions go on from frame to frame; from the third frame on all are alike.
      std::int64_t awaited = -1;
      for (std::int64_t j = count; j < 3 * count; ++j) {
        const Access& later = frame[at(j)];
        if (static_cast<std::size_t>(later.engine) != to) continue;
        std::int64_t i = j - 1;
        for (; i > awaited && i > j - count; --i) {
          const Access& earlier = frame[at(i)];
          if (static_cast<std::size_t>(earlier.engine) == from &&
              conflict(earlier, later, i / count == j / count)) {
            break;
          }
        }
        if (i <= awaited || i <= j - count) continue;
        // Whatever is far behind is complete by then; waiting for the last of it leaves no token to
        // those that need what lies in between, of which the counters could not hold many.
        for (std::int64_t far = j - kFar; far > i; --far) {
          if (static_cast<std::size_t>(frame[at(far)].engine) == from) i = far;
        }
        awaited = i;
        if (j < 2 * count) continue;
        tokens.wait[at(j)][from] = true;
        tokens.post[at(i)][to] = true;
        tokens.credits[from][to] += i < 2 * count;
      }
    }
  }
  return tokens;
}

}  // namespace reshift
