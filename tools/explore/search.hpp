// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "explore/space.hpp"

namespace reshift {

/// What a network does on a configuration, by the compiler's estimate.
struct NetworkResult {
  double cycles = 0;  ///< of a frame
  /// Of them, in layers that are bound by lanes, post-processing, the bus.
  double by_lanes = 0, by_post = 0, by_bus = 0;
};

/// Compiles every network; throws Error when one cannot run on the configuration.
using Evaluate = std::function<std::vector<NetworkResult>(const Candidate&)>;

/// The compiler's estimates of a format's networks; `quick` as in CompileOptions.
std::vector<NetworkResult> compile_all(const Task& task, const Candidate& candidate, bool quick);

/// A candidate whose networks were compiled.
struct Choice {
  Candidate candidate;
  std::vector<NetworkResult> networks;
  /// Frames of a cycle on all cores; of several networks the geometric mean.
  double frames_per_cycle = 0;
  bool on_front = false;  ///< none has as few LUTs and as many frames
};

struct SearchResult {
  std::vector<Choice> choices;       ///< best first
  std::size_t compiled = 0;          ///< configurations
  std::size_t skipped = 0;           ///< candidates that another one is better than, by their bound
  std::size_t open = 0;              ///< candidates that may be better, and were not reached
  std::vector<std::string> refused;  ///< why, of configurations that cannot run the networks
};

/// Frames of a cycle that a candidate cannot exceed.
double most_frames(const Task& task, const Candidate& candidate);

/// Compiles at most `most` configurations: first some of every size, then those from which the
/// results so far let expect most. A candidate is skipped when one with no more LUTs has more
/// frames than it can have. `done` is called after each configuration, from any thread.
SearchResult search(const Task& task, const std::vector<Candidate>& candidates, std::size_t most,
                    const Evaluate& evaluate, const std::function<void()>& done);

/// The same choice with other estimates.
Choice recompiled(Choice choice, const Evaluate& evaluate);

/// The same choice with the shallowest feature buffer and weight memory that do not cost frames;
/// `needs` says what a candidate takes of the part.
Choice with_smallest_memories(Choice choice, const Evaluate& evaluate,
                              const std::function<Resources(const Candidate&)>& needs);

/// The part's resource that is used most, as "LUT 78 % of 80 %".
std::string part_bound(const Candidate& candidate, const Part& part, double share);
/// What most cycles of the networks wait for: "lanes", "post-processing" or "bus", with its share.
std::string core_bound(const Choice& choice);

}  // namespace reshift
