// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace reshift {

/// A line to a board: bytes in both directions, in order.
class ByteStream {
 public:
  virtual ~ByteStream() = default;

  /// Sends all of them. Throws Error when the line does not take them within its time limit.
  virtual void write(std::span<const std::uint8_t> bytes) = 0;
  /// Waits for bytes; returns how many it put at the start of `bytes`, 0 when none came within the
  /// time limit.
  virtual std::size_t read(std::span<std::uint8_t> bytes) = 0;
  /// What the line is called in messages.
  virtual std::string name() const = 0;
};

}  // namespace reshift
