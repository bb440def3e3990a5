// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace reshift {

/// What becomes of one node of a network's file.
struct NodeCheck {
  enum class Result {
    kAccepted,   ///< an operation of the machine
    kRewritten,  ///< others of the same values in its place, or none
    kHost,       ///< computed by the host, after the machine
    kRefused,
    kUnchecked,  ///< reads what a refused node makes, of unknown shape
  };
  std::string name, operation;
  Result result = Result::kAccepted;
  std::string detail;  ///< how it is rewritten; why it is refused, and what to do
};

/// Everything that stands in a network's way at once.
struct NetworkCheck {
  std::vector<NodeCheck> nodes;
  std::vector<std::string> refusals;  ///< of the file as a whole: its inputs and outputs
  bool accepted() const;
  /// All refusals, those of one reason together.
  std::string message() const;
};

}  // namespace reshift
