// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "base/error.hpp"
#include "base/file_kind.hpp"
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
  nlohmann::json run = read_json(path);
  if (!run.is_object() || !run.contains("backend") || !run.contains("layers")) {
    throw Error(
        "{}: is {}{}, expected the result of `reshift run PROGRAM --backend rtl --timeline FILE "
        "--json FILE`",
        path, describe_json(run),
        run.is_object() && run.contains("backend") ? ", made without --timeline" : "");
  }
  return run;
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
    check_output(options->output);
    const Program program = Program::load(options->program);
    const nlohmann::json run = read_run(options->run);
    std::string page;
    try {
      page = report_page(program, run);
    } catch (const Error& e) {
      throw Error("{}: {}", options->run.empty() ? options->program : options->run, e.what());
    }
    write_file(options->output, page);
  });
}

}  // namespace reshift
