// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "program/program.hpp"

namespace reshift {

/// Counts differing codes over stored tensors and remembers where the first one is.
class Comparison {
 public:
  explicit Comparison(const Program& program) : program_(program) {}

  /// Output windows by the name of who made them.
  struct Named {
    std::string_view name;
    std::span<const std::uint8_t> window;
  };
  void add(std::size_t image, const Named& actual, const Named& expected);
  /// Against the graph: all tensors of the network.
  void add(std::size_t image, const Named& actual,
           const std::vector<std::vector<std::int32_t>>& tensors);

  std::size_t mismatches() const { return mismatches_; }
  /// Image, layer, pixel, channel and both values of the first difference.
  const std::string& first() const { return first_; }

 private:
  void add(std::size_t image, const StoredTensor& tensor, std::string_view actual_name,
           std::span<const std::int32_t> actual, std::string_view expected_name,
           std::span<const std::int32_t> expected);

  const Program& program_;
  std::size_t mismatches_ = 0;
  std::string first_;
};

}  // namespace reshift
