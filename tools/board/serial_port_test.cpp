// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "board/serial_port.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <numeric>
#include <vector>

#include "base/error.hpp"

namespace reshift {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

/// The far end of a port.
struct Terminal {
  Terminal() : file(posix_openpt(O_RDWR | O_NOCTTY)) {
    if (file < 0 || grantpt(file) != 0 || unlockpt(file) != 0) throw Error("no pseudo terminal");
    name = ptsname(file);
  }
  ~Terminal() { close(file); }

  int file;
  std::string name;
};

TEST(SerialPort, EveryByteAsItIs) {
  const Terminal terminal;
  SerialPort port(terminal.name, 1000000, 1s);
  std::vector<std::uint8_t> bytes(256), seen(256);
  std::iota(bytes.begin(), bytes.end(), 0);
  port.write(bytes);
  ASSERT_EQ(read(terminal.file, seen.data(), seen.size()), 256);
  EXPECT_EQ(seen, bytes);

  seen.assign(256, 0);
  ASSERT_EQ(write(terminal.file, bytes.data(), bytes.size()), 256);
  for (std::span<std::uint8_t> left = seen; !left.empty();) left = left.subspan(port.read(left));
  EXPECT_EQ(seen, bytes);
  EXPECT_EQ(port.name(), terminal.name);
}

TEST(SerialPort, SilenceIsNoByte) {
  const Terminal terminal;
  SerialPort port(terminal.name, 115200, 20ms);
  std::uint8_t byte;
  EXPECT_EQ(port.read(std::span(&byte, 1)), 0u);
}

TEST(SerialPort, SaysWhatIsWrong) {
  const Terminal terminal;
  EXPECT_THAT([] { SerialPort("/dev/no-such-port", 115200, 1s); },
              ThrowsMessage<Error>(HasSubstr("no serial port /dev/no-such-port: there ")));
  EXPECT_THAT([] { SerialPort("/dev/null", 115200, 1s); },
              ThrowsMessage<Error>(HasSubstr("/dev/null is no serial port")));
  EXPECT_THAT([&] { SerialPort(terminal.name, 1234, 1s); },
              ThrowsMessage<Error>(HasSubstr("there are 115200, 230400")));
}

}  // namespace
}  // namespace reshift
