// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace reshift {

/// For tests: a file as numpy.save writes it: the header is 118 characters long.
template <typename T>
std::vector<std::uint8_t> saved_npy(std::string header, const std::vector<T>& values,
                                    int version = 1) {
  header.resize(117, ' ');
  header += '\n';
  std::string text = "\x93NUMPY";
  text += static_cast<char>(version);
  text += '\0';
  text += static_cast<char>(header.size());
  text += std::string(version == 1 ? 1 : 3, '\0') + header;
  std::vector<std::uint8_t> bytes(text.begin(), text.end());
  const auto* raw = reinterpret_cast<const std::uint8_t*>(values.data());
  bytes.insert(bytes.end(), raw, raw + values.size() * sizeof(T));
  return bytes;
}

/// Of two rows of three floats.
inline const std::string kNpyFloats = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";

}  // namespace reshift
