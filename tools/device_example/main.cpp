// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

// A program on a simulated core with nothing but the device library: no compiler, quantiser,
// protobuf or image decoder. Prints the class of each image.
//
//   device_example PROGRAM.rsp IMAGES.raw
#include <fmt/format.h>

#include <algorithm>
#include <exception>

#include "device/runtime.hpp"
#include "device/sim.hpp"
#include "program/raw_tensor.hpp"

namespace reshift {
namespace {

void run(const char* program_path, const char* images_path) {
  const Program program = Program::load(program_path);
  const auto device = open_sim_device(program.hw.name, {});
  Runtime runtime(*device, program);
  for (const auto& codes : read_raw_images(images_path, program.net)) {
    const auto output = runtime.run(program.input_window(codes)).output;
    const auto scores = program.stored_codes(program.output(), output);
    fmt::print("{}\n", std::max_element(scores.begin(), scores.end()) - scores.begin());
  }
}

}  // namespace
}  // namespace reshift

int main(int argc, char** argv) {
  try {
    if (argc != 3) throw reshift::Error("usage: device_example PROGRAM.rsp IMAGES.raw");
    reshift::run(argv[1], argv[2]);
  } catch (const std::exception& e) {
    fmt::print(stderr, "{}\n", e.what());
    return 1;
  }
}
