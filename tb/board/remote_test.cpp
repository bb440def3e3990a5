// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// A core whose memory is the host, end to end: the host's code, a serial line bit by bit at the
// pins, the core. Random networks.
#include <Vrs_board_remote.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "board/remote_device.hpp"
#include "board/sim_line.hpp"
#include "compile/compile.hpp"
#include "device/runtime.hpp"
#include "golden/graph_interpreter.hpp"
#include "golden/random_network.hpp"
#include "program/hardware.hpp"

namespace reshift {
namespace {

constexpr std::size_t kMemoryBytes = 1 << 20;

struct RemoteTest : testing::Test {
  SimLine<Vrs_board_remote> line;
  RemoteDevice device{line, kMemoryBytes};
  const isa::Hardware& hw = find_hardware("2x2x2");

  Program program(std::uint64_t seed) {
    const RandomNetworkOptions options{
        .acc_w = hw.acc_w, .max_ops = 4, .max_side = 8, .max_channels = 8, .slice_channels = hw.m};
    return compile(hw, random_qnet(seed, options), {});
  }

  void expect_right(const Program& p, std::uint64_t seed) {
    const auto image = random_image(p.net, seed);
    const auto result = Runtime(device, p).run(p.input_window(image));
    const auto expected =
        run_graph(p.net, image)[static_cast<std::size_t>(p.net.outputs.front().tensor)];
    EXPECT_EQ(p.stored_codes(p.output(), result.output), expected);
    EXPECT_GT(result.counters.exec_busy, 0u);
  }
};

TEST_F(RemoteTest, Registers) {
  EXPECT_EQ(device.read_register(0), isa::kRegisterId);
  const auto value = static_cast<std::uint32_t>(line.random()());
  device.write_register(isa::reg::kWatchdog, value);
  EXPECT_EQ(device.read_register(isa::reg::kWatchdog), value);
}

TEST_F(RemoteTest, RunsPrograms) {
  for (std::uint64_t network = 0; network < 4; ++network) {
    const Program p = program(run_seed() + 100 * network);
    expect_right(p, 1);
    expect_right(p, 2);
  }
}

// A program whose weights are outside the memory stops, and the next run works.
TEST_F(RemoteTest, BusError) {
  const Program p = program(1);
  Runtime runtime(device, p);
  const auto image = random_image(p.net, 1);
  device.write_register(isa::reg::kProgBaseLo, kMemoryBytes);
  device.write_register(isa::reg::kIrqEnable, 3);
  device.write_register(isa::reg::kFrames, 1);
  device.write_register(isa::reg::kCtrl, 1);
  device.wait_interrupt();
  EXPECT_EQ(device.read_register(isa::reg::kErrCause),
            static_cast<std::uint32_t>(isa::Error::kReadDecerr));
  device.write_register(isa::reg::kCtrl, 2);
  expect_right(p, 2);
}

TEST_F(RemoteTest, BrokenFrameIsForgotten) {
  line.write(std::vector<std::uint8_t>{0x40, 1, 2});
  line.bench().run(20 * RESHIFT_ClocksPerBit * 10 + RESHIFT_QuietClocks);
  EXPECT_EQ(device.read_register(0), isa::kRegisterId);
}

}  // namespace
}  // namespace reshift
