// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

namespace reshift {

/// A core and the memory that it shares with the host: a board, or a simulation of one.
class Device {
 public:
  virtual ~Device() = default;

  /// Registers of isa::reg; throws Error when the access is answered by an error.
  virtual std::uint32_t read_register(std::uint32_t offset) = 0;
  virtual void write_register(std::uint32_t offset, std::uint32_t value) = 0;

  /// The memory: addresses [memory_base, memory_base + memory_bytes). Throws Error outside.
  virtual std::uint64_t memory_base() const = 0;
  virtual std::uint64_t memory_bytes() const = 0;
  virtual void write_memory(std::uint64_t address, std::span<const std::uint8_t> bytes) = 0;
  virtual void read_memory(std::uint64_t address, std::span<std::uint8_t> bytes) = 0;

  /// Returns when the core raises its interrupt; throws Error when it does not within the time the
  /// device grants.
  virtual void wait_interrupt() = 0;

  /// Cycles that the memory may keep a working core waiting: no watchdog is shorter.
  virtual std::uint32_t longest_wait() const { return 5'000; }

  /// Clock cycles the core has run, where the device knows them; else 0.
  virtual std::uint64_t clock_cycles() const { return 0; }
};

}  // namespace reshift
