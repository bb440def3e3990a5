// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "harness/axi_ports.hpp"
#include "harness/bench.hpp"
#include "isa/isa.hpp"
#include "program/program.hpp"

namespace reshift {

/// How the memory behind the core behaves in a run, and where things lie in it.
struct CoreRunOptions {
  int read_latency = 40, write_latency = 1;
  bool stalls = false;   ///< random back-pressure on every channel
  int misalignment = 0;  ///< bytes by which input and output windows are off a bus word
  std::uint64_t max_cycles = 10'000'000;
};

/// The whole core on a memory, driven through its registers as a host would.
template <typename Model>
class CoreBench {
 public:
  static constexpr std::uint32_t kProgBase = 0x1000;
  static constexpr std::uint32_t kInBase = 0x800000;
  static constexpr std::uint32_t kOutBase = 0xc00000;

  CoreBench(const isa::Hardware& hw, const CoreRunOptions& options, std::uint64_t seed = run_seed())
      : hw_(hw),
        options_(options),
        bench_(seed),
        memory_(memory_config(hw, options, seed)),
        master_([this] { bench_.tick(); }),
        memory_port_(bench_.dut(), memory_),
        lite_port_(bench_.dut(), master_) {
    bench_.add(memory_port_);
    bench_.add(lite_port_);
    bench_.reset();
  }

  std::uint32_t get(std::uint32_t reg) { return master_.read_ok(reg); }
  void set(std::uint32_t reg, std::uint32_t value) { master_.write_ok(reg, value); }
  AxiMemory& memory() { return memory_; }
  AxiLiteMaster& master() { return master_; }
  Bench<Model>& bench() { return bench_; }
  std::uint64_t out_base() const {
    return kOutBase + static_cast<std::uint64_t>(options_.misalignment);
  }

  /// Places program and inputs, clears the output windows, and starts; returns when the interrupt
  /// comes.
  void run(const Program& program, const std::vector<std::uint8_t>& inputs, int frames) {
    const std::uint64_t in_base = kInBase + static_cast<std::uint64_t>(options_.misalignment);
    memory_.write(kProgBase, program.image);
    memory_.write(in_base, inputs);
    const auto out_bytes = static_cast<std::size_t>(program.frame_out_stride() * frames);
    memory_.write(out_base(), std::vector<std::uint8_t>(out_bytes));
    set(isa::reg::kIrqEnable, 3);
    set(isa::reg::kProgBaseLo, kProgBase);
    set(isa::reg::kProgBaseHi, 0);
    set(isa::reg::kProgSize, static_cast<std::uint32_t>(program.image.size()));
    set(isa::reg::kInBaseLo, static_cast<std::uint32_t>(in_base));
    set(isa::reg::kInBaseHi, 0);
    set(isa::reg::kInStride, static_cast<std::uint32_t>(program.frame_in_stride()));
    set(isa::reg::kOutBaseLo, static_cast<std::uint32_t>(out_base()));
    set(isa::reg::kOutBaseHi, 0);
    set(isa::reg::kOutStride, static_cast<std::uint32_t>(program.frame_out_stride()));
    set(isa::reg::kFrames, static_cast<std::uint32_t>(frames));
    set(isa::reg::kCtrl, 1);
    for (std::uint64_t cycle = 0; !bench_->irq; ++cycle) {
      if (cycle == options_.max_cycles) throw Error("no interrupt: {}", diagnosis());
      bench_.tick();
    }
  }

  /// What the core says of itself, for a run that hangs.
  std::string diagnosis() {
    std::string text = fmt::format("status {:#x}, {} frames done, busy {}", get(isa::reg::kStatus),
                                   get(isa::reg::kFramesDone), get(isa::reg::kExecBusy));
    for (const auto& stall : isa::kStalls) {
      text += fmt::format(", {} {}", stall.name, get(stall.offset));
    }
    return text;
  }

  /// The output windows of all frames.
  std::vector<std::uint8_t> outputs(const Program& program, int frames) const {
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(program.frame_out_stride() * frames));
    memory_.read(out_base(), bytes);
    return bytes;
  }

 private:
  static AxiMemoryConfig memory_config(const isa::Hardware& hw, const CoreRunOptions& options,
                                       std::uint64_t seed) {
    AxiMemoryConfig config;
    config.bytes = 0x1000000;
    config.data_width = hw.axi_data_w;
    config.read_latency = options.read_latency;
    config.write_latency = options.write_latency;
    config.seed = seed;
    if (options.stalls) {
      config.early_beats = 16;
      for (Stalls* s : {&config.ar, &config.r, &config.aw, &config.w, &config.b})
        *s = Stalls::light();
    }
    return config;
  }

  isa::Hardware hw_;
  CoreRunOptions options_;
  Bench<Model> bench_;
  AxiMemory memory_;
  AxiLiteMaster master_;
  AxiMemoryPort<Model> memory_port_;
  AxiLitePort<Model> lite_port_;
};

}  // namespace reshift
