// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "golden/decoded_program.hpp"

namespace reshift::golden {

/// The input and output windows of a run's frames, as they lie in memory.
class Windows {
 public:
  /// Throws Error when `input` is no whole number of windows of `in_stride` bytes.
  Windows(const isa::Hardware& hw, std::span<const std::uint8_t> input, std::int64_t in_stride,
          std::int64_t out_stride);

  std::size_t frames() const { return frames_; }

  /// Where a transfer of a frame begins, in bytes from the first frame's window on; throws Error
  /// when it leaves its window.
  std::int64_t begin(const Transfer& t, std::int64_t frame) const;
  /// A word of the input windows (load_features) or of the output windows (reload_features).
  void read(isa::Opcode opcode, std::int64_t offset, std::span<std::int16_t> codes) const;
  /// A word of the output windows.
  void write(std::int64_t offset, std::span<const std::int16_t> codes);

  std::vector<std::uint8_t> take_output() { return std::move(output_); }

 private:
  const isa::Hardware& hw_;
  std::span<const std::uint8_t> input_;
  std::int64_t in_stride_, out_stride_;
  std::size_t frames_ = 0;
  std::vector<std::uint8_t> output_;
};

}  // namespace reshift::golden
