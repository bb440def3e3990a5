// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "harness/axi_ports.hpp"
#include "harness/bits.hpp"
#include "harness/stream.hpp"

namespace reshift {

/// Looks at the pins before every edge.
class Probe : public Agent {
 public:
  explicit Probe(std::function<void()> look) : look_(std::move(look)) {}
  void sample() override { look_(); }
  void drive() override {}

 private:
  std::function<void()> look_;
};

/// A DMA command.
struct Transfer {
  uint64_t address = 0;
  uint32_t bytes = 0;
  uint8_t tag = 0;
};

/// A beat of a block: its bytes, and whether it is the last.
struct Beat {
  std::vector<uint8_t> bytes;
  bool last = false;
  bool operator==(const Beat&) const = default;
};

/// The beats of a block, the last one padded with zeros.
inline std::vector<Beat> beats_of(const std::vector<uint8_t>& block, unsigned beat_bytes) {
  std::vector<Beat> beats;
  for (size_t first = 0; first < block.size(); first += beat_bytes) {
    Beat beat{std::vector<uint8_t>(beat_bytes), first + beat_bytes >= block.size()};
    for (size_t i = 0; i < beat_bytes && first + i < block.size(); ++i) {
      beat.bytes[i] = block[first + i];
    }
    beats.push_back(beat);
  }
  return beats;
}

/// How busy the bus is.
struct Traffic {
  const char* name;
  Stalls bus;     ///< every channel of the memory
  Stalls client;  ///< the streams
  int latency;    ///< cycles, reads and writes
};

inline std::vector<Traffic> all_traffic() {
  return {{"quick", Stalls::none(), Stalls::none(), 1},
          {"far", Stalls::none(), Stalls::light(), 40},
          {"heavy", Stalls::heavy(), Stalls::light(), 3},
          {"slow_client", Stalls::light(), Stalls::heavy(), 10},
          {"bursty", Stalls::bursty(), Stalls::bursty(), 20}};
}

inline AxiMemoryConfig memory_config(int data_width, const Traffic& traffic) {
  AxiMemoryConfig config;
  config.base = 0x10000;
  config.bytes = 1 << 18;
  config.data_width = data_width;
  config.read_latency = config.write_latency = traffic.latency;
  config.early_beats = 16;
  config.declared_reads = config.declared_writes = 9;
  config.ar = config.r = config.aw = config.w = config.b = traffic.bus;
  return config;
}

/// Commands of the grid: every byte offset of a beat, lengths of 1 to 4 beats near the end of a
/// page, then lengths around a burst (16 beats) and a page, and some random ones.
inline std::vector<Transfer> transfer_grid(unsigned beat_bytes, Random& random) {
  std::vector<Transfer> grid;
  const uint64_t page = 0x12000;
  uint8_t tag = 0;
  const auto add = [&](uint64_t address, uint64_t bytes) {
    grid.push_back({address, static_cast<uint32_t>(bytes), tag++});
  };
  for (int edge = -3; edge <= 0; ++edge) {
    for (unsigned offset = 0; offset < beat_bytes; ++offset) {
      for (unsigned bytes = 1; bytes <= 4 * beat_bytes; bytes += beat_bytes > 8 ? 3 : 1) {
        add(page + static_cast<uint64_t>(edge * static_cast<int>(beat_bytes)) + offset, bytes);
      }
    }
  }
  const unsigned burst = 16 * beat_bytes;
  for (const unsigned size : {burst, 2 * burst, 4096u, 8192u}) {
    for (int extra = -2; extra <= 2; ++extra) {
      for (const unsigned offset : {0u, 1u, beat_bytes / 2, beat_bytes - 1}) {
        add(page + offset, size + static_cast<unsigned>(extra));
        add(page - beat_bytes + offset, size + static_cast<unsigned>(extra) * beat_bytes);
      }
    }
  }
  for (int i = 0; i < 100; ++i) {
    add(static_cast<uint64_t>(random.uniform(0x11000, 0x13000)),
        static_cast<uint64_t>(random.uniform(1, 2000)));
  }
  return grid;
}

}  // namespace reshift
