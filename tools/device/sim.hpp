// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "device/device.hpp"
#include "device/probe.hpp"

namespace reshift {

struct SimOptions {
  std::uint64_t memory_bytes = std::uint64_t{1} << 30;
  int memory_latency = 40;  ///< cycles from a read's address to its first data; writes alike
  int other_master = 0;     ///< percent of the bus's cycles that another master takes, 0 to 90
  std::uint64_t seed = 1;   ///< of the registers' random values before reset
  std::string trace;        ///< FST waveform, empty: none
  Probe* probe = nullptr;   ///< is told of every cycle; must outlive the device
};

/// What a library of a simulated core exports as `reshift_open_sim_device`.
using OpenSimDevice = Device* (*)(const SimOptions& options);

/// The Verilated core of a configuration, loaded from `lib/libreshift_sim_<config>.so` beside the
/// program's folder. Throws Error naming the command that builds it when there is none.
std::unique_ptr<Device> open_sim_device(std::string_view config, const SimOptions& options);

}  // namespace reshift
