// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

// The program that links the device library alone, on the simulated core.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "base/container.hpp"
#include "compile/compile.hpp"
#include "golden/graph_interpreter.hpp"
#include "golden/random_network.hpp"
#include "program/hardware.hpp"

namespace reshift {
namespace {

/// What a command prints.
std::string output_of(const std::string& command) {
  std::FILE* pipe = popen(command.c_str(), "r");
  std::string text;
  for (int c; (c = std::fgetc(pipe)) != EOF;) text.push_back(static_cast<char>(c));
  pclose(pipe);
  return text;
}

TEST(DeviceExample, FindsTheClassesOfRawImages) {
  const Program program = compile(find_hardware("4x4x3"), random_qnet(5), {});
  std::string raw, expected;
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    const auto codes = random_image(program.net, seed);
    std::transform(codes.begin(), codes.end(), std::back_inserter(raw),
                   [](std::int32_t code) { return static_cast<char>(code); });
    const auto scores =
        run_graph(program.net, codes)[static_cast<std::size_t>(program.net.outputs.front().tensor)];
    const auto best = std::max_element(scores.begin(), scores.end()) - scores.begin();
    expected += std::to_string(best) + "\n";
  }
  const auto folder = std::filesystem::path(::testing::TempDir()) / "reshift_device_example";
  std::filesystem::create_directories(folder);
  program.save((folder / "net.rsp").string());
  write_file((folder / "images.raw").string(), raw);
  EXPECT_EQ(output_of(fmt::format("'{}' '{}/net.rsp' '{}/images.raw' 2>&1", RESHIFT_DEVICE_EXAMPLE,
                                  folder.string(), folder.string())),
            expected);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace reshift
