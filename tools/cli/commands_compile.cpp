// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "compile/compile.hpp"
#include "compile/report.hpp"
#include "program/hardware.hpp"

namespace reshift {
namespace {

struct Options {
  std::string net, hardware, report, output;
  bool store_all = false;
  int batch = 1;
};

/// So many that the bus is idle most of the time even for fully connected layers.
constexpr int kMaxBatch = 64;

void run_compile(const Options& options) {
  for (const std::string& path : {options.output, options.report}) check_output(path);
  const isa::Hardware& hw = find_hardware(options.hardware);
  const QNet net = QNet::load(options.net);
  const Program program = compile(hw, net, {options.store_all, options.batch});
  program.save(options.output);
  write_json(options.report, report_json(program));
  if (options.report != "-") fmt::print("{}", report_text(program));
}

}  // namespace

void add_compile(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("compile", "Compile a quantised network for a configuration of the core");
  command->add_option("NET", options->net, "quantised network (.rsq)")->required();
  command->add_option("--hw", options->hardware, "configuration, as 16x16x8")->required();
  command->add_flag("--store-all", options->store_all,
                    "store every layer's output, so that `run` compares each");
  command
      ->add_option("--batch", options->batch,
                   "images per frame, which share weights where the feature buffer has room")
      ->check(CLI::Range(1, kMaxBatch))
      ->capture_default_str();
  command->add_option("--report", options->report,
                      "write the report as JSON, - for the standard output");
  command->add_option("-o,--output", options->output, "program to write (.rsp)")->required();
  command->footer("Example: reshift compile resnet20.rsq --hw 16x16x8 -o resnet20.rsp");
  command->callback([options] { run_compile(*options); });
}

}  // namespace reshift
