// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <exception>

#include "cli/commands.hpp"
#include "cli/version.hpp"
#include "isa/isa.hpp"

int main(int argc, char** argv) {
  CLI::App app{"ReShift: CNN inference with weights that are sums of powers of two"};
  app.footer("reshift COMMAND --help describes a command.");
  app.set_version_flag("--version",
                       fmt::format("reshift {}, contract {}, commit {}", RESHIFT_VERSION,
                                   reshift::isa::kVersion, reshift::kCommit));
  app.require_subcommand(1);
  reshift::add_quantize(app);
  reshift::add_eval(app);
  reshift::add_compile(app);
  reshift::add_run(app);
  reshift::add_report(app);
  reshift::add_make_demo(app);
  reshift::add_make_network(app);
  reshift::add_vectors(app);
  reshift::add_array(app);
  reshift::add_fit(app);
  reshift::add_board_image(app);
  reshift::add_board(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e);
  } catch (const std::exception& e) {
    fmt::print(stderr, "error: {}\n", e.what());
    return 1;
  }
  return 0;
}
