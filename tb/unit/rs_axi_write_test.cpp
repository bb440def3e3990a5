// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <Vrs_axi_write_bench.h>
#include <gtest/gtest.h>

#include <deque>
#include <string>

#include "unit/dma_common.hpp"

namespace reshift {
namespace {

constexpr unsigned kBeatBytes = RESHIFT_AxiDataW / 8;
constexpr unsigned kPieceBytes = RESHIFT_PieceW / 8;
constexpr uint64_t kBase = 0x10000;
constexpr size_t kSize = 1 << 18;
constexpr uint8_t kGuard = 0xaa;

struct Fault {
  uint64_t address;
  bool decerr;
  bool operator==(const Fault&) const = default;
};

class WriteBench {
 public:
  explicit WriteBench(const Traffic& traffic)
      : WriteBench(traffic, memory_config(RESHIFT_AxiDataW, traffic)) {}
  WriteBench(const Traffic& traffic, const AxiMemoryConfig& config)
      : memory(config),
        expected(kSize, kGuard),
        port_(bench.dut(), memory),
        cmd_(
            bench->cmd_valid_i, bench->cmd_ready_o,
            [this](const Transfer& t) {
              bench->cmd_addr_i = t.address;
              bench->cmd_bytes_i = t.bytes;
            },
            traffic.client, run_seed() + 1),
        data_(
            bench->data_valid_i, bench->data_ready_o,
            [this](const Beat& b) {
              for (unsigned i = 0; i < kPieceBytes; ++i) {
                set_bits(bench->data_i, 8 * i, 8, b.bytes[i]);
              }
            },
            traffic.client, run_seed() + 2),
        probe_([this] {
          if (bench->done_o) finished();
          if (bench->error_valid_o) {
            faults.push_back({bench->error_addr_o, static_cast<bool>(bench->error_decerr_o)});
          }
        }) {
    memory.write(kBase, expected);
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
    Job job{transfer, std::vector<uint8_t>(transfer.bytes)};
    for (uint8_t& byte : job.block) byte = static_cast<uint8_t>(bench.random()());
    cmd_.push(transfer);
    for (Beat& b : beats_of(job.block, kPieceBytes)) data_.push(std::move(b));
    jobs.push_back(std::move(job));
  }
  void run() {
    bench.run_until([&] { return jobs.empty(); }, 4000000);
    bench.run_until([&] { return bench->idle_o != 0; }, 1000);
    EXPECT_TRUE(memory.quiet());
    std::vector<uint8_t> actual(kSize);
    memory.read(kBase, actual);
    EXPECT_TRUE(actual == expected) << "bytes outside the blocks changed";
    EXPECT_GT(done, 0u);
  }
  /// Halts, waits for the bus, checks that nothing but bytes of the blocks was written, resets.
  void recover() {
    bench->halt_i = 1;
    bench.tick();
    const uint64_t bursts = memory.write_bursts();
    bench.run_until([&] { return bench->idle_o != 0; }, 20000);
    // One address may have been waiting for its ready.
    EXPECT_LE(memory.write_bursts(), bursts + 1);
    EXPECT_TRUE(memory.quiet());
    std::vector<uint8_t> actual(kSize);
    memory.read(kBase, actual);
    std::vector<uint8_t> allowed = expected;
    for (const Job& job : jobs) {
      const size_t first = job.transfer.address - kBase;
      for (size_t i = 0; i < job.block.size(); ++i) {
        if (actual[first + i] == job.block[i]) allowed[first + i] = job.block[i];
      }
    }
    EXPECT_TRUE(actual == allowed) << "a halted write left something else in memory";
    bench.reset();
    bench->halt_i = 0;
    cmd_.abandon();
    data_.abandon();
    jobs.clear();
    faults.clear();
    memory.clear_failures();
    std::fill(expected.begin(), expected.end(), kGuard);
    memory.write(kBase, expected);
  }

  struct Job {
    Transfer transfer;
    std::vector<uint8_t> block;
  };

  Bench<Vrs_axi_write_bench> bench;
  AxiMemory memory;
  std::vector<uint8_t> expected;  ///< the memory, with the blocks that are done
  std::vector<Fault> faults;
  std::deque<Job> jobs;  ///< not done
  uint64_t done = 0;

 private:
  // The block must be in memory now.
  void finished() {
    ASSERT_FALSE(jobs.empty()) << "done without a command";
    const Job job = std::move(jobs.front());
    jobs.pop_front();
    ++done;
    std::vector<uint8_t> actual(job.block.size());
    memory.read(job.transfer.address, actual);
    ASSERT_TRUE(actual == job.block)
        << "address " << job.transfer.address << ", " << job.transfer.bytes << " bytes";
    std::copy(job.block.begin(), job.block.end(),
              expected.begin() + static_cast<std::ptrdiff_t>(job.transfer.address - kBase));
  }

  AxiMemoryPort<Vrs_axi_write_bench> port_;
  StreamDriver<Transfer> cmd_;
  StreamDriver<Beat> data_;
  Probe probe_;
};

class Grid : public testing::TestWithParam<Traffic> {};

TEST_P(Grid, BytesArriveAndNoOthers) {
  WriteBench b(GetParam());
  for (Transfer transfer : transfer_grid(kBeatBytes, b.bench.random())) {
    // Blocks that lie apart, so that a block can be compared when it is done.
    transfer.address += 0x4000 * (transfer.tag % 10u);
    b.push(transfer);
    if (b.jobs.size() >= 5) b.run();
  }
  b.run();
  EXPECT_TRUE(b.faults.empty());
}
INSTANTIATE_TEST_SUITE_P(Write, Grid, testing::ValuesIn(all_traffic()),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(Write, FullRateAcrossLatency) {
  WriteBench b({"far", Stalls::none(), Stalls::none(), 60});
  const unsigned pieces = 2000;
  b.push({kBase, pieces * kPieceBytes, 0});
  const uint64_t before = b.bench.cycle();
  b.run();
  EXPECT_LT(b.bench.cycle() - before, pieces + pieces / 10 + 100);
}

TEST(Write, DataDoesNotWaitForTheAddress) {
  AxiMemoryConfig config = memory_config(RESHIFT_AxiDataW, all_traffic()[0]);
  config.aw = {90, 60};
  WriteBench b(all_traffic()[0], config);
  for (unsigned i = 0; i < 10; ++i) b.push({kBase + 0x1005 * i, 100, 0});
  b.run();
  EXPECT_GT(b.memory.early_write_beats(), 10u);
}

TEST(Write, EveryBadBurstIsReported) {
  const uint64_t burst_bytes = 16 * kBeatBytes;
  for (const int latency : {1, 60}) {
    WriteBench b({"errors", Stalls::none(), Stalls::none(), latency});
    for (const AxiResponse response : {AxiResponse::kSlverr, AxiResponse::kDecerr}) {
      for (uint64_t burst = 0; burst < 10; ++burst) {
        b.memory.fail_write(burst, response);
        b.push({0x14000, static_cast<uint32_t>(10 * burst_bytes), 0x5a});
        b.bench.run_until([&] { return !b.faults.empty(); }, 2000);
        ASSERT_EQ(b.faults.size(), 1u);
        EXPECT_EQ(b.faults[0],
                  (Fault{0x14000 + burst * burst_bytes, response == AxiResponse::kDecerr}));
        EXPECT_EQ(b.jobs.size(), 1u) << "a failed command is not done";
        b.bench.run(static_cast<uint64_t>(b.bench.random().uniform(0, 3)));
        b.recover();
        b.push({0x10101, 77, 1});
        b.push({0x10fff, 777, 2});
        b.run();
      }
    }
  }
}

TEST(Write, HaltAtAnyTimeCompletesTheBursts) {
  for (const Traffic& traffic : all_traffic()) {
    WriteBench b(traffic);
    for (unsigned i = 0; i < 60; ++i) {
      b.push({0x10000 + i, 20 * kBeatBytes, 0});
      b.push({0x14000 + i, 90 * kBeatBytes, 0});
      b.bench.run(static_cast<uint64_t>(b.bench.random().uniform(3, 200)));
      b.recover();
      b.push({0x10101, 77, 1});
      b.push({0x10fff, 777, 2});
      b.run();
    }
  }
}

}  // namespace
}  // namespace reshift
