// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>

namespace reshift {

// Each adds its subcommand with options, help and an example. A command throws Error when it fails.
void add_quantize(CLI::App& app);
void add_tune(CLI::App& app);
void add_eval(CLI::App& app);
void add_check(CLI::App& app);
void add_diff(CLI::App& app);
void add_compile(CLI::App& app);
void add_run(CLI::App& app);
void add_report(CLI::App& app);
void add_make_demo(CLI::App& app);
void add_make_network(CLI::App& app);
void add_models(CLI::App& app);
void add_vectors(CLI::App& app);
void add_array(CLI::App& app);
void add_fit(CLI::App& app);
void add_explore(CLI::App& app);
void add_board_image(CLI::App& app);
void add_board(CLI::App& app);

}  // namespace reshift
