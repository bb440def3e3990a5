// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <fmt/ranges.h>

#include <map>
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
  Density density = Density::kDense;
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
  command
      ->add_option("--density", options->density,
                   fmt::format("weights that are not zero: dense, all; published, as many as a "
                               "published pruning left in each layer (of {})",
                               fmt::join(pruned_zoo_names(), ", ")))
      ->transform(CLI::CheckedTransformer(std::map<std::string, Density>{
          {"dense", Density::kDense}, {"published", Density::kPublished}}))
      ->default_str("dense");
  command->add_option("-o,--output", options->output, "ONNX file to write")->required();
  command->footer(
      "Example: reshift make-network resnet50 -o resnet50.onnx\n"
      "         reshift make-network alexnet --density published -o alexnet.onnx");
  command->callback([options] {
    check_output(options->output);
    const ZooNetwork network = make_network(options->name, options->seed, options->density);
    write_file(options->output, [&](std::ostream& out) { network.model.SerializeToOstream(&out); });
    fmt::print("{}: {}, {} parameters, {:.2f} G multiplications an image\n", options->output,
               options->name, network.parameters, static_cast<double>(network.macs) * 1e-9);
  });
}

}  // namespace reshift
