// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "program/hardware.hpp"
#include "vectors/vectors.hpp"

namespace reshift {
namespace {

struct Options {
  std::string hardware, folder;
  VectorOptions vectors;
};

}  // namespace

void add_vectors(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "vectors", "Write test vectors for any simulator: whole-core cases and modules, as text");
  command->add_option("--hw", options->hardware, "configuration, as 4x4x3")->required();
  command->add_option("--seed", options->vectors.seed, "the same seed makes the same files")
      ->capture_default_str();
  command->add_option("--count", options->vectors.count, "whole-core cases")->capture_default_str();
  command
      ->add_option("-o,--output", options->folder,
                   "folder to make; an older set of vectors in it is replaced")
      ->required();
  command->footer("Example: reshift vectors --hw 4x4x3 --seed 1 --count 4 -o vectors_4x4x3");
  command->callback([options] {
    write_vectors(find_hardware(options->hardware), options->vectors, options->folder);
    fmt::print("{}: see manifest.json there\n", options->folder);
  });
}

}  // namespace reshift
