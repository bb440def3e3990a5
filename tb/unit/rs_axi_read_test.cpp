// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <Vrs_axi_read_bench.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "harness/scoreboard.hpp"
#include "unit/dma_common.hpp"

namespace reshift {
namespace {

constexpr unsigned kBeatBytes = RESHIFT_AxiDataW / 8;

struct Fault {
  uint64_t address;
  uint8_t tag;
  bool decerr;
  bool operator==(const Fault&) const = default;
};

class ReadBench {
 public:
  explicit ReadBench(const Traffic& traffic)
      : memory(memory_config(RESHIFT_AxiDataW, traffic)),
        port_(bench.dut(), memory),
        cmd0_(
            bench->cmd0_valid_i, bench->cmd0_ready_o,
            [this](const Transfer& t) {
              bench->cmd0_addr_i = t.address;
              bench->cmd0_bytes_i = t.bytes;
              bench->cmd0_tag_i = t.tag;
            },
            traffic.client, run_seed() + 1),
        cmd1_(
            bench->cmd1_valid_i, bench->cmd1_ready_o,
            [this](const Transfer& t) {
              bench->cmd1_addr_i = t.address;
              bench->cmd1_bytes_i = t.bytes;
              bench->cmd1_tag_i = t.tag;
            },
            traffic.client, run_seed() + 2),
        data0_(
            bench->data0_valid_o, bench->data0_ready_i,
            [this] { return beat(bench->data0_o, bench->data0_last_o); },
            [this](const Beat& b) { sink(0, b); }, traffic.client, run_seed() + 3),
        data1_(
            bench->data1_valid_o, bench->data1_ready_i,
            [this] { return beat(bench->data1_o, bench->data1_last_o); },
            [this](const Beat& b) { sink(1, b); }, traffic.client, run_seed() + 4),
        probe_([this] {
          if (bench->error_valid_o) {
            faults.push_back({bench->error_addr_o, bench->error_tag_o,
                              static_cast<bool>(bench->error_decerr_o)});
          }
          if (hold[0]) bench->data0_ready_i = 0;
          if (hold[1]) bench->data1_ready_i = 0;
        }) {
    image.resize(1 << 18);
    for (uint8_t& byte : image) byte = static_cast<uint8_t>(bench.random()());
    memory.write(0x10000, image);
    bench->halt_i = 0;
    bench.add(probe_);
    bench.add(port_);
    bench.add(cmd0_);
    bench.add(cmd1_);
    bench.add(data0_);
    bench.add(data1_);
    bench.reset();
  }

  void push(int client, const Transfer& transfer) {
    (client == 0 ? cmd0_ : cmd1_).push(transfer);
    const auto first = image.begin() + static_cast<std::ptrdiff_t>(transfer.address - 0x10000);
    for (Beat& b : beats_of({first, first + transfer.bytes}, kBeatBytes)) {
      boards[static_cast<size_t>(client)].expect(std::move(b));
    }
  }
  bool empty() const { return boards[0].empty() && boards[1].empty(); }
  void run() {
    bench.run_until([&] { return empty(); }, 4000000);
    bench.run_until([&] { return bench->idle_o != 0; }, 1000);
    EXPECT_TRUE(memory.quiet());
  }
  /// Halts, waits for the bus, resets; everything that was under way is forgotten.
  void recover() {
    bench->halt_i = 1;
    checking = false;
    bench.tick();
    const uint64_t bursts = memory.read_bursts();
    bench.run_until([&] { return bench->idle_o != 0; }, 20000);
    // One address may have been waiting for its ready.
    EXPECT_LE(memory.read_bursts(), bursts + 1);
    EXPECT_TRUE(memory.quiet());
    bench.reset();
    bench->halt_i = 0;
    cmd0_.abandon();
    cmd1_.abandon();
    data0_.abandon();
    data1_.abandon();
    for (auto& board : boards) board.abandon();
    faults.clear();
    memory.clear_failures();
    checking = true;
  }

  Bench<Vrs_axi_read_bench> bench;
  AxiMemory memory;
  std::vector<uint8_t> image;
  std::vector<Fault> faults;
  std::array<bool, 2> hold{};  ///< the client takes nothing
  bool checking = true;
  std::array<Scoreboard<Beat>, 2> boards{Scoreboard<Beat>("data 0"), Scoreboard<Beat>("data 1")};

 private:
  template <typename Data>
  static Beat beat(const Data& data, bool last) {
    Beat b{std::vector<uint8_t>(kBeatBytes), last};
    for (unsigned i = 0; i < kBeatBytes; ++i) {
      b.bytes[i] = static_cast<uint8_t>(get_bits(data, 8 * i, 8));
    }
    return b;
  }
  void sink(size_t client, const Beat& b) {
    if (checking) boards[client].actual(b);
  }

  AxiMemoryPort<Vrs_axi_read_bench> port_;
  StreamDriver<Transfer> cmd0_, cmd1_;
  StreamMonitor<Beat> data0_, data1_;
  Probe probe_;
};

class Grid : public testing::TestWithParam<Traffic> {};

TEST_P(Grid, BytesArrive) {
  ReadBench b(GetParam());
  for (const Transfer& transfer : transfer_grid(kBeatBytes, b.bench.random())) {
    b.push(static_cast<int>(b.bench.random().uniform(0, 1)), transfer);
  }
  b.run();
  EXPECT_TRUE(b.faults.empty());
}
INSTANTIATE_TEST_SUITE_P(Read, Grid, testing::ValuesIn(all_traffic()),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(Read, FullRateAcrossLatency) {
  ReadBench b({"far", Stalls::none(), Stalls::none(), 100});
  const unsigned beats = 2000;
  b.push(1, {0x10000, beats * kBeatBytes, 0});
  b.push(0, {0x10003, 8, 0});
  const uint64_t before = b.bench.cycle();
  b.run();
  EXPECT_LT(b.bench.cycle() - before, beats + beats / 10 + 150);
}

TEST(Read, AClientThatTakesNothingBlocksNobody) {
  ReadBench b({"quick", Stalls::none(), Stalls::none(), 5});
  b.hold[1] = true;
  for (int i = 0; i < 3; ++i) b.push(1, {0x10001, 100 * kBeatBytes, 0});
  b.bench.run(500);
  for (unsigned i = 0; i < 20; ++i) b.push(0, {0x11000 + i, 50 * kBeatBytes, 0});
  b.bench.run_until([&] { return b.boards[0].empty(); }, 5000);
  EXPECT_FALSE(b.boards[1].empty());
  b.hold[1] = false;
  b.run();
}

TEST(Read, EveryBadBeatIsReportedWithItsBurst) {
  const uint64_t burst_bytes = 16 * kBeatBytes;
  for (const int latency : {1, 60}) {
    ReadBench b({"errors", Stalls::none(), Stalls::none(), latency});
    for (const AxiResponse response : {AxiResponse::kSlverr, AxiResponse::kDecerr}) {
      for (uint64_t burst = 0; burst < 8; ++burst) {
        for (const int beat : {0, 7, 15}) {
          b.memory.fail_read(burst, beat, response);
          b.push(beat == 7 ? 0 : 1, {0x14000, static_cast<uint32_t>(8 * burst_bytes), 0x5a});
          b.checking = false;
          b.bench.run_until([&] { return !b.faults.empty(); }, 2000);
          ASSERT_EQ(b.faults.size(), 1u);
          EXPECT_EQ(b.faults[0],
                    (Fault{0x14000 + burst * burst_bytes, 0x5a, response == AxiResponse::kDecerr}));
          b.bench.run(static_cast<uint64_t>(b.bench.random().uniform(0, 3)));
          b.recover();
          b.push(0, {0x10101, 77, 1});
          b.push(1, {0x10fff, 777, 2});
          b.run();
        }
      }
    }
  }
}

TEST(Read, HaltAtAnyTimeDrains) {
  for (const Traffic& traffic : all_traffic()) {
    ReadBench b(traffic);
    for (int i = 0; i < 60; ++i) {
      b.push(0, {0x10000u + static_cast<unsigned>(i), 20 * kBeatBytes, 0});
      b.push(1, {0x11000u + static_cast<unsigned>(i), 90 * kBeatBytes, 0});
      b.bench.run(static_cast<uint64_t>(b.bench.random().uniform(3, 150)));
      b.recover();
      b.push(0, {0x10101, 77, 1});
      b.push(1, {0x10fff, 777, 2});
      b.run();
    }
  }
}

}  // namespace
}  // namespace reshift
