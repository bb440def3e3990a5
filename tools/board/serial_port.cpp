// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "board/serial_port.hpp"

#include <fcntl.h>
#include <fmt/ranges.h>
#include <glob.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <vector>

#include "base/error.hpp"

namespace reshift {
namespace {

speed_t speed_of(int baud) {
  static const std::map<int, speed_t> kSpeeds = {
      {115200, B115200},   {230400, B230400},   {460800, B460800},  {921600, B921600},
      {1000000, B1000000}, {2000000, B2000000}, {3000000, B3000000}};
  const auto found = kSpeeds.find(baud);
  if (found != kSpeeds.end()) return found->second;
  std::vector<int> known;
  for (const auto& [rate, unused] : kSpeeds) known.push_back(rate);
  throw Error("{} is no rate of a serial port; there are {}", baud, fmt::join(known, ", "));
}

std::string known_ports() {
  std::vector<std::string> ports;
  glob_t found = {};
  for (const char* pattern : {"/dev/ttyUSB*", "/dev/ttyACM*"}) {
    if (glob(pattern, 0, nullptr, &found) == 0) {
      ports.insert(ports.end(), found.gl_pathv, found.gl_pathv + found.gl_pathc);
    }
    globfree(&found);
  }
  if (ports.empty()) return "there is no USB serial port at all: is the board plugged in?";
  return fmt::format("there are {}", fmt::join(ports, ", "));
}

}  // namespace

SerialPort::SerialPort(std::string path, int baud, std::chrono::milliseconds time_limit)
    : path_(std::move(path)), time_limit_(time_limit) {
  const speed_t speed = speed_of(baud);
  file_ = open(path_.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (file_ < 0) {
    const int cause = errno;
    if (cause == ENOENT) throw Error("no serial port {}: {}", path_, known_ports());
    throw Error("cannot open {}: {}{}", path_, std::strerror(cause),
                cause == EACCES ? " (are you in the group that owns it, often `dialout`?)" : "");
  }
  termios settings;
  if (tcgetattr(file_, &settings) != 0) {
    close(file_);
    throw Error("{} is no serial port", path_);
  }
  cfmakeraw(&settings);
  settings.c_cflag |= CLOCAL | CREAD;
  settings.c_cflag &= ~static_cast<tcflag_t>(CRTSCTS | CSTOPB | PARENB);
  cfsetspeed(&settings, speed);
  if (ioctl(file_, TIOCEXCL) != 0 || tcsetattr(file_, TCSANOW, &settings) != 0) {
    const int cause = errno;
    close(file_);
    throw Error("cannot set {} to {} bit/s: {}", path_, baud, std::strerror(cause));
  }
  tcflush(file_, TCIOFLUSH);  // what an earlier program left
}

SerialPort::~SerialPort() { close(file_); }

bool SerialPort::wait(short events) {
  pollfd poller{file_, events, 0};
  const int ready = poll(&poller, 1, static_cast<int>(time_limit_.count()));
  if (ready < 0) throw Error("{}: {}", path_, std::strerror(errno));
  if (ready > 0 && (poller.revents & events) == 0) throw Error("{} was unplugged", path_);
  return ready > 0;
}

void SerialPort::write(std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    if (!wait(POLLOUT)) throw Error("{} takes no bytes", path_);
    const ssize_t count = ::write(file_, bytes.data(), bytes.size());
    if (count < 0 && errno != EAGAIN) throw Error("{}: {}", path_, std::strerror(errno));
    if (count > 0) bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

std::size_t SerialPort::read(std::span<std::uint8_t> bytes) {
  if (!wait(POLLIN)) return 0;
  const ssize_t count = ::read(file_, bytes.data(), bytes.size());
  if (count <= 0) throw Error("{} was unplugged", path_);
  return static_cast<std::size_t>(count);
}

}  // namespace reshift
