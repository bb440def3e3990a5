// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/nest_slices.hpp"

#include <algorithm>
#include <limits>
#include <map>

namespace reshift {
namespace {

/// A tensor that is made of copies of others.
struct Concatenation {
  std::vector<int> inputs;         ///< in the order of their channels
  std::vector<std::size_t> nodes;  ///< that copy them, in the same order
};

bool is_copy(const Graph& graph, const Node& n) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  return n.kind == NodeKind::kClamp && n.lo == -kInfinity && n.hi == kInfinity &&
         n.functions.empty() && n.out_stride == 1 && !graph.writes_all(n);
}

std::map<int, Concatenation> concatenations(const Graph& graph) {
  std::map<int, Concatenation> found;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    found[graph.nodes[i].output].nodes.push_back(i);
  }
  std::erase_if(found, [&](const auto& entry) {
    return !std::all_of(entry.second.nodes.begin(), entry.second.nodes.end(),
                        [&](std::size_t i) { return is_copy(graph, graph.nodes[i]); });
  });
  for (auto& [tensor, c] : found) {
    std::sort(c.nodes.begin(), c.nodes.end(), [&](std::size_t a, std::size_t b) {
      return graph.nodes[a].first_channel < graph.nodes[b].first_channel;
    });
    for (const std::size_t i : c.nodes) c.inputs.push_back(graph.nodes[i].input);
  }
  return found;
}

/// Whether `c` begins with all of `part`, which is complete by then.
bool begins_with(const Concatenation& c, const Concatenation& part) {
  return part.inputs.size() < c.inputs.size() &&
         std::equal(part.inputs.begin(), part.inputs.end(), c.inputs.begin()) &&
         *std::max_element(part.nodes.begin(), part.nodes.end()) <
             *std::min_element(c.nodes.begin(), c.nodes.end());
}

}  // namespace

Graph nest_slices(Graph graph) {
  const std::map<int, Concatenation> all = concatenations(graph);
  std::vector<bool> unneeded(graph.nodes.size(), false);
  for (const auto& [tensor, c] : all) {
    int longest = -1;
    for (const auto& [other, part] : all) {
      if (!begins_with(c, part)) continue;
      if (longest < 0 || part.inputs.size() > all.at(longest).inputs.size()) longest = other;
    }
    if (longest < 0) continue;
    graph.nodes[c.nodes[0]].input = longest;
    for (std::size_t k = 1; k < all.at(longest).inputs.size(); ++k) unneeded[c.nodes[k]] = true;
  }
  std::size_t i = 0;
  std::erase_if(graph.nodes, [&](const Node&) { return unneeded[i++]; });
  return graph;
}

}  // namespace reshift
