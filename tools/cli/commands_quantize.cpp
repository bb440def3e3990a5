// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "cli/calibration.hpp"
#include "cli/commands.hpp"
#include "cli/cycle_cost.hpp"
#include "cli/exact_quantize.hpp"
#include "cli/input_shape.hpp"
#include "cli/output.hpp"
#include "data/samples.hpp"
#include "import/import.hpp"
#include "quant/auto_terms.hpp"
#include "quant/float_graph.hpp"
#include "quant/quantize.hpp"
#include "quant/weight_codes.hpp"

namespace reshift {
namespace {

struct QuantizeOptions : CalibrationOptions {
  std::string terms = "auto", hardware;
  int mult_w = 32;
};

/// With the terms that the user names; says what they lose where images are left to measure with.
QNet with_named_terms(const QuantizeOptions& options, const Graph& graph,
                      const Preprocess& preprocess, int inner, nlohmann::json& result) {
  options.check_terms(std::max(inner, options.end_terms));
  const bool measures = has_scores(graph, options.output_range) && !is_noise(options.calib);
  const Calibration calibration =
      read_calibration(options, graph, preprocess, measures ? HoldOut::kOthers : HoldOut::kNone);
  result["calibration_images"] = calibration.images.size();
  QNet net = quantize(graph, preprocess, calibration.images,
                      uniform_terms(graph, inner, options.end_terms ? options.end_terms : inner),
                      options.number_format(), options.how(), options.output_range);
  if (calibration.held_out) {
    const HeldOut& held_out = *calibration.held_out;
    const double points = lost_points(held_out, held_out.measure(net));
    warn_of_collapse(fmt::format("{} term{}", inner, inner == 1 ? "" : "s"), points);
    result["lost_points"] = points;
  }
  return net;
}

QNet with_chosen_terms(const QuantizeOptions& options, const Graph& graph,
                       const Preprocess& preprocess, nlohmann::json& result) {
  TermSearch search = options.search();
  if (!options.hardware.empty()) search.cost = cycles_on(options.hardware);
  const Calibration calibration = read_calibration(options, graph, preprocess, HoldOut::kEnough);
  result["calibration_images"] = calibration.images.size();
  const HeldOut& held_out = *calibration.held_out;
  ChosenTerms chosen = choose_terms(graph, preprocess, calibration.images, held_out, search);
  warn_of_collapse(chosen.measured.front().name, chosen.measured.front().points);
  warn_of_target(chosen, search);
  result["held_out"] = held_out_json(
      chosen, held_out, options.hardware.empty() ? "million_term_multiplications" : "cycles");
  result["sensitivity"] = chosen.sensitivity;
  return std::move(chosen.net);
}

/// The network, by the terms asked for or chosen; adds to `result` what was measured.
QNet quantized(const QuantizeOptions& options, const Graph& graph, const Preprocess& preprocess,
               nlohmann::json& result) {
  if (options.terms != "auto")
    return with_named_terms(options, graph, preprocess, std::stoi(options.terms), result);
  if (has_scores(graph, options.output_range))
    return with_chosen_terms(options, graph, preprocess, result);
  fmt::print(stderr,
             "note: the outputs are no scores of classes, by which terms could be chosen: two "
             "terms are taken, or as many as the format has; say --terms to have others\n");
  return with_named_terms(options, graph, preprocess,
                          std::min(2, most_terms(options.number_format().weight_format)), result);
}

void print_result(const QNet& net, const nlohmann::json& result, const std::string& output) {
  fmt::print("{}: {} operations, {} calibration images, {:.1f} s\n", output, net.ops.size(),
             result["calibration_images"].get<std::size_t>(), result["seconds"].get<double>());
  if (!result.contains("held_out")) return;
  print_held_out(result["held_out"]);
  for (const QOp& op : net.ops) {
    if (op.kind == QKind::kConv)
      fmt::print("  {} term{}  {}\n", op.terms, op.terms == 1 ? " " : "s", op.name);
  }
}

void run_quantize(const QuantizeOptions& options) {
  for (const std::string& path : {options.output, options.json}) check_output(path);
  const auto start = std::chrono::steady_clock::now();
  const Graph imported = import_network(options.model, {parse_input_shape(options.input_shape)});
  if (is_quantised(imported)) {
    return quantize_exactly(imported, {options.preprocess,
                                       options.output,
                                       options.json,
                                       {options.exponents, options.mult_w, options.numbers.acc_w}});
  }
  if (options.calib.empty()) {
    throw Error(
        "{}: a float network needs --calib, the images that scales are chosen by; only a network "
        "that is quantised already needs none",
        options.model);
  }
  const Graph graph = fuse(imported, options.merge_shortcuts);
  const Preprocess preprocess = load_preprocess(options.preprocess);
  note_nearest(graph, options.how());
  nlohmann::json result;
  const QNet net = quantized(options, graph, preprocess, result);
  net.save(options.output);

  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  result["network"] = net.name;
  result["seconds"] = seconds.count();
  result["layers"] = nlohmann::json::array();
  for (const QOp& op : net.ops) {
    result["layers"].push_back(
        {{"name", op.name}, {"kind", to_string(op.kind)}, {"terms", op.terms}});
  }
  write_json(options.json, result);
  if (options.json != "-") print_result(net, result, options.output);
}

}  // namespace

void add_quantize(CLI::App& app) {
  auto options = std::make_shared<QuantizeOptions>();
  CLI::App* command =
      app.add_subcommand("quantize", "Quantise a network to weights of the core's format");
  command->add_option("MODEL", options->model, "network, float or quantised already")->required();
  add_calibration_options(*command, *options);
  command
      ->add_option("--terms", options->terms,
                   "terms per weight, 1 to 4, or auto: by layer, the least cost that loses at most "
                   "--target-drop")
      ->capture_default_str()
      ->check(CLI::IsMember({"1", "2", "3", "4", "auto"}));
  command->add_option("--hw", options->hardware,
                      "with auto: the cost is the cycles on this configuration [terms x "
                      "multiplications]");
  command
      ->add_option("--mult-bits", options->mult_w,
                   "quantised networks: bits of the core's multipliers, where powers of two are "
                   "not enough")
      ->check(CLI::IsMember({16, 32}))
      ->capture_default_str();
  command->add_option("-o,--output", options->output, "quantised network to write (.rsq)")
      ->required();
  command->add_option("--json", options->json,
                      "write what was done as JSON, - for the standard output");
  command->footer(
      "Example: reshift quantize resnet20.onnx --calib data_batch_1.bin.xz --preprocess cifar.json "
      "-o resnet20.rsq\n"
      "A large network without data: reshift quantize vgg16.onnx --calib random --calib-count 4 "
      "--rounding nearest --preprocess imagenet.json --terms 1 -o vgg16.rsq");
  command->callback([options] { run_quantize(*options); });
}

}  // namespace reshift
