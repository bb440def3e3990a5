// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "net/graph.hpp"
#include "net/qnet.hpp"

namespace reshift {

/// Whether a network was quantised before it came here: its file has the codes.
bool is_quantised(const Graph& graph);

struct ExactFormat {
  int weight_format = 7;  ///< powers of two, see numerics.hpp
  int mult_w = 32;        ///< bits of a multiplier, 16 or 32, where powers of two are not enough
  int acc_w = 28;         ///< accumulator bits, signed
};

/// A tensor whose codes may differ from those that the format defines.
struct Inexact {
  std::string tensor, why;
  double error = 0;  ///< largest difference before the rounding, in codes
};

struct ExactNet {
  QNet net;
  std::vector<Inexact> inexact;  ///< empty: every tensor is what the format defines
};

/// A network that was quantised before (is_quantised) as the accelerator runs it: its codes and its
/// scales, nothing is rounded a second time. Codes without a sign are shifted so that they have
/// one. Throws Error naming the tensor or the node: values that are needed as codes but are never
/// quantised, codes of more than 8 bits, sums or factors that do not fit.
ExactNet exact_network(const Graph& graph, const Preprocess& preprocess, const ExactFormat& format);

}  // namespace reshift
