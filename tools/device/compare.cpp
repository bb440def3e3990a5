// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "device/compare.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace reshift {

void Comparison::add(std::size_t image, const Named& actual, const Named& expected) {
  for (const StoredTensor& t : program_.stored) {
    add(image, t, actual.name, program_.stored_codes(t, actual.window), expected.name,
        program_.stored_codes(t, expected.window));
  }
}

void Comparison::add(std::size_t image, const Named& actual,
                     const std::vector<std::vector<std::int32_t>>& tensors) {
  for (const StoredTensor& t : program_.stored) {
    add(image, t, actual.name, program_.stored_codes(t, actual.window), "graph",
        tensors[static_cast<std::size_t>(t.tensor)]);
  }
}

void Comparison::add(std::size_t image, const StoredTensor& tensor, std::string_view actual_name,
                     std::span<const std::int32_t> actual, std::string_view expected_name,
                     std::span<const std::int32_t> expected) {
  Pair& compared = pair(actual_name, expected_name);
  compared.codes += actual.size();
  for (std::size_t i = 0; i < actual.size(); ++i) {
    if (actual[i] == expected[i]) continue;
    ++compared.mismatches;
    if (mismatches_++ > 0) continue;
    const auto width = static_cast<std::size_t>(tensor.layout.width);
    const std::size_t plane = width * static_cast<std::size_t>(tensor.layout.height);
    const std::string layer =
        tensor.op < 0 ? "a copy" : program_.net.ops[static_cast<std::size_t>(tensor.op)].name;
    first_ = fmt::format(
        "first difference: image {}, layer {} (tensor {}), pixel y {} x {}, channel {}: {} has {}, "
        "{} has {}",
        image, layer, tensor.name, i % plane / width, i % width, i / plane, actual_name, actual[i],
        expected_name, expected[i]);
  }
}

Comparison::Pair& Comparison::pair(std::string_view actual, std::string_view expected) {
  const auto found = std::find_if(pairs_.begin(), pairs_.end(), [&](const Pair& p) {
    return p.actual == actual && p.expected == expected;
  });
  return found != pairs_.end()
             ? *found
             : pairs_.emplace_back(Pair{std::string(actual), std::string(expected)});
}

}  // namespace reshift
