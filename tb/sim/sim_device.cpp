// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

// One library for each simulated core: compiled with RESHIFT_MODEL (the Verilated class),
// RESHIFT_MODEL_HEADER, RESHIFT_ROOT_HEADER (of its signals) and RESHIFT_DATA_WIDTH (AXI data
// bits).
#include <cstdlib>
#include <optional>
#include <type_traits>

#include RESHIFT_MODEL_HEADER
#include RESHIFT_ROOT_HEADER
#include "device/sim.hpp"
#include "harness/axi_ports.hpp"
#include "sim/probe_agent.hpp"

namespace reshift {
namespace {

/// Longer than a whole run of a large network; the core's own watchdog is much shorter.
constexpr std::uint64_t kMaxCycles = std::uint64_t{1} << 40;

AxiMemoryConfig memory_config(const SimOptions& options) {
  AxiMemoryConfig config;
  config.bytes = options.memory_bytes;
  config.data_width = RESHIFT_DATA_WIDTH;
  config.read_latency = config.write_latency = options.memory_latency;
  config.other_percent = options.other_master;
  config.seed = options.seed;
  return config;
}

class SimDevice : public Device {
 public:
  explicit SimDevice(const SimOptions& options)
      : bytes_(options.memory_bytes),
        latency_(static_cast<std::uint32_t>(options.memory_latency)),
        bench_(options.seed),
        memory_(memory_config(options)),
        master_([this] { bench_.tick(); }),
        memory_port_(bench_.dut(), memory_),
        register_port_(bench_.dut(), master_) {
    bench_.reset();
    bench_.add(memory_port_);
    bench_.add(register_port_);
    if (options.probe) bench_.add(probe_agent_.emplace(*bench_->rootp, *options.probe));
  }

  std::uint32_t read_register(std::uint32_t offset) override { return master_.read_ok(offset); }
  void write_register(std::uint32_t offset, std::uint32_t value) override {
    master_.write_ok(offset, value);
  }

  std::uint32_t longest_wait() const override { return 5'000 + 10 * latency_; }

  std::uint64_t memory_base() const override { return 0; }
  std::uint64_t memory_bytes() const override { return bytes_; }
  void write_memory(std::uint64_t address, std::span<const std::uint8_t> bytes) override {
    memory_.write(address, bytes);
  }
  void read_memory(std::uint64_t address, std::span<std::uint8_t> bytes) override {
    memory_.read(address, bytes);
  }

  void wait_interrupt() override {
    bench_.run_until([this] { return bench_->irq != 0; }, kMaxCycles);
  }
  std::uint64_t clock_cycles() const override { return bench_.cycle(); }

 private:
  std::uint64_t bytes_;
  std::uint32_t latency_;
  Bench<RESHIFT_MODEL> bench_;
  AxiMemory memory_;
  AxiLiteMaster master_;
  AxiMemoryPort<RESHIFT_MODEL> memory_port_;
  AxiLitePort<RESHIFT_MODEL> register_port_;
  std::optional<ProbeAgent<std::remove_reference_t<decltype(*RESHIFT_MODEL::rootp)>>> probe_agent_;
};

}  // namespace
}  // namespace reshift

extern "C" reshift::Device* reshift_open_sim_device(const reshift::SimOptions& options) {
  // The bench takes the name of its waveform from the environment.
  if (!options.trace.empty()) setenv("RESHIFT_TRACE", options.trace.c_str(), 1);
  return new reshift::SimDevice(options);
}
