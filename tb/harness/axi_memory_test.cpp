// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// The memory model against a hand-driven master: data, timing, faults, and every rule it checks.
#include "harness/axi_memory.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <vector>

namespace reshift {
namespace {

constexpr uint64_t kBase = 0x80000000;

AxiMemoryConfig config64() {
  AxiMemoryConfig config;
  config.base = kBase;
  config.bytes = 1 << 16;
  return config;
}

void offer_read(AxiPins& p, uint64_t address, int beats) {
  p.ar_valid = true;
  p.ar_addr = address;
  p.ar_len = static_cast<uint8_t>(beats - 1);
  p.ar_size = 3;
  p.ar_burst = 1;
}

void offer_write(AxiPins& p, uint64_t address, int beats) {
  p.aw_valid = true;
  p.aw_addr = address;
  p.aw_len = static_cast<uint8_t>(beats - 1);
  p.aw_size = 3;
  p.aw_burst = 1;
}

/// One clock edge; takes back what was accepted.
void edge(AxiMemory& memory) {
  AxiPins& p = memory.pins();
  const bool ar = p.ar_valid && p.ar_ready, aw = p.aw_valid && p.aw_ready;
  memory.tick();
  if (ar) p.ar_valid = false;
  if (aw) p.aw_valid = false;
}

std::vector<uint64_t> read_burst(AxiMemory& memory, uint64_t address, int beats,
                                 std::vector<uint8_t>* responses = nullptr) {
  AxiPins& p = memory.pins();
  offer_read(p, address, beats);
  p.r_ready = true;
  std::vector<uint64_t> data;
  bool last = false;
  for (int i = 0; i < 10000 && !last; ++i) {
    if (p.r_valid) {
      uint64_t word;
      std::memcpy(&word, p.r_data.data(), 8);
      data.push_back(word);
      if (responses) responses->push_back(p.r_resp);
      last = p.r_last;
    }
    edge(memory);
  }
  EXPECT_TRUE(last);
  return data;
}

AxiResponse write_burst(AxiMemory& memory, uint64_t address, const std::vector<uint64_t>& data,
                        uint32_t strobes = 0xff) {
  AxiPins& p = memory.pins();
  offer_write(p, address, static_cast<int>(data.size()));
  p.b_ready = true;
  size_t sent = 0;
  for (int i = 0; i < 10000; ++i) {
    if (p.b_valid) {
      const auto response = static_cast<AxiResponse>(p.b_resp);
      edge(memory);
      return response;
    }
    p.w_valid = sent < data.size();
    if (p.w_valid) {
      std::memcpy(p.w_data.data(), &data[sent], 8);
      p.w_strb = strobes;
      p.w_last = sent + 1 == data.size();
    }
    const bool taken = p.w_valid && p.w_ready;
    edge(memory);
    sent += taken;
    p.w_valid = p.w_valid && !taken;
  }
  ADD_FAILURE() << "no write response";
  return AxiResponse::kOkay;
}

TEST(AxiMemory, ReadsWhatWasWritten) {
  AxiMemoryConfig config = config64();
  config.ar = config.r = config.aw = config.w = config.b = Stalls::heavy();
  AxiMemory memory(config);
  Random random(run_seed());
  for (int round = 0; round < 50; ++round) {
    std::vector<uint64_t> data(static_cast<size_t>(random.uniform(1, 256)));
    for (uint64_t& word : data) word = random();
    const uint64_t address = kBase + 4096 * static_cast<uint64_t>(random.uniform(0, 15));
    EXPECT_EQ(write_burst(memory, address, data), AxiResponse::kOkay);
    EXPECT_EQ(read_burst(memory, address, static_cast<int>(data.size())), data);
  }
  EXPECT_TRUE(memory.quiet());
  EXPECT_EQ(memory.read_beats(), memory.write_beats());
}

TEST(AxiMemory, TakesDataBeforeItsAddress) {
  AxiMemoryConfig config = config64();
  config.early_beats = 3;
  AxiMemory memory(config);
  AxiPins& p = memory.pins();
  edge(memory);  // ready appears
  p.b_ready = p.w_valid = true;
  // Two bursts, of one beat and of three; the last beat has to wait for an address.
  const std::vector<uint32_t> words{11, 22, 33, 44};
  size_t sent = 0;
  const auto send = [&](int cycles) {
    for (int i = 0; i < cycles; ++i) {
      p.w_valid = sent < words.size();
      if (p.w_valid) p.w_data[0] = words[sent];
      p.w_strb = 0xff;
      p.w_last = sent == 0 || sent == 3;
      const bool taken = p.w_valid && p.w_ready;
      edge(memory);
      sent += taken;
    }
  };
  send(10);
  EXPECT_EQ(sent, 3u);
  EXPECT_FALSE(p.b_valid);
  EXPECT_FALSE(memory.quiet());
  EXPECT_EQ(memory.early_write_beats(), 3u);
  offer_write(p, kBase, 1);
  send(10);
  EXPECT_EQ(sent, 4u);
  offer_write(p, kBase + 64, 3);
  send(10);
  EXPECT_TRUE(memory.quiet());
  EXPECT_EQ(memory.early_write_beats(), 4u);
  EXPECT_EQ(read_burst(memory, kBase, 1), std::vector<uint64_t>{11});
  EXPECT_EQ(read_burst(memory, kBase + 64, 4), (std::vector<uint64_t>{22, 33, 44, 0}));
}

// Addresses and data of many bursts, each offered as soon as the one before is taken.
TEST(AxiMemory, EachChannelStallsByItself) {
  uint64_t early = 0, late = 0;
  for (const bool slow_address : {false, true}) {
    AxiMemoryConfig config = config64();
    config.early_beats = 20;
    config.aw = slow_address ? Stalls{90, 60} : Stalls::none();
    config.w = slow_address ? Stalls::none() : Stalls::heavy();
    config.b = Stalls::light();
    AxiMemory memory(config);
    AxiPins& p = memory.pins();
    Random random(run_seed());
    std::vector<int> lengths(100);
    for (int& length : lengths) length = static_cast<int>(random.uniform(1, 16));
    size_t addressed = 0, burst = 0, answers = 0;
    int beat = 0;
    p.b_ready = true;
    for (int i = 0; i < 200000 && answers < lengths.size(); ++i) {
      if (!p.aw_valid && addressed < lengths.size()) {
        offer_write(p, kBase + 128 * addressed, lengths[addressed]);
        ++addressed;
      }
      p.w_valid = burst < lengths.size();
      if (p.w_valid) {
        p.w_data[0] = static_cast<uint32_t>(100 * burst) + static_cast<uint32_t>(beat);
        p.w_strb = 0xff;
        p.w_last = beat + 1 == lengths[burst];
      }
      const bool taken = p.w_valid && p.w_ready;
      answers += p.b_valid;
      edge(memory);
      if (taken && ++beat == lengths[burst]) {
        beat = 0;
        ++burst;
      }
    }
    ASSERT_TRUE(memory.quiet());
    for (size_t b = 0; b < lengths.size(); ++b) {
      const auto data = read_burst(memory, kBase + 128 * b, lengths[b]);
      for (size_t i = 0; i < data.size(); ++i) ASSERT_EQ(data[i], 100 * b + i);
    }
    (slow_address ? early : late) = memory.early_write_beats();
  }
  EXPECT_GT(early, 300u);
  EXPECT_LT(late, early / 4);
}

TEST(AxiMemory, StrobesSelectBytes) {
  AxiMemory memory(config64());
  write_burst(memory, kBase, {0x1111111111111111});
  write_burst(memory, kBase, {0x2222222222222222}, 0x0f);
  EXPECT_EQ(read_burst(memory, kBase, 1).at(0), 0x1111111122222222u);
}

TEST(AxiMemory, FirstDataComesAfterTheLatencyThenEveryCycleAcrossBursts) {
  for (const int latency : {1, 40, 100}) {
    AxiMemoryConfig config = config64();
    config.read_latency = latency;
    AxiMemory memory(config);
    AxiPins& p = memory.pins();
    p.r_ready = true;
    edge(memory);  // ready appears
    std::vector<uint64_t> cycles;
    int bursts = 0;
    const uint64_t start = memory.cycle();
    for (int i = 0; i < latency + 100; ++i) {
      if (!p.ar_valid && bursts < 4) {
        offer_read(p, kBase, 16);
        ++bursts;
      }
      if (p.r_valid) cycles.push_back(memory.cycle() - start);
      edge(memory);
    }
    ASSERT_EQ(cycles.size(), 64u);
    for (size_t i = 0; i < cycles.size(); ++i) EXPECT_EQ(cycles[i], latency + i);
  }
}

// Another master's bursts come between: both ways a burst takes as much longer as they take.
TEST(AxiMemory, AnotherMasterTakesItsShareOfTheDataCycles) {
  for (const int percent : {0, 25, 50, 90}) {
    AxiMemoryConfig config = config64();
    config.other_percent = percent;
    AxiMemory memory(config);
    const std::vector<uint64_t> data(256, 1);
    const double expected = 256 / (1 - percent / 100.0);
    const auto cycles = [&](const std::function<void()>& burst) {
      const uint64_t begin = memory.cycle();
      burst();
      return static_cast<double>(memory.cycle() - begin);
    };
    EXPECT_NEAR(cycles([&] { write_burst(memory, kBase, data); }), expected, 0.1 * expected);
    EXPECT_NEAR(cycles([&] { EXPECT_EQ(read_burst(memory, kBase, 256), data); }), expected,
                0.1 * expected);
  }
  AxiMemoryConfig config = config64();
  config.other_percent = 91;
  EXPECT_THROW(AxiMemory{config}, Error);
}

TEST(AxiMemory, FaultsHitTheBeatAndTheBurstAsked) {
  AxiMemory memory(config64());
  memory.fail_read(1, 2, AxiResponse::kSlverr);
  memory.fail_write(1, AxiResponse::kDecerr);
  for (int burst = 0; burst < 3; ++burst) {
    std::vector<uint8_t> responses;
    read_burst(memory, kBase, 4, &responses);
    EXPECT_EQ(responses, (std::vector<uint8_t>{0, 0, uint8_t(burst == 1 ? 2 : 0), 0}));
    EXPECT_EQ(write_burst(memory, kBase, {1, 2}),
              burst == 1 ? AxiResponse::kDecerr : AxiResponse::kOkay);
  }
}

TEST(AxiMemory, FaultyAndMissingAddressesAnswerErrors) {
  AxiMemory memory(config64());
  memory.fail_addresses(kBase + 16, 8, AxiResponse::kSlverr);
  std::vector<uint8_t> responses;
  read_burst(memory, kBase, 4, &responses);
  EXPECT_EQ(responses, (std::vector<uint8_t>{0, 0, 2, 0}));
  EXPECT_EQ(write_burst(memory, kBase, {7, 7, 7, 7}), AxiResponse::kSlverr);
  memory.clear_failures();
  EXPECT_EQ(read_burst(memory, kBase, 4), (std::vector<uint64_t>{7, 7, 0, 7}));
  responses.clear();
  read_burst(memory, kBase + (1 << 16), 1, &responses);
  EXPECT_EQ(responses, std::vector<uint8_t>{3});
  EXPECT_EQ(write_burst(memory, kBase - 8, {7}), AxiResponse::kDecerr);
  EXPECT_THROW(memory.write(kBase + (1 << 16) - 1, std::vector<uint8_t>(2)), Error);
}

/// What a master does wrong in one cycle; the memory is ready for everything.
using Crime = std::function<void(AxiMemory&)>;

class BrokenRule : public testing::TestWithParam<std::pair<const char*, Crime>> {};

TEST_P(BrokenRule, IsSeen) {
  AxiMemoryConfig config = config64();
  config.read_latency = config.write_latency = 20;
  config.declared_reads = config.declared_writes = 2;
  config.max_reads = config.max_writes = 3;
  config.early_beats = 1;
  AxiMemory memory(config);
  edge(memory);
  try {
    GetParam().second(memory);
    for (int i = 0; i < 5; ++i) edge(memory);
    FAIL() << "not seen";
  } catch (const ProtocolError& error) {
    EXPECT_NE(std::string(error.what()).find(GetParam().first), std::string::npos) << error.what();
  }
}

INSTANTIATE_TEST_SUITE_P(AxiMemory, BrokenRule,
                         testing::Values(std::pair{"4 KB", Crime([](AxiMemory& m) {
                                                     offer_read(m.pins(), kBase + 4096 - 8, 2);
                                                   })},
                                         std::pair{"4 KB", Crime([](AxiMemory& m) {
                                                     offer_write(m.pins(), kBase + 4096 - 8, 2);
                                                   })},
                                         std::pair{"burst type", Crime([](AxiMemory& m) {
                                                     offer_read(m.pins(), kBase, 2);
                                                     m.pins().ar_burst = 0;
                                                   })},
                                         std::pair{"size", Crime([](AxiMemory& m) {
                                                     offer_write(m.pins(), kBase, 2);
                                                     m.pins().aw_size = 2;
                                                   })},
                                         std::pair{"WLAST 1", Crime([](AxiMemory& m) {
                                                     offer_write(m.pins(), kBase, 2);
                                                     edge(m);
                                                     m.pins().w_valid = m.pins().w_last = true;
                                                   })},
                                         std::pair{"WLAST 1", Crime([](AxiMemory& m) {
                                                     AxiPins& p = m.pins();  // before its address
                                                     p.w_valid = p.w_last = true;
                                                     edge(m);
                                                     p.w_valid = false;
                                                     offer_write(p, kBase, 2);
                                                   })},
                                         std::pair{"WLAST 0", Crime([](AxiMemory& m) {
                                                     offer_write(m.pins(), kBase, 1);
                                                     edge(m);
                                                     m.pins().w_valid = true;
                                                   })},
                                         std::pair{"reads open", Crime([](AxiMemory& m) {
                                                     for (int i = 0; i < 3; ++i) {
                                                       offer_read(m.pins(), kBase, 2);
                                                       edge(m);
                                                     }
                                                   })},
                                         std::pair{"writes open", Crime([](AxiMemory& m) {
                                                     for (int i = 0; i < 3; ++i) {
                                                       offer_write(m.pins(), kBase, 2);
                                                       edge(m);
                                                     }
                                                   })},
                                         std::pair{"AR changed", Crime([](AxiMemory& m) {
                                                     m.pins().ar_ready = false;
                                                     offer_read(m.pins(), kBase, 2);
                                                     edge(m);
                                                     m.pins().ar_addr += 64;
                                                   })},
                                         std::pair{"AW changed", Crime([](AxiMemory& m) {
                                                     m.pins().aw_ready = false;
                                                     offer_write(m.pins(), kBase, 2);
                                                     edge(m);
                                                     m.pins().aw_valid = false;
                                                   })},
                                         std::pair{"W changed", Crime([](AxiMemory& m) {
                                                     m.pins().w_ready = false;
                                                     m.pins().w_valid = true;
                                                     edge(m);
                                                     m.pins().w_data[0] = 1;
                                                   })}));

}  // namespace
}  // namespace reshift
