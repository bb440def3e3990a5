// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "import/check.hpp"

#include <algorithm>
#include <map>

#include "base/error.hpp"

namespace reshift {

bool NetworkCheck::accepted() const {
  return refusals.empty() && std::none_of(nodes.begin(), nodes.end(), [](const NodeCheck& n) {
           return n.result == NodeCheck::Result::kRefused;
         });
}

std::string NetworkCheck::message() const {
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> groups;
  for (const NodeCheck& n : nodes) {
    if (n.result == NodeCheck::Result::kRefused) {
      groups[{n.operation, n.detail}].push_back("'" + n.name + "'");
    }
  }
  std::vector<std::string> lines = refusals;
  for (const auto& [what, names] : groups) {
    lines.push_back(fmt::format("node{} {} ({}): {}", names.size() == 1 ? "" : "s",
                                fmt::join(names, ", "), what.first, what.second));
  }
  if (lines.size() == 1) return lines[0];
  return fmt::format("{} things stand in its way:\n  {}", lines.size(), fmt::join(lines, "\n  "));
}

}  // namespace reshift
