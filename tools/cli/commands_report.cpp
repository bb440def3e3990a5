// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "report/page.hpp"

namespace reshift {
namespace {

struct Options {
  std::string program, run, output;
};

nlohmann::json read_run(const std::string& path) {
  if (path.empty()) return nullptr;
  try {
    return nlohmann::json::parse(read_file(path));
  } catch (const nlohmann::json::exception& e) {
    throw Error("{} is no JSON: {}", path, e.what());
  }
}

}  // namespace

void add_report(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "report", "One HTML page on a program: roofline, cycles by layer, feature buffer, plan");
  command->add_option("PROGRAM", options->program, "program (.rsp)")->required();
  command->add_option("--run", options->run,
                      "results of `run --timeline FILE --json FILE`: cycles of the simulated core "
                      "beside the estimates");
  command->add_option("-o,--output", options->output, "the page")->required();
  command->footer("Example: reshift report resnet20.rsp --run result.json -o resnet20.html");
  command->callback([options] {
    const Program program = Program::load(options->program);
    write_file(options->output, report_page(program, read_run(options->run)));
  });
}

}  // namespace reshift
