// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "device/device.hpp"
#include "program/program.hpp"

namespace reshift {

/// The counters of one start of the core.
struct Counters {
  std::uint64_t cycles = 0;        ///< from start to the last frame's completion
  std::uint64_t cycles_first = 0;  ///< from start to the first frame's completion
  std::uint64_t exec_busy = 0;
  std::map<std::string, std::uint64_t> stalls;  ///< cycles by cause
  std::uint64_t read_beats = 0, write_beats = 0;
};

/// Counters from their registers; `read_register` is given offsets of isa::reg.
Counters read_counters(const std::function<std::uint32_t(std::uint32_t)>& read_register);

/// What to tell of a core that stopped: cause, descriptor and operation by name.
Error core_error(const Program& program, std::uint32_t frame, std::uint32_t cause,
                 std::uint32_t descriptor, std::uint64_t address);

/// A program on a device. The program window, then input and output windows, lie from the start of
/// the device's memory on.
class Runtime {
 public:
  /// Throws Error when the device is no ReShift core, has another interface version or
  /// configuration than the program was compiled for, or its memory is too small for the program
  /// and one frame. Gives the core a soft reset, which clears what another program has left.
  /// `device` and `program` must outlive this object.
  Runtime(Device& device, const Program& program);

  /// Frames, of the program's batch of images each, that one start can run in the device's memory.
  std::size_t max_frames() const { return max_frames_; }

  struct Result {
    std::vector<std::uint8_t> output;  ///< the output windows of all images
    Counters counters;
  };
  /// Runs as many frames as `input` has windows, in one start, at most max_frames(). `progress` is
  /// called with the number of frames done. When the core reports an error, resets it and throws
  /// Error with cause, descriptor and operation.
  Result run(std::span<const std::uint8_t> input,
             const std::function<void(std::size_t)>& progress = {});

 private:
  void check_core();
  void write_address(std::uint32_t low_register, std::uint64_t address);
  void wait_done(const std::function<void(std::size_t)>& progress);
  [[noreturn]] void report_error();
  void soft_reset();

  Device& device_;
  const Program& program_;
  std::uint64_t in_base_ = 0;
  std::size_t max_frames_ = 0;
};

}  // namespace reshift
