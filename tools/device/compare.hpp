// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "program/program.hpp"

namespace reshift {

/// Counts differing codes over stored tensors, and remembers what was compared with what and where
/// the first difference is.
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

  /// Who was compared with whom.
  struct Pair {
    std::string actual, expected;
    std::size_t codes = 0, mismatches = 0;
  };
  const std::vector<Pair>& pairs() const { return pairs_; }

  std::size_t mismatches() const { return mismatches_; }
  /// Image, layer, pixel, channel and both values of the first difference.
  const std::string& first() const { return first_; }

 private:
  void add(std::size_t image, const StoredTensor& tensor, std::string_view actual_name,
           std::span<const std::int32_t> actual, std::string_view expected_name,
           std::span<const std::int32_t> expected);

  Pair& pair(std::string_view actual, std::string_view expected);

  const Program& program_;
  std::vector<Pair> pairs_;
  std::size_t mismatches_ = 0;
  std::string first_;
};

}  // namespace reshift
