// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/npy.hpp"

namespace reshift {

/// A tensor whose values for many inputs are written.
struct DumpedTensor {
  std::string name;
  std::vector<std::size_t> shape;  ///< of one input
  /// Where it has codes: real = scale * (code - zero).
  std::optional<double> scale = {};
  int zero = 0;
};

/// Writes tensors as NumPy arrays into a folder, which is made: NAME.npy with real values
/// (float32), batch first, and NAME.codes.npy (int16) where there are codes. What is no letter,
/// digit, `.`, `-` or `_` of a name becomes `_`. index.json lists names, files, scales and zero
/// points.
class TensorDump {
 public:
  /// Throws Error when the folder or a file cannot be written, or two names become the same file.
  TensorDump(const std::string& folder, std::vector<DumpedTensor> tensors, std::size_t inputs);

  std::size_t size() const { return tensors_.size(); }
  /// The next input's values of tensor i, which has no codes.
  void add_values(std::size_t i, std::span<const float> values);
  /// The next input's codes of tensor i.
  void add_codes(std::size_t i, std::span<const std::int32_t> codes);
  /// Throws Error when values are missing or anything could not be written.
  void close();

 private:
  struct Files {
    NpyWriter values;
    std::optional<NpyWriter> codes;
  };
  std::vector<DumpedTensor> tensors_;
  std::vector<Files> files_;
};

}  // namespace reshift
