// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <Vrs_axi_read_bench.h>
#include <gtest/gtest.h>

#include <string>

#include "harness/scoreboard.hpp"
#include "unit/dma_common.hpp"

namespace reshift {
namespace {

constexpr unsigned kBeatBytes = RESHIFT_AxiDataW / 8;
constexpr unsigned kPieceBytes = RESHIFT_PieceW / 8;

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
        cmd_(
            bench->cmd_valid_i, bench->cmd_ready_o,
            [this](const Transfer& t) {
              bench->cmd_addr_i = t.address;
              bench->cmd_bytes_i = t.bytes;
              bench->cmd_tag_i = t.tag;
            },
            traffic.client, run_seed() + 1),
        data_(
            bench->data_valid_o, bench->data_ready_i,
            [this] { return beat(bench->data_o, bench->data_last_o); },
            [this](const Beat& b) {
              if (checking) board.actual(b);
            },
            traffic.client, run_seed() + 2),
        probe_([this] {
          if (bench->error_valid_o) {
            faults.push_back({bench->error_addr_o, bench->error_tag_o,
                              static_cast<bool>(bench->error_decerr_o)});
          }
          if (hold) bench->data_ready_i = 0;
        }) {
    image.resize(1 << 18);
    for (uint8_t& byte : image) byte = static_cast<uint8_t>(bench.random()());
    memory.write(0x10000, image);
    bench->halt_i = 0;
    bench.add(probe_);
    bench.add(port_);
    bench.add(cmd_);
    bench.add(data_);
    bench.reset();
  }

  /// Whole pieces: what the transfer asks for, rounded up.
  void push(Transfer transfer) {
    transfer.bytes = (transfer.bytes + kPieceBytes - 1) / kPieceBytes * kPieceBytes;
    cmd_.push(transfer);
    const auto first = image.begin() + static_cast<std::ptrdiff_t>(transfer.address - 0x10000);
    for (Beat& b : beats_of({first, first + transfer.bytes}, kPieceBytes)) {
      board.expect(std::move(b));
    }
  }
  void run() {
    bench.run_until([&] { return board.empty(); }, 4000000);
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
    cmd_.abandon();
    data_.abandon();
    board.abandon();
    faults.clear();
    memory.clear_failures();
    checking = true;
  }

  Bench<Vrs_axi_read_bench> bench;
  AxiMemory memory;
  std::vector<uint8_t> image;
  std::vector<Fault> faults;
  bool hold = false;  ///< nothing is taken
  bool checking = true;
  Scoreboard<Beat> board{"data"};

 private:
  template <typename Data>
  static Beat beat(const Data& data, bool last) {
    Beat b{std::vector<uint8_t>(kPieceBytes), last};
    for (unsigned i = 0; i < kPieceBytes; ++i) {
      b.bytes[i] = static_cast<uint8_t>(get_bits(data, 8 * i, 8));
    }
    return b;
  }
  AxiMemoryPort<Vrs_axi_read_bench> port_;
  StreamDriver<Transfer> cmd_;
  StreamMonitor<Beat> data_;
  Probe probe_;
};

class Grid : public testing::TestWithParam<Traffic> {};

TEST_P(Grid, BytesArrive) {
  ReadBench b(GetParam());
  for (const Transfer& transfer : transfer_grid(kBeatBytes, b.bench.random())) {
    b.push(transfer);
  }
  b.run();
  EXPECT_TRUE(b.faults.empty());
}
INSTANTIATE_TEST_SUITE_P(Read, Grid, testing::ValuesIn(all_traffic()),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(Read, FullRateAcrossLatency) {
  ReadBench b({"far", Stalls::none(), Stalls::none(), 100});
  const unsigned pieces = 2000;
  b.push({0x10000, pieces * kPieceBytes, 0});
  const uint64_t before = b.bench.cycle();
  b.run();
  EXPECT_LT(b.bench.cycle() - before, pieces + pieces / 10 + 150);
}

TEST(Read, HalfRateFromAnyByte) {
  ReadBench b({"far", Stalls::none(), Stalls::none(), 100});
  const unsigned pieces = 2000;
  b.push({0x10001, pieces * kPieceBytes, 0});
  const uint64_t before = b.bench.cycle();
  b.run();
  EXPECT_LT(b.bench.cycle() - before, 2 * pieces + 350);
}

TEST(Read, NothingIsReadThatHasNoRoom) {
  ReadBench b({"quick", Stalls::none(), Stalls::none(), 5});
  b.hold = true;
  for (int i = 0; i < 3; ++i) b.push({0x10001, 300 * kBeatBytes, 0});
  b.bench.run(1000);
  EXPECT_EQ(b.memory.read_beats(), 8u * 16) << "the beats of the FIFO";
  b.hold = false;
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
          b.push({0x14000, static_cast<uint32_t>(8 * burst_bytes), 0x5a});
          b.checking = false;
          b.bench.run_until([&] { return !b.faults.empty(); }, 2000);
          ASSERT_EQ(b.faults.size(), 1u);
          EXPECT_EQ(b.faults[0],
                    (Fault{0x14000 + burst * burst_bytes, 0x5a, response == AxiResponse::kDecerr}));
          b.bench.run(static_cast<uint64_t>(b.bench.random().uniform(0, 3)));
          b.recover();
          b.push({0x10101, 77, 1});
          b.push({0x10fff, 777, 2});
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
      b.push({0x10000u + static_cast<unsigned>(i), 20 * kBeatBytes, 0});
      b.push({0x11000u + static_cast<unsigned>(i), 90 * kBeatBytes, 0});
      b.bench.run(static_cast<uint64_t>(b.bench.random().uniform(3, 150)));
      b.recover();
      b.push({0x10101, 77, 1});
      b.push({0x10fff, 777, 2});
      b.run();
    }
  }
}

}  // namespace
}  // namespace reshift
