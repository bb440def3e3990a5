// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "harness/axi_memory.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

namespace reshift {
namespace {

constexpr uint64_t kPage = 4096;
constexpr uint8_t kIncr = 1;
constexpr int kBurstBeats = 256;  // at most

}  // namespace

AxiMemory::AxiMemory(const AxiMemoryConfig& config)
    : config_(config),
      bytes_(static_cast<uint64_t>(config.data_width) / 8),
      memory_(static_cast<uint8_t*>(std::calloc(config.bytes, 1)), &std::free),
      ar_stall_(config.ar, config.seed + 1),
      r_stall_(config.r, config.seed + 2),
      aw_stall_(config.aw, config.seed + 3),
      w_stall_(config.w, config.seed + 4),
      b_stall_(config.b, config.seed + 5) {
  if (!memory_) throw std::bad_alloc();
  if (config.data_width != 32 && config.data_width != 64 && config.data_width != 128 &&
      config.data_width != 256) {
    throw Error("AXI memory: data width {} is not 32, 64, 128 or 256", config.data_width);
  }
  if (config.read_latency < 1 || config.write_latency < 1) {
    throw Error("AXI memory: latencies {} and {} must be at least 1", config.read_latency,
                config.write_latency);
  }
  if (std::min(config.max_reads, config.max_writes) < 1 ||
      std::max(config.max_reads, config.max_writes) > kMaxOpen) {
    throw Error("AXI memory: open bursts must be 1..{}", kMaxOpen);
  }
  if (config.other_percent < 0 || config.other_percent > 90) {
    throw Error("AXI memory: another master takes 0 to 90 % of the cycles, not {}",
                config.other_percent);
  }
  if (config.early_beats < 0 || config.early_beats > kBurstBeats) {
    throw Error("AXI memory: early beats must be 0..{}", kBurstBeats);
  }
}

void AxiMemory::tick() {
  check_stable();
  read_step();
  write_step();
  remember_waiting();
  ++cycle_;
  AxiPins& p = pins_;
  p.ar_ready = reads_.size() < config_.max_reads && !ar_stall_.stall();
  p.aw_ready = writes_.size() + responses_.size() < config_.max_writes && !aw_stall_.stall();
  p.w_ready = takes_data() && !other_next() && !w_stall_.stall();
}

bool AxiMemory::other_next() const {
  const uint64_t percent = static_cast<uint64_t>(config_.other_percent);
  const uint64_t burst = cycle_ / kOtherBeats;
  return (burst + 1) * percent / 100 != burst * percent / 100;
}

void AxiMemory::read_step() {
  AxiPins& p = pins_;
  if (p.r_valid && p.r_ready) {
    ++read_beats_;
    p.r_valid = false;
    Burst& burst = reads_.front();
    burst.address += bytes_;
    ++burst.beat;
    if (--burst.left == 0) reads_.pop();
  }
  if (p.ar_valid && p.ar_ready) {
    Burst burst = accept({p.ar_addr, p.ar_id, p.ar_len, p.ar_size, p.ar_burst}, "AR");
    burst.number = read_bursts_++;
    burst.due = cycle_ + static_cast<uint64_t>(config_.read_latency);
    reads_.push(burst);
    if (reads_.size() > config_.declared_reads) {
      throw ProtocolError("AXI cycle {}: {} reads open, {} declared", cycle_, reads_.size(),
                          config_.declared_reads);
    }
  }
  if (p.r_valid || reads_.empty() || cycle_ + 1 < reads_.front().due || other_next() ||
      r_stall_.stall()) {
    return;
  }
  const Burst& burst = reads_.front();
  const AxiResponse response = response_of(burst.address, burst.number, burst.beat, true);
  p.r_valid = true;
  p.r_id = burst.id;
  p.r_last = burst.left == 1;
  p.r_resp = static_cast<uint8_t>(response);
  if (inside(burst.address)) {
    std::memcpy(p.r_data.data(), memory_.get() + (burst.address - config_.base), bytes_);
  } else {
    p.r_data.fill(0xdeadbeef);
  }
}

void AxiMemory::write_step() {
  AxiPins& p = pins_;
  if (p.b_valid && p.b_ready) {
    p.b_valid = false;
    responses_.pop();
  }
  if (p.w_valid && p.w_ready) {
    ++write_beats_;
    early_.push_back({p.w_data, p.w_strb, p.w_last});
  }
  if (p.aw_valid && p.aw_ready) {
    Burst burst = accept({p.aw_addr, p.aw_id, p.aw_len, p.aw_size, p.aw_burst}, "AW");
    burst.number = write_bursts_++;
    writes_.push(burst);
    const int open = writes_.size() + responses_.size();
    if (open > config_.declared_writes) {
      throw ProtocolError("AXI cycle {}: {} writes open, {} declared", cycle_, open,
                          config_.declared_writes);
    }
  }
  for (; !early_.empty() && !writes_.empty(); early_.pop_front()) write_beat(early_.front());
  if (!early_.empty() && p.w_valid && p.w_ready) ++early_write_beats_;
  if (p.b_valid || responses_.empty() || cycle_ + 1 < responses_.front().due || b_stall_.stall()) {
    return;
  }
  p.b_valid = true;
  p.b_id = responses_.front().id;
  p.b_resp = static_cast<uint8_t>(responses_.front().response);
}

void AxiMemory::write_beat(const WriteData& beat) {
  Burst& burst = writes_.front();
  const AxiResponse response = response_of(burst.address, burst.number, burst.beat, false);
  burst.response = std::max(burst.response, response);
  if (response == AxiResponse::kOkay) {
    uint8_t* to = memory_.get() + (burst.address - config_.base);
    const auto* from = reinterpret_cast<const uint8_t*>(beat.data.data());
    const uint32_t all = static_cast<uint32_t>((1ull << bytes_) - 1);
    if ((beat.strb & all) == all) {
      std::memcpy(to, from, bytes_);
    } else {
      for (uint64_t i = 0; i < bytes_; ++i) {
        if (beat.strb >> i & 1) to[i] = from[i];
      }
    }
  }
  burst.address += bytes_;
  ++burst.beat;
  --burst.left;
  if (beat.last != (burst.left == 0)) {
    throw ProtocolError("AXI cycle {}: WLAST {} with {} beats left in the burst", cycle_,
                        beat.last ? 1 : 0, burst.left);
  }
  if (burst.left == 0) {
    burst.due = cycle_ + static_cast<uint64_t>(config_.write_latency);
    responses_.push(burst);
    writes_.pop();
  }
}

AxiMemory::Burst AxiMemory::accept(const Address& a, const char* channel) const {
  const uint64_t first = a.address & ~(bytes_ - 1);
  const uint64_t beats = a.len + 1ull;
  if (a.burst != kIncr) {
    throw ProtocolError("AXI cycle {}: {} burst type {}, only INCR is known", cycle_, channel,
                        a.burst);
  }
  if (1ull << a.size != bytes_) {
    throw ProtocolError("AXI cycle {}: {} size {}, the bus has {} bytes", cycle_, channel, a.size,
                        bytes_);
  }
  if (first / kPage != (first + beats * bytes_ - 1) / kPage) {
    throw ProtocolError("AXI cycle {}: {} burst at {:#x} of {} beats crosses a 4 KB boundary",
                        cycle_, channel, a.address, beats);
  }
  Burst burst;
  burst.address = first;
  burst.id = a.id;
  burst.left = static_cast<uint16_t>(beats);
  return burst;
}

void AxiMemory::check_stable() {
  const AxiPins& p = pins_;
  const char* broken = nullptr;
  if (ar_waits_ && !(p.ar_valid &&
                     Address{p.ar_addr, p.ar_id, p.ar_len, p.ar_size, p.ar_burst} == ar_waiting_)) {
    broken = "AR";
  }
  if (aw_waits_ && !(p.aw_valid &&
                     Address{p.aw_addr, p.aw_id, p.aw_len, p.aw_size, p.aw_burst} == aw_waiting_)) {
    broken = "AW";
  }
  if (w_waits_ && !(p.w_valid && WriteData{p.w_data, p.w_strb, p.w_last} == w_waiting_)) {
    broken = "W";
  }
  if (broken) {
    throw ProtocolError("AXI cycle {}: {} changed while it waited for ready", cycle_, broken);
  }
}

void AxiMemory::remember_waiting() {
  const AxiPins& p = pins_;
  ar_waits_ = p.ar_valid && !p.ar_ready;
  aw_waits_ = p.aw_valid && !p.aw_ready;
  w_waits_ = p.w_valid && !p.w_ready;
  if (ar_waits_) ar_waiting_ = {p.ar_addr, p.ar_id, p.ar_len, p.ar_size, p.ar_burst};
  if (aw_waits_) aw_waiting_ = {p.aw_addr, p.aw_id, p.aw_len, p.aw_size, p.aw_burst};
  if (w_waits_) w_waiting_ = {p.w_data, p.w_strb, p.w_last};
}

AxiResponse AxiMemory::response_of(uint64_t address, uint64_t number, int beat,
                                   bool is_read) const {
  AxiResponse response = inside(address) ? AxiResponse::kOkay : AxiResponse::kDecerr;
  for (const AddressFault& fault : address_faults_) {
    if (address + bytes_ > fault.first && address < fault.first + fault.bytes) {
      response = std::max(response, fault.response);
    }
  }
  for (const BurstFault& fault : burst_faults_) {
    if (fault.is_read == is_read && fault.burst == number && fault.beat == beat) {
      response = std::max(response, fault.response);
    }
  }
  return response;
}

void AxiMemory::write(uint64_t address, std::span<const uint8_t> data) {
  if (address < config_.base || address - config_.base + data.size() > config_.bytes) {
    throw Error("AXI memory: no {} bytes at {:#x}", data.size(), address);
  }
  std::copy(data.begin(), data.end(), memory_.get() + (address - config_.base));
}

void AxiMemory::read(uint64_t address, std::span<uint8_t> data) const {
  if (address < config_.base || address - config_.base + data.size() > config_.bytes) {
    throw Error("AXI memory: no {} bytes at {:#x}", data.size(), address);
  }
  std::copy_n(memory_.get() + (address - config_.base), data.size(), data.begin());
}

void AxiMemory::fail_addresses(uint64_t first, uint64_t bytes, AxiResponse response) {
  address_faults_.push_back({first, bytes, response});
}

void AxiMemory::fail_read(uint64_t burst, int beat, AxiResponse response) {
  burst_faults_.push_back({read_bursts_ + burst, beat, response, true});
}

void AxiMemory::fail_write(uint64_t burst, AxiResponse response) {
  burst_faults_.push_back({write_bursts_ + burst, 0, response, false});
}

void AxiMemory::clear_failures() {
  address_faults_.clear();
  burst_faults_.clear();
}

}  // namespace reshift
