// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "compile/allocation_cost.hpp"
#include "compile/program_cost.hpp"

namespace reshift {

/// list_sizes() of each form of a network.
using FormLists = std::vector<std::shared_ptr<const std::vector<ListSize>>>;

/// What may become the program.
struct Finalist {
  std::size_t form = 0;
  Allocation allocation;
  AllocationChoice choice;
  AllocationCost cost;
  int wm_depth = 0;  ///< tiles of the weight memory that it was found for: all, or half of them
};

/// The best that a search found by its coarse cost, of which the finished programs decide.
class Finalists {
 public:
  /// All must outlive this object; `lists` is read when a finalist is there.
  Finalists(const isa::Hardware& hw, const std::vector<Lowered>& forms, const FormLists& lists);

  /// One that may be among the best of its kind: with the whole image, or with its strips, for all
  /// of the weight memory, or for half of it.
  void add(Finalist fresh);
  void clear();

  /// The plan whose program is the fastest: of each kind the best finalist, or what is better near
  /// it; `quick`: the best finalist by its coarse cost. There must be a finalist.
  NetPlan fastest(bool quick);

 private:
  /// One whose program was made.
  struct Candidate {
    Finalist finalist;
    NetPlan plan;
    std::int64_t cost = 0;  ///< program_cost()
  };

  bool try_plan(const Finalist& finalist, int wm_depth, std::optional<Candidate>& best);
  std::optional<Finalist> allocated_for(Finalist finalist, int wm_depth) const;
  std::optional<Finalist> with_rows(const Candidate& candidate, std::size_t step, int rows) const;
  int most_tries(const Finalist& finalist) const;
  bool refine(std::optional<Candidate>& best, int& tries);

  const isa::Hardware& hw_;
  const std::vector<Lowered>& forms_;
  const FormLists& lists_;
  std::deque<NetTiles> tiles_;                 ///< by form
  std::array<std::vector<Finalist>, 4> best_;  ///< of each kind, the cheapest first
};

}  // namespace reshift
