// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>

#include "base/error.hpp"
#include "cli/calibration.hpp"
#include "cli/commands.hpp"
#include "cli/cycle_cost.hpp"
#include "cli/input_shape.hpp"
#include "cli/output.hpp"
#include "import/import.hpp"
#include "quant/exact.hpp"
#include "quant/float_graph.hpp"
#include "report/front_chart.hpp"

namespace reshift {
namespace {

struct TuneOptions : CalibrationOptions {
  std::string hardware = "16x16x8", picture;
  double max_cycles = 0;  ///< 0: the target counts
  int points = 4;
};

Graph read_float(const TuneOptions& options) {
  const Graph imported = import_network(options.model, {parse_input_shape(options.input_shape)});
  if (is_quantised(imported)) {
    throw Error("{}: is quantised already, its terms cannot be chosen; `reshift quantize` takes it",
                options.model);
  }
  Graph graph = fuse(imported, options.merge_shortcuts);
  if (!has_scores(graph, options.output_range)) {
    throw Error(
        "{}: its outputs are no scores of classes, so nothing says what a term less loses; say "
        "--output-range scores if they are",
        options.model);
  }
  return graph;
}

std::string picture(const ChosenTerms& chosen) {
  const std::vector<bool> front = pareto_front(chosen.measured);
  std::vector<FrontPoint> points;
  for (std::size_t i = 0; i < front.size(); ++i) {
    const TermPoint& point = chosen.measured[i];
    points.push_back({point.name, point.cost, point.points, front[i],
                      point.name == chosen.chosen.name,
                      fmt::format("{:.0f} cycles, {:.2f} points lost", point.cost, point.points)});
  }
  return front_chart(std::move(points), "cycles per frame", "points of accuracy lost");
}

nlohmann::json result_json(const TuneOptions& options, const ChosenTerms& chosen,
                           const Calibration& calibration) {
  nlohmann::json result{{"network", chosen.net.name},
                        {"hardware", options.hardware},
                        {"calibration_images", calibration.images.size()},
                        {"held_out", held_out_json(chosen, *calibration.held_out, "cycles")},
                        {"front", nlohmann::json::array()},
                        {"layers", nlohmann::json::array()}};
  const std::vector<bool> front = pareto_front(chosen.measured);
  for (std::size_t i = 0; i < front.size(); ++i) {
    if (front[i]) result["front"].push_back(result["held_out"]["points"][i]);
  }
  for (std::size_t i = 0; i < chosen.net.ops.size(); ++i) {
    const QOp& op = chosen.net.ops[i];
    if (op.kind != QKind::kConv) continue;
    result["layers"].push_back({{"name", op.name}, {"terms", op.terms}});
    if (!chosen.sensitivity.empty()) result["layers"].back()["sensitivity"] = chosen.sensitivity[i];
  }
  return result;
}

void run_tune(const TuneOptions& options) {
  for (const std::string& path : {options.output, options.json, options.picture})
    check_output(path);
  if (options.calib.empty()) throw Error("--calib is missing: images that calibrate and measure");
  const Graph graph = read_float(options);
  const Preprocess preprocess = load_preprocess(options.preprocess);
  note_nearest(graph, options.how());
  TermSearch search = options.search();
  search.cost = cycles_on(options.hardware);
  search.points = options.points;
  if (options.max_cycles > 0) search.most_cost = options.max_cycles;
  const Calibration calibration = read_calibration(options, graph, preprocess, HoldOut::kEnough);
  const ChosenTerms chosen =
      choose_terms(graph, preprocess, calibration.images, *calibration.held_out, search);
  warn_of_target(chosen, search);
  chosen.net.save(options.output);
  if (!options.picture.empty()) write_file(options.picture, picture(chosen));
  const nlohmann::json result = result_json(options, chosen, calibration);
  write_json(options.json, result);
  if (options.json == "-") return;
  fmt::print("{}: {} calibration images, cycles on {}\n", options.output, calibration.images.size(),
             options.hardware);
  print_held_out(result["held_out"]);
  for (const auto& layer : result["layers"]) {
    const int terms = layer["terms"].get<int>();
    fmt::print("  {} term{}  {}\n", terms, terms == 1 ? " " : "s",
               layer["name"].get<std::string>());
  }
}

}  // namespace

void add_tune(CLI::App& app) {
  auto options = std::make_shared<TuneOptions>();
  CLI::App* command = app.add_subcommand(
      "tune",
      "Choose the terms of every layer for the least cycles at a drop of accuracy, or for the best "
      "accuracy at a number of cycles");
  command->add_option("MODEL", options->model, "float network")->required();
  add_calibration_options(*command, *options);
  command->add_option("--hw", options->hardware, "configuration whose cycles count")
      ->capture_default_str();
  command
      ->add_option("--max-cycles", options->max_cycles,
                   "cycles of a frame: the best accuracy with at most so many, in place of "
                   "--target-drop")
      ->check(CLI::PositiveNumber);
  command
      ->add_option("--points", options->points,
                   "networks to measure between the dearest and the cheapest, before the border is "
                   "looked for")
      ->capture_default_str()
      ->check(CLI::Range(0, 64));
  command->add_option("-o,--output", options->output, "quantised network to write (.rsq)")
      ->required();
  command->add_option("--json", options->json,
                      "write points, Pareto front and terms as JSON, - for the standard output");
  command->add_option("--picture", options->picture,
                      "write the points and the Pareto front as a picture (SVG)");
  command->footer(
      "Example: reshift tune resnet20.onnx --calib data_batch_1.bin.xz --preprocess cifar.json "
      "--hw 16x16x8 --target-drop 0.5 -o resnet20.rsq --json front.json --picture front.svg");
  command->callback([options] { run_tune(*options); });
}

}  // namespace reshift
