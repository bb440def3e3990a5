// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/json_fields.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"

namespace reshift {
namespace {

namespace fs = std::filesystem;

struct ModelsOptions {
  std::string folder = RESHIFT_NETWORKS, json;
};

/// The records NAME.json of a folder by name, each with its name and the path of the network that
/// lies beside it.
std::vector<nlohmann::json> models_of(const std::string& folder) {
  std::error_code error;
  fs::directory_iterator files(folder, error);
  if (error) {
    throw Error("{}: {}; --folder says where the networks are, tools/train/networks of the sources",
                folder, error.message());
  }
  std::vector<nlohmann::json> models;
  for (const auto& file : files) {
    if (file.path().extension() != ".json") continue;
    nlohmann::json model = read_json(file.path().string());
    const fs::path network = fs::path(file.path()).replace_extension(".onnx");
    if (!fs::exists(network)) throw Error("{}: there is no such network", network.string());
    model["name"] = file.path().stem().string();
    model["file"] = network.string();
    models.push_back(std::move(model));
  }
  if (models.empty()) throw Error("{}: no networks there", folder);
  std::sort(models.begin(), models.end(), [](const auto& a, const auto& b) {
    return text_field(a, "name") < text_field(b, "name");
  });
  return models;
}

void run_models(const ModelsOptions& options) {
  check_output(options.json);
  const auto models = models_of(options.folder);
  write_json(options.json, models);
  if (options.json == "-") return;
  for (const auto& model : models) {
    fmt::print("{:<20} {:.2f} %  {}\n", text_field(model, "name"), number_field(model, "top1"),
               text_field(model, "file"));
  }
}

}  // namespace

void add_models(CLI::App& app) {
  auto options = std::make_shared<ModelsOptions>();
  CLI::App* command = app.add_subcommand(
      "models",
      "List the trained networks that come with ReShift: name, top-1 on the test images, file");
  command->add_option("--folder", options->folder, "where they are")->capture_default_str();
  command->add_option("--json", options->json,
                      "write them with data, command, seed and hash as JSON, - for the standard "
                      "output");
  command->footer(
      "Example: reshift models\n"
      "Such a network takes one tile a weight: reshift quantize resnet20-pow2.onnx --preprocess "
      "tools/preprocess/trained_resnet20.json --mult-bits 16 -o net.rsq");
  command->callback([options] { run_models(*options); });
}

}  // namespace reshift
