// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <iostream>
#include <new>

#include "cli/commands.hpp"
#include "cli/version.hpp"
#include "isa/isa.hpp"

namespace {

/// A closed standard stream stays unusable, rather than be taken by the next file that is opened.
void keep_standard_streams() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(descriptor, F_GETFD) != -1) continue;
    ::open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

/// `status`, or 1 when what was printed could not be written.
int finish(int status) {
  std::cout.flush();
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0 && std::cout.good()) return status;
  fmt::print(stderr, "error: cannot write the standard output: {}\n", std::strerror(errno));
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  keep_standard_streams();
  CLI::App app{"ReShift: CNN inference with weights that are sums of powers of two"};
  app.footer("reshift COMMAND --help describes a command.");
  app.set_version_flag("--version",
                       fmt::format("reshift {}, contract {}, commit {}", RESHIFT_VERSION,
                                   reshift::isa::kVersion, reshift::kCommit));
  app.require_subcommand(1);
  reshift::add_check(app);
  reshift::add_quantize(app);
  reshift::add_tune(app);
  reshift::add_eval(app);
  reshift::add_diff(app);
  reshift::add_compile(app);
  reshift::add_run(app);
  reshift::add_report(app);
  reshift::add_make_demo(app);
  reshift::add_make_network(app);
  reshift::add_models(app);
  reshift::add_vectors(app);
  reshift::add_array(app);
  reshift::add_fit(app);
  reshift::add_explore(app);
  reshift::add_board_image(app);
  reshift::add_board(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return finish(app.exit(e));
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "error: not enough memory\n");
    return finish(1);
  } catch (const std::exception& e) {
    fmt::print(stderr, "error: {}\n", e.what());
    return finish(1);
  }
  return finish(0);
}
