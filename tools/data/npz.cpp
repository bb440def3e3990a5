// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "data/npz.hpp"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.hpp"

namespace reshift {

NpyArray parse_npz(const std::string& name, const Bytes& file, const std::string& wanted) {
  constexpr std::string_view kSuffix = ".npy";
  std::vector<std::string> arrays;
  read_zip(name, file, [&](const std::string& entry) {
    if (entry.ends_with(kSuffix)) arrays.push_back(entry.substr(0, entry.size() - kSuffix.size()));
    return false;
  });
  if (arrays.empty()) throw Error("{}: a ZIP archive without arrays, expected is a .npz", name);
  const std::string& chosen = arrays.size() == 1 ? arrays.front() : wanted;
  if (std::find(arrays.begin(), arrays.end(), chosen) == arrays.end()) {
    throw Error("{}: it has the arrays {}; save one alone, or one called {} as the network's input",
                name, fmt::join(arrays, ", "), wanted);
  }
  const auto files = read_zip(
      name, file, [&](const std::string& entry) { return entry == chosen + std::string(kSuffix); });
  return parse_npy(fmt::format("{}: {}", name, files.front().name), *files.front().content);
}

}  // namespace reshift
