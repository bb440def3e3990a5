// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "board/byte_stream.hpp"

namespace reshift {

/// A serial port of Linux: 8 data bits, no parity, one stop bit, no flow control.
class SerialPort : public ByteStream {
 public:
  /// Throws Error when there is no such port (the message lists those there are), it is no serial
  /// port, may not be used, or does not know the rate (bits a second).
  SerialPort(std::string path, int baud, std::chrono::milliseconds time_limit);
  ~SerialPort() override;
  SerialPort(const SerialPort&) = delete;
  SerialPort& operator=(const SerialPort&) = delete;

  void write(std::span<const std::uint8_t> bytes) override;
  std::size_t read(std::span<std::uint8_t> bytes) override;
  std::string name() const override { return path_; }

 private:
  /// False when the time limit passed first.
  bool wait(short events);

  std::string path_;
  std::chrono::milliseconds time_limit_;
  int file_ = -1;
};

}  // namespace reshift
