// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "compile/plan.hpp"
#include "compile/tables.hpp"
#include "compile/transfer.hpp"
#include "compile/weight_blocks.hpp"

namespace reshift {

/// What LOAD brings for an EXEC: weights, a table, or features.
struct Load {
  std::size_t exec = 0;  ///< needs it
  std::size_t last = 0;  ///< weights: the last EXEC that walks them
  /// Features, tables: how many EXECs stand before it in the program, at least.
  std::size_t after = 0;
  bool features = false;
  bool strip = false;       ///< features: of a tensor that is not in the buffer as a whole
  bool whole_list = false;  ///< weights: half of the weight memory holds all those of the EXEC
  int table = 0;            ///< its number in the network; 0: none
  int place = 0;            ///< of the table in the core
  isa::LoadWeights block;   ///< of weights
  Transfer transfer;        ///< of features
  std::int64_t bytes = 0;
};

/// All that LOAD brings in a frame.
struct LoadPlan {
  std::vector<Load> loads;  ///< in the order of the EXECs
  std::vector<bool> keeps;  ///< of EXECs: the next one walks the same list
  std::vector<int> places;  ///< of EXECs: where their table is, from 1 on; 0: none
  int table_places = 0;     ///< that the program uses
};

/// Features that an EXEC needs and that are not in the buffer: the image, strips of spilled
/// tensors. Weight blocks: one list for all strips and images that have the same. A table before
/// the weights of the first EXEC that needs it there. Writes the blocks into `blocks`.
LoadPlan plan_loads(const isa::Hardware& hw, const QNet& net, const Allocation& allocation,
                    const std::vector<ExecPlan>& execs, const Tables& tables, WeightBlocks& blocks);

/// The loads of a frame, and which the program may have next. There is no deadlock for any length
/// of the ring of descriptors: no load stands before an EXEC whose room it needs.
class LoadQueue {
 public:
  /// `hw` must outlive this object.
  LoadQueue(const isa::Hardware& hw, std::vector<Load> loads) : hw_(hw), loads_(std::move(loads)) {}

  /// The next load, if an EXEC before number `end` needs it and it finds room without an EXEC that
  /// the program does not have yet; else null.
  const Load* take_for(std::size_t end);
  /// The next load, if it finds room when the EXEC before the last one is complete, and LOAD has
  /// done it by the time `exec_time`, when EXEC is done with those it has; else null.
  const Load* take_ahead(std::int64_t exec_time);
  /// The program has a further EXEC.
  void add_exec() { ++execs_; }

 private:
  void advance_weights();
  bool fits(std::size_t number, std::size_t oldest) const;
  /// That LOAD takes.
  std::int64_t cycles(const Load& load) const;
  const Load* take();

  const isa::Hardware& hw_;
  std::vector<Load> loads_;
  std::size_t next_ = 0;   ///< load
  std::size_t execs_ = 0;  ///< that the program has
  std::int64_t time_ = 0;  ///< cycles of the loads that the program has
};

}  // namespace reshift
