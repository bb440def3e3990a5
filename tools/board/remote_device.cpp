// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "board/remote_device.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "isa/isa.hpp"

namespace reshift {
namespace {

// Kinds of frames, in the two highest bits of a head: those to the board, those from it.
constexpr std::uint8_t kReadRegister = 0 << 6, kWriteRegister = 1 << 6, kBeat = 2 << 6,
                       kWriteDone = 3 << 6;
constexpr int kAnswer = 0, kReadBurst = 1, kWriteBurst = 2;
constexpr std::uint8_t kInterrupt = 1 << 5, kLastWritten = 1 << 4, kLastRead = 1;
constexpr std::uint8_t kDecodeError = 3 << 1;
constexpr std::uint32_t kBeatBytes = 4;

}  // namespace

void RemoteDevice::send(std::uint8_t head, std::uint32_t word) {
  std::array<std::uint8_t, 5> bytes{head};
  for (int i = 0; i < 4; ++i) bytes[1 + i] = static_cast<std::uint8_t>(word >> 8 * i);
  stream_.write(bytes);
}

RemoteDevice::Frame RemoteDevice::receive() {
  std::array<std::uint8_t, 5> bytes;
  for (std::size_t have = 0; have < bytes.size();) {
    const std::size_t count = stream_.read(std::span(bytes).subspan(have));
    if (count == 0) {
      throw Error(
          "no answer from the core at {} in time: is it this port, is the bitstream in the FPGA, "
          "and is the rate the bitstream's?",
          stream_.name());
    }
    have += count;
  }
  std::uint32_t word = 0;
  for (int i = 4; i >= 1; --i) word = word << 8 | bytes[static_cast<std::size_t>(i)];
  interrupt_ = (bytes[0] & kInterrupt) != 0;
  return {bytes[0], word};
}

std::uint32_t RemoteDevice::access(std::uint8_t head, std::uint32_t offset, std::uint32_t value) {
  send(static_cast<std::uint8_t>(head | offset / 4), value);
  while (true) {
    const Frame frame = receive();
    if (frame.head >> 6 != kAnswer) {
      serve(frame);
      continue;
    }
    if (frame.head & 2) throw Error("the core refuses an access to register {:#x}", offset);
    return frame.word;
  }
}

std::uint32_t RemoteDevice::read_register(std::uint32_t offset) {
  return access(kReadRegister, offset, 0);
}

void RemoteDevice::write_register(std::uint32_t offset, std::uint32_t value) {
  access(kWriteRegister, offset, value);
}

void RemoteDevice::wait_interrupt() {
  do read_register(isa::reg::kStatus);
  while (!interrupt_);
}

void RemoteDevice::serve(const Frame& frame) {
  switch (frame.head >> 6) {
    case kReadBurst: {
      const std::uint32_t beats = (frame.head & 15u) + 1;
      const bool bad = !inside(frame.word, beats * kBeatBytes);
      for (std::uint32_t beat = 0; beat < beats; ++beat) {
        std::uint32_t word = 0;
        for (std::uint32_t i = kBeatBytes; i-- > 0 && !bad;) {
          word = word << 8 | memory_[frame.word + beat * kBeatBytes + i];
        }
        send(static_cast<std::uint8_t>(kBeat | (bad ? kDecodeError : 0) |
                                       (beat + 1 == beats ? kLastRead : 0)),
             word);
      }
      break;
    }
    case kWriteBurst:
      bursts_.push_back({frame.word, !inside(frame.word, ((frame.head & 15u) + 1) * kBeatBytes)});
      write_beats();
      break;
    default:
      beats_.push_back(frame);
      write_beats();
  }
}

void RemoteDevice::write_beats() {
  for (; !bursts_.empty() && !beats_.empty(); beats_.pop_front()) {
    Burst& burst = bursts_.front();
    const Frame& beat = beats_.front();
    for (std::uint32_t i = 0; i < kBeatBytes; ++i) {
      if (beat.head >> i & 1 && !burst.bad) {
        memory_[burst.address + i] = static_cast<std::uint8_t>(beat.word >> 8 * i);
      }
    }
    burst.address += kBeatBytes;
    if (beat.head & kLastWritten) {
      send(static_cast<std::uint8_t>(kWriteDone | (burst.bad ? kDecodeError : 0)), 0);
      bursts_.pop_front();
    }
  }
}

void RemoteDevice::write_memory(std::uint64_t address, std::span<const std::uint8_t> bytes) {
  if (!inside(address, bytes.size())) throw Error("{:#x} is outside the memory", address);
  std::copy(bytes.begin(), bytes.end(), memory_.begin() + static_cast<std::ptrdiff_t>(address));
}

void RemoteDevice::read_memory(std::uint64_t address, std::span<std::uint8_t> bytes) {
  if (!inside(address, bytes.size())) throw Error("{:#x} is outside the memory", address);
  std::copy_n(memory_.begin() + static_cast<std::ptrdiff_t>(address), bytes.size(), bytes.begin());
}

}  // namespace reshift
