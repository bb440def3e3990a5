// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <fmt/ranges.h>

#include <memory>
#include <ostream>

#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "zoo/zoo.hpp"

namespace reshift {
namespace {

struct Options {
  std::string name, output;
  std::uint32_t seed = 1;
};

}  // namespace

void add_make_network(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "make-network", "Write a public network as ONNX, in its exact topology, with random weights");
  command
      ->add_option("name", options->name,
                   fmt::format("which one: {}", fmt::join(zoo_names(), ", ")))
      ->required();
  command->add_option("--seed", options->seed, "the same seed makes the same file")
      ->capture_default_str();
  command->add_option("-o,--output", options->output, "ONNX file to write")->required();
  command->footer("Example: reshift make-network resnet50 -o resnet50.onnx");
  command->callback([options] {
    check_output(options->output);
    const ZooNetwork network = make_network(options->name, options->seed);
    write_file(options->output, [&](std::ostream& out) { network.model.SerializeToOstream(&out); });
    fmt::print("{}: {}, {} parameters, {:.2f} G multiplications an image\n", options->output,
               options->name, network.parameters, static_cast<double>(network.macs) * 1e-9);
  });
}

}  // namespace reshift
