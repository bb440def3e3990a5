// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// A simulated board behind a pseudo terminal: prints the terminal's name, which `reshift board`
// takes as port, and runs until its standard input ends. The board's memory starts with `board.hex`
// of the working folder.
#include <Vrs_board.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include <cstdio>

#include "board/uart_agent.hpp"

namespace reshift {
namespace {

/// Both ends of a pseudo terminal; the far one stays open, so that hosts may come and go.
struct Terminal {
  int near_end, far_end;
};

Terminal open_terminal() {
  const int near_end = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
  if (near_end < 0 || grantpt(near_end) != 0 || unlockpt(near_end) != 0) {
    throw Error("cannot open a pseudo terminal");
  }
  const int far_end = open(ptsname(near_end), O_RDWR | O_NOCTTY);
  termios settings;
  if (far_end < 0 || tcgetattr(far_end, &settings) != 0)
    throw Error("cannot use {}", ptsname(near_end));
  cfmakeraw(&settings);
  tcsetattr(far_end, TCSANOW, &settings);
  return {near_end, far_end};
}

bool readable(int file) {
  pollfd poller{file, POLLIN, 0};
  return poll(&poller, 1, 0) > 0;
}

void simulate() {
  Bench<Vrs_board> bench;
  UartAgent uart(bench.dut(), RESHIFT_ClocksPerBit);
  bench.add(uart);
  bench.reset();
  const Terminal terminal = open_terminal();
  fmt::print("{}\n", ptsname(terminal.near_end));
  std::fflush(stdout);
  while (true) {
    bench.run(1000);
    if (readable(STDIN_FILENO) && std::getchar() == EOF) return;
    std::uint8_t buffer[4096];
    if (readable(terminal.near_end)) {
      const ssize_t count = read(terminal.near_end, buffer, sizeof buffer);
      if (count > 0) uart.to_board.insert(uart.to_board.end(), buffer, buffer + count);
    }
    while (!uart.from_board.empty()) {
      const std::uint8_t byte = uart.from_board.front();
      if (write(terminal.near_end, &byte, 1) != 1) break;
      uart.from_board.pop_front();
    }
  }
}

}  // namespace
}  // namespace reshift

int main() {
  try {
    reshift::simulate();
  } catch (const std::exception& e) {
    fmt::print(stderr, "error: {}\n", e.what());
    return 1;
  }
  return 0;
}
