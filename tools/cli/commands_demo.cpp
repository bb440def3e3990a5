// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "demo/demo.hpp"

namespace reshift {

void add_make_demo(CLI::App& app) {
  auto folder = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand(
      "make-demo", "Write a small residual network and images for it, made by the project itself");
  command
      ->add_option("--out-dir", *folder,
                   "folder to write demo.onnx, demo_train.bin, demo_test.bin and "
                   "demo_preprocess.json into")
      ->required();
  command->footer("Example: reshift make-demo --out-dir demo");
  command->callback([folder] {
    make_demo(*folder);
    fmt::print("{0}/demo.onnx, {0}/demo_train.bin, {0}/demo_test.bin, {0}/demo_preprocess.json\n",
               *folder);
  });
}

}  // namespace reshift
