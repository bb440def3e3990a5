// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "explore/least_cycles.hpp"
#include "fit/fit.hpp"
#include "net/qnet.hpp"

namespace reshift {

/// Networks as a weight format holds them.
struct Format {
  int weight_format = 7;
  std::vector<QNet> nets;
  std::vector<std::vector<ConvolutionSize>> sizes;  ///< of each
};

/// What a search is about.
struct Task {
  std::vector<Format> formats;  ///< at least one, each with the same networks
  int act_w = 8, mult_w = 16, acc_w = 28, tables = 0;
  std::vector<std::string> left_out;  ///< formats that the networks do not have, and why
};

/// The networks in each format that all of them can have. Throws Error when there is none.
Task make_task(const std::vector<QNet>& nets);

/// What to look at.
struct Limits {
  double share = 0.8;  ///< of the part's LUTs and flip-flops
  int most_cores = 4;
  int widest_bus = 128;  ///< bits of a core's memory port
};

/// A configuration of which a number of cores fits a part.
struct Candidate {
  std::shared_ptr<const std::string> name;  ///< M x C x P and what else is special; that of `hw`
  isa::Hardware hw;
  std::size_t format = 0;  ///< index in Task::formats
  int cores = 1;
  Resources needs;  ///< of all cores
};

/// Every configuration of the search that fits, with each pair of the largest feature buffer and
/// weight memory for which there is room. Weight formats that the model does not know are left
/// out, with a note in `task`.
std::vector<Candidate> candidates(const FitModel& model, const Part& part, const Limits& limits,
                                  Task& task);

/// The name of a configuration by its parameters, without those that `candidates` derives.
std::string configuration_name(const isa::Hardware& hw);

}  // namespace reshift
