// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

// Two cores behind one register port: each runs its own network on its own memory at the same time.
#include <algorithm>

#include RESHIFT_MODEL_HEADER
#include "core/core_case.hpp"
#include "harness/bits.hpp"

namespace reshift {
namespace {

using Model = RESHIFT_MODEL;
constexpr int kCores = RESHIFT_Cores;
constexpr std::uint32_t kWindow = 0x1000;  ///< bytes of a core's registers
constexpr std::uint32_t kInBase = 0x800000, kOutBase = 0xc00000, kProgBase = 0x1000;

/// A memory at element `core` of the ports `m_axi_*`.
class MemoryOfCore : public Agent {
 public:
  MemoryOfCore(Model& model, unsigned core, AxiMemory& memory)
      : m_(model), core_(core), memory_(memory) {
    drive();
  }

  void sample() override {
    AxiPins& p = memory_.pins();
    p.ar_valid = get(m_.m_axi_arvalid, 1);
    p.ar_addr = get(m_.m_axi_araddr, 40);
    p.ar_len = static_cast<std::uint8_t>(get(m_.m_axi_arlen, 8));
    p.ar_size = static_cast<std::uint8_t>(get(m_.m_axi_arsize, 3));
    p.ar_burst = static_cast<std::uint8_t>(get(m_.m_axi_arburst, 2));
    p.r_ready = get(m_.m_axi_rready, 1);
    p.aw_valid = get(m_.m_axi_awvalid, 1);
    p.aw_addr = get(m_.m_axi_awaddr, 40);
    p.aw_len = static_cast<std::uint8_t>(get(m_.m_axi_awlen, 8));
    p.aw_size = static_cast<std::uint8_t>(get(m_.m_axi_awsize, 3));
    p.aw_burst = static_cast<std::uint8_t>(get(m_.m_axi_awburst, 2));
    p.w_valid = get(m_.m_axi_wvalid, 1);
    for (unsigned word = 0; word < kWords; ++word) {
      p.w_data[word] =
          static_cast<std::uint32_t>(get_element(m_.m_axi_wdata, kWords * core_ + word, 32));
    }
    p.w_strb = static_cast<std::uint32_t>(get(m_.m_axi_wstrb, 4 * kWords));
    p.w_last = get(m_.m_axi_wlast, 1);
    p.b_ready = get(m_.m_axi_bready, 1);
    memory_.tick();
  }

  void drive() override {
    const AxiPins& p = memory_.pins();
    set(m_.m_axi_arready, 1, p.ar_ready);
    set(m_.m_axi_rvalid, 1, p.r_valid);
    for (unsigned word = 0; word < kWords; ++word)
      set_bits(m_.m_axi_rdata, 32 * (kWords * core_ + word), 32, p.r_data[word]);
    set(m_.m_axi_rresp, 2, p.r_resp);
    set(m_.m_axi_rlast, 1, p.r_last);
    set(m_.m_axi_awready, 1, p.aw_ready);
    set(m_.m_axi_wready, 1, p.w_ready);
    set(m_.m_axi_bvalid, 1, p.b_valid);
    set(m_.m_axi_bresp, 2, p.b_resp);
  }

 private:
  static constexpr unsigned kWords = kHardware.axi_data_w / 32;

  template <typename Port>
  std::uint64_t get(const Port& port, unsigned width) const {
    return get_element(port, core_, width);
  }
  template <typename Port>
  void set(Port& port, unsigned width, std::uint64_t value) {
    set_bits(port, core_ * width, width, value);
  }

  Model& m_;
  unsigned core_;
  AxiMemory& memory_;
};

class Cluster {
 public:
  Cluster() : master_([this] { bench_.tick(); }), registers_(bench_.dut(), master_) {
    AxiMemoryConfig config;
    config.bytes = 0x1000000;
    config.data_width = kHardware.axi_data_w;
    for (unsigned core = 0; core < kCores; ++core) {
      config.read_latency = 10 + 7 * static_cast<int>(core);  // so that they do not run in step
      memories_.push_back(std::make_unique<AxiMemory>(config));
      ports_.push_back(std::make_unique<MemoryOfCore>(bench_.dut(), core, *memories_.back()));
      bench_.add(*ports_.back());
    }
    bench_.add(registers_);
    bench_.reset();
  }

  Bench<Model>& bench() { return bench_; }
  AxiLiteMaster& master() { return master_; }
  std::uint32_t get(unsigned core, std::uint32_t reg) {
    return master_.read_ok(core * kWindow + reg);
  }
  void set(unsigned core, std::uint32_t reg, std::uint64_t value) {
    master_.write_ok(core * kWindow + reg, static_cast<std::uint32_t>(value));
  }

  void start(unsigned core, const CoreCase& work) {
    AxiMemory& memory = *memories_[core];
    memory.write(kProgBase, work.program.image);
    memory.write(kInBase, work.inputs);
    memory.write(kOutBase, std::vector<std::uint8_t>(work.windows.size()));
    set(core, isa::reg::kIrqEnable, 3);
    set(core, isa::reg::kProgBaseLo, kProgBase);
    set(core, isa::reg::kProgSize, work.program.image.size());
    set(core, isa::reg::kInBaseLo, kInBase);
    set(core, isa::reg::kInStride, static_cast<std::uint64_t>(work.program.frame_in_stride()));
    set(core, isa::reg::kOutBaseLo, kOutBase);
    set(core, isa::reg::kOutStride, static_cast<std::uint64_t>(work.program.frame_out_stride()));
    set(core, isa::reg::kFrames, static_cast<std::uint64_t>(work.frames));
    set(core, isa::reg::kCtrl, 1);
  }
  std::vector<std::uint8_t> outputs(unsigned core, const CoreCase& work) const {
    std::vector<std::uint8_t> bytes(work.windows.size());
    memories_[core]->read(kOutBase, bytes);
    return bytes;
  }

 private:
  Bench<Model> bench_;
  AxiLiteMaster master_;
  AxiLitePort<Model> registers_;
  std::vector<std::unique_ptr<AxiMemory>> memories_;
  std::vector<std::unique_ptr<MemoryOfCore>> ports_;
};

TEST(Cluster, EveryCoreRunsItsOwnFrames) {
  Cluster cluster;
  std::vector<CoreCase> work;
  for (unsigned core = 0; core < kCores; ++core) work.emplace_back(run_seed() + core, false, 2);
  for (unsigned core = 0; core < kCores; ++core) cluster.start(core, work[core]);
  // At the same time: none was done when the last one started.
  for (unsigned core = 0; core < kCores; ++core)
    EXPECT_TRUE(cluster.get(core, isa::reg::kStatus) & 1) << "core " << core;
  const unsigned all = (1u << kCores) - 1;
  unsigned seen = 0;
  cluster.bench().run_until(
      [&] {
        const unsigned pending = cluster.bench()->irq_core;
        EXPECT_EQ(cluster.bench()->irq, pending != 0);
        seen |= pending;
        return pending == all;
      },
      10'000'000);
  for (unsigned core = 0; core < kCores; ++core) {
    EXPECT_EQ(cluster.get(core, isa::reg::kErrCause), 0u);
    EXPECT_EQ(cluster.get(core, isa::reg::kFramesDone), 2u);
    EXPECT_TRUE(cluster.outputs(core, work[core]) == work[core].windows) << "core " << core;
    // Clearing the interrupt of one leaves those of the others.
    cluster.set(core, isa::reg::kIrqStatus, 7);
    cluster.bench().run(4);
    EXPECT_EQ(cluster.bench()->irq_core, all & ~((2u << core) - 1));
    EXPECT_EQ(cluster.bench()->irq, core + 1 < kCores);
  }
}

TEST(Cluster, RegistersAreReachedInTheirOwnWindow) {
  Cluster cluster;
  // Both halves of a write in every order, and the windows in turn.
  using Order = AxiLiteMaster::Order;
  std::uint32_t value = 0x100;
  for (const Order order : {Order::kTogether, Order::kAddressFirst, Order::kDataFirst}) {
    for (unsigned core = 0; core < kCores; ++core) {
      EXPECT_EQ(cluster.master().write(core * kWindow + isa::reg::kProgSize, value + core, order),
                AxiResponse::kOkay);
    }
    for (unsigned core = 0; core < kCores; ++core) {
      EXPECT_EQ(cluster.get(core, isa::reg::kId), isa::kRegisterId);
      EXPECT_EQ(cluster.get(core, isa::reg::kProgSize), value + core);
    }
    value += 0x100;
  }
  // A core's own errors come through; outside there is nobody.
  EXPECT_EQ(cluster.master().read(kWindow + 0x300).response, AxiResponse::kSlverr);
  for (const std::uint32_t window : {unsigned{kCores}, 8u, 15u}) {
    const std::uint32_t address = window * kWindow + isa::reg::kProgSize;
    EXPECT_EQ(cluster.master().read(address).response, AxiResponse::kDecerr) << window;
    for (const Order order : {Order::kTogether, Order::kAddressFirst, Order::kDataFirst})
      EXPECT_EQ(cluster.master().write(address, 1, order), AxiResponse::kDecerr) << window;
  }
  for (unsigned core = 0; core < kCores; ++core)
    EXPECT_EQ(cluster.get(core, isa::reg::kProgSize), value - 0x100 + core);
}

}  // namespace
}  // namespace reshift
