// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "base/error.hpp"
#include "harness/random.hpp"

namespace reshift {

/// A broken rule of the AXI protocol, by the master.
class ProtocolError : public Error {
 public:
  using Error::Error;
};

enum class AxiResponse : uint8_t { kOkay = 0, kSlverr = 2, kDecerr = 3 };

/// The values of an AXI4 port's signals in one cycle. Data up to 256 bits, low word first.
struct AxiPins {
  using Data = std::array<uint32_t, 8>;

  bool ar_valid = false, ar_ready = false;
  uint64_t ar_addr = 0;
  uint8_t ar_len = 0, ar_size = 0, ar_burst = 0;
  uint32_t ar_id = 0;

  bool r_valid = false, r_ready = false, r_last = false;
  Data r_data{};
  uint8_t r_resp = 0;
  uint32_t r_id = 0;

  bool aw_valid = false, aw_ready = false;
  uint64_t aw_addr = 0;
  uint8_t aw_len = 0, aw_size = 0, aw_burst = 0;
  uint32_t aw_id = 0;

  bool w_valid = false, w_ready = false, w_last = false;
  Data w_data{};
  uint32_t w_strb = 0;

  bool b_valid = false, b_ready = false;
  uint8_t b_resp = 0;
  uint32_t b_id = 0;
};

struct AxiMemoryConfig {
  uint64_t base = 0;         ///< first byte address
  uint64_t bytes = 1 << 20;  ///< size; accesses outside answer DECERR
  int data_width = 64;       ///< bits: 64, 128 or 256
  int read_latency = 1;      ///< cycles from the AR handshake to the first data, at least 1
  int write_latency = 1;     ///< cycles from the last data handshake to the response, at least 1
  int max_reads = 16;        ///< bursts accepted and not finished, 1..64
  int max_writes = 16;
  int early_beats = 0;      ///< beats of write data accepted before their address, 0..256
  int declared_reads = 64;  ///< a master with more reads open breaks the protocol
  int declared_writes = 64;
  /// Of the cycles of each data channel, 0..90 %: another master moves its own data in them, in
  /// bursts of kOtherBeats, spread evenly.
  int other_percent = 0;
  Stalls ar, r, aw, w, b;  ///< back-pressure (ready late) and gaps (valid late), each channel
  uint64_t seed = run_seed();
};

/// An AXI4 slave with flat memory behind it: INCR bursts, responses in order, one beat a cycle each
/// way; each channel stalls by itself. Write data meets the addresses in order, whichever comes
/// first. Checks the master: burst type and size, alignment, 4 KB rule, WLAST, payload stable while
/// it waits, number of open bursts; throws ProtocolError. Pages never touched cost nothing, so a
/// large `bytes` is fine.
class AxiMemory {
 public:
  static constexpr int kMaxOpen = 64;
  static constexpr uint64_t kOtherBeats = 16;

  explicit AxiMemory(const AxiMemoryConfig& config);

  /// The master sets its signals of this cycle in here before tick(), and finds the memory's
  /// signals of the next cycle after it.
  AxiPins& pins() { return pins_; }
  /// One clock edge.
  void tick();

  /// Direct access, for the host's side. Throws Error outside the memory.
  void write(uint64_t address, std::span<const uint8_t> data);
  void read(uint64_t address, std::span<uint8_t> data) const;

  /// Beats at these addresses answer `response` from now on; writes there change nothing.
  void fail_addresses(uint64_t first, uint64_t bytes, AxiResponse response);
  /// Beat `beat` of read burst number `burst` (counted from now, from 0) answers `response`.
  void fail_read(uint64_t burst, int beat, AxiResponse response);
  /// Write burst number `burst` (counted from now, from 0) answers `response`.
  void fail_write(uint64_t burst, AxiResponse response);
  void clear_failures();

  /// No burst is open, no data is without an address, no response is due.
  bool quiet() const {
    return reads_.empty() && writes_.empty() && early_.empty() && responses_.empty();
  }
  uint64_t cycle() const { return cycle_; }
  uint64_t read_bursts() const { return read_bursts_; }
  uint64_t write_bursts() const { return write_bursts_; }
  uint64_t read_beats() const { return read_beats_; }
  uint64_t write_beats() const { return write_beats_; }
  /// Of those, taken before their address.
  uint64_t early_write_beats() const { return early_write_beats_; }

 private:
  struct Burst {
    uint64_t address = 0;  ///< of the next beat
    uint64_t number = 0;   ///< counted per direction
    uint64_t due = 0;      ///< first cycle for data (read) or response (write)
    uint32_t id = 0;
    uint16_t left = 0;  ///< beats
    uint16_t beat = 0;
    AxiResponse response = AxiResponse::kOkay;
  };
  /// A queue that never allocates.
  class Queue {
   public:
    bool empty() const { return count_ == 0; }
    int size() const { return count_; }
    Burst& front() { return items_[head_]; }
    void push(const Burst& burst) { items_[(head_ + count_++) % kMaxOpen] = burst; }
    void pop() {
      head_ = (head_ + 1) % kMaxOpen;
      --count_;
    }

   private:
    std::array<Burst, kMaxOpen> items_;
    int head_ = 0;
    int count_ = 0;
  };
  struct AddressFault {
    uint64_t first;
    uint64_t bytes;
    AxiResponse response;
  };
  struct BurstFault {
    uint64_t burst;
    int beat;
    AxiResponse response;
    bool is_read;
  };
  struct Address {
    uint64_t address = 0;
    uint32_t id = 0;
    uint8_t len = 0, size = 0, burst = 0;
    bool operator==(const Address&) const = default;
  };
  struct WriteData {
    AxiPins::Data data{};
    uint32_t strb = 0;
    bool last = false;
    bool operator==(const WriteData&) const = default;
  };

  void check_stable();
  void remember_waiting();
  Burst accept(const Address& address, const char* channel) const;
  /// The data channels of the next cycle are another master's.
  bool other_next() const;
  void read_step();
  void write_step();
  /// A beat of data meets the oldest address without all of its data.
  void write_beat(const WriteData& beat);
  bool takes_data() const {
    return !writes_.empty() || static_cast<int>(early_.size()) < config_.early_beats;
  }
  bool inside(uint64_t address) const {
    return address >= config_.base && address - config_.base + bytes_ <= config_.bytes;
  }
  AxiResponse response_of(uint64_t address, uint64_t number, int beat, bool is_read) const;

  AxiMemoryConfig config_;
  uint64_t bytes_;  ///< bytes of a beat
  std::unique_ptr<uint8_t[], decltype(&std::free)> memory_;
  AxiPins pins_;
  uint64_t cycle_ = 0;

  Queue reads_, writes_, responses_;
  std::deque<WriteData> early_;  ///< without an address
  StallSource ar_stall_, r_stall_, aw_stall_, w_stall_, b_stall_;
  uint64_t read_bursts_ = 0, write_bursts_ = 0, read_beats_ = 0, write_beats_ = 0,
           early_write_beats_ = 0;

  std::vector<AddressFault> address_faults_;
  std::vector<BurstFault> burst_faults_;

  bool ar_waits_ = false, aw_waits_ = false, w_waits_ = false;
  Address ar_waiting_, aw_waiting_;
  WriteData w_waiting_;
};

}  // namespace reshift
