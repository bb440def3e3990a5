// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.hpp"

namespace reshift {

/// An array of a NumPy file (format versions 1 to 3), rows first.
struct NpyArray {
  std::vector<std::size_t> shape;
  std::vector<double> values;
};

/// Whether bytes are those of a NumPy file.
bool is_npy(std::span<const std::uint8_t> bytes);

/// Reads numbers: floats of 32 and 64 bits, integers of 8 to 64 bits, truth values, little endian.
/// Throws Error that begins with `name` when the file is damaged, truncated, in the order of
/// columns, or has values of another type.
NpyArray parse_npy(const std::string& name, std::span<const std::uint8_t> bytes);

/// Writes an array row after row: `rows` of `shape` values each. The file is there after close().
class NpyWriter {
 public:
  /// `type`: "<f4" or "<i2". Throws Error when the file cannot be written.
  NpyWriter(std::string path, std::string_view type, std::size_t rows,
            const std::vector<std::size_t>& shape);

  void add(std::span<const float> row);
  void add(std::span<const std::int16_t> row);
  /// Throws Error when rows are missing or anything could not be written.
  void close();

 private:
  void write(const void* bytes, std::size_t size);

  std::string path_;
  FileWriter file_;
  std::size_t left_;  ///< bytes
};

}  // namespace reshift
