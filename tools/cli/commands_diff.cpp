// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <memory>

#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "data/samples.hpp"
#include "import/import.hpp"
#include "quant/difference.hpp"
#include "quant/float_graph.hpp"

namespace reshift {
namespace {

struct DiffOptions {
  std::string net, model, data, labels, json;
  std::size_t count = 32;
};

nlohmann::json decibels(double ratio) {
  return std::isfinite(ratio) ? nlohmann::json(ratio) : nlohmann::json();
}

nlohmann::json to_json(const LayerDifference& d) {
  return {{"layer", d.layer},
          {"tensor", d.tensor},
          {"snr_db", decibels(d.ratio)},
          {"own_snr_db", decibels(d.own_ratio)},
          {"largest_error", d.largest},
          {"worst_channel", d.worst_channel},
          {"worst_channel_snr_db", decibels(d.worst_ratio)}};
}

void print(const std::vector<LayerDifference>& layers, const LayerDifference& worst) {
  std::size_t width = 5;
  for (const LayerDifference& d : layers) width = std::max(width, d.layer.size());
  fmt::print("{:<{}} {:>9} {:>9} {:>13} {:>16}\n", "layer", width, "SNR dB", "own dB",
             "largest error", "worst channel dB");
  for (const LayerDifference& d : layers) {
    fmt::print("{:<{}} {:>9.2f} {:>9.2f} {:>13.5g} {:>8} {:>7.2f}\n", d.layer, width, d.ratio,
               d.own_ratio, d.largest, d.worst_channel, d.worst_ratio);
  }
  fmt::print("\nmost error of its own: {} ({:.2f} dB)\n", worst.layer, worst.own_ratio);
}

void run_diff(const DiffOptions& options) {
  check_output(options.json);
  const QNet net = QNet::load(options.net);
  const Graph fused = fuse(import_network(options.model));
  const auto data = open_samples(options.data, options.labels, net);
  if (options.count > data->size()) {
    throw Error("{} has {} inputs, --count asks for {}", options.data, data->size(), options.count);
  }
  std::vector<std::vector<float>> inputs;
  for (std::size_t i = 0; i < options.count; ++i) inputs.push_back(data->get(i).values);
  const auto layers = differences(fused, net, inputs);
  const auto& worst = *std::min_element(
      layers.begin(), layers.end(),
      [](const LayerDifference& a, const LayerDifference& b) { return a.own_ratio < b.own_ratio; });
  nlohmann::json list = nlohmann::json::array();
  for (const LayerDifference& d : layers) list.push_back(to_json(d));
  write_json(options.json,
             {{"inputs", inputs.size()}, {"layers", list}, {"arises_in", worst.layer}});
  if (options.json != "-") print(layers, worst);
}

}  // namespace

void add_diff(CLI::App& app) {
  auto options = std::make_shared<DiffOptions>();
  CLI::App* command = app.add_subcommand(
      "diff",
      "Compare every layer of a quantised network with the float network: the ratio of signal to "
      "noise, what of the noise the layer adds itself, the largest error, the worst channel");
  command->add_option("NET", options->net, "quantised network (.rsq)")->required();
  command->add_option("MODEL", options->model, "float network that it was quantised from")
      ->required();
  command
      ->add_option("--data", options->data,
                   "inputs: images as for eval, a NumPy array, batch first, or random")
      ->required();
  command->add_option("--labels", options->labels, "labels, to choose images");
  command->add_option("--count", options->count, "the first inputs only")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--json", options->json,
                      "write the result as JSON, - for the standard output");
  command->footer("Example: reshift diff resnet20.rsq resnet20.onnx --data test_batch.bin.xz");
  command->callback([options] { run_diff(*options); });
}

}  // namespace reshift
