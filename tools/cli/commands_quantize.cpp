// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "data/dataset.hpp"
#include "import/import.hpp"
#include "quant/auto_terms.hpp"
#include "quant/float_graph.hpp"
#include "quant/quantize.hpp"

namespace reshift {
namespace {

struct QuantizeOptions {
  std::string model, calib, labels, preprocess, terms = "1", rounding = "compensated", output, json;
  std::size_t calib_count = 0;
  int end_terms = 0;
  bool merge_shortcuts = true;
  double target_drop = 0.5;
  NumberFormat format;
};

/// As many images as make good statistics, fewer where their tensors would fill the memory.
std::size_t default_count(const Graph& graph, const Dataset& data) {
  constexpr std::size_t kImages = 1024, kValues = std::size_t{1} << 26;
  std::size_t largest = 1;
  for (const Tensor& t : graph.tensors) largest = std::max(largest, t.size());
  return std::min({data.size(), kImages, std::max<std::size_t>(64, kValues / largest)});
}

void note_nearest(const Graph& graph, Rounding rounding) {
  for (const Node& node : graph.nodes) {
    if (node.kind != NodeKind::kConv || rounding_of(node, rounding) == rounding) continue;
    fmt::print(stderr,
               "note: layer {} has {} weights an output, more than the {} that can be compensated: "
               "it is rounded to nearest\n",
               node.name, node.weights.size() / node.bias.size(), kMostCompensated);
  }
}

struct Calibration {
  CalibrationImages images;
  std::vector<int> labels;
};

Calibration read_calibration(const QuantizeOptions& options, const Graph& graph,
                             const Preprocess& preprocess) {
  const auto data = open_dataset(options.calib, options.labels);
  const std::size_t count = options.calib_count ? options.calib_count : default_count(graph, *data);
  if (count > data->size())
    throw Error("{}: {} images asked for, it has {}", options.calib, count, data->size());

  Calibration calibration{CalibrationImages(count), std::vector<int>(count)};
  const Tensor& in = graph.tensor(0);
  parallel_for(count, [&](std::size_t i) {
    const Image image = data->get(i);
    calibration.images[i] = preprocess_image(preprocess, image, in.channels, in.height, in.width);
    calibration.labels[i] = image.label;
  });
  return calibration;
}

void print_result(const QNet& net, const nlohmann::json& result, const std::string& output) {
  fmt::print("{}: {} operations, {} calibration images, {:.1f} s\n", output, net.ops.size(),
             result["calibration_images"].get<std::size_t>(), result["seconds"].get<double>());
  if (!result.contains("held_out")) return;
  fmt::print("held-out calibration images: float {:.2f} %, quantised {:.2f} %\n",
             result["held_out"]["float_top1"].get<double>(),
             result["held_out"]["top1"].get<double>());
  for (const QOp& op : net.ops) {
    if (op.kind == QKind::kConv)
      fmt::print("  {} term{}  {}\n", op.terms, op.terms == 1 ? " " : "s", op.name);
  }
}

void run_quantize(const QuantizeOptions& options) {
  for (const std::string& path : {options.output, options.json}) check_output(path);
  const auto start = std::chrono::steady_clock::now();
  const Graph graph = fuse(import_network(options.model), options.merge_shortcuts);
  const Preprocess preprocess = load_preprocess(options.preprocess);
  const Rounding rounding =
      options.rounding == "nearest" ? Rounding::kNearest : Rounding::kCompensated;
  note_nearest(graph, rounding);
  const auto [images, labels] = read_calibration(options, graph, preprocess);
  std::vector<int> terms;
  nlohmann::json result;
  if (options.terms == "auto") {
    const AutoTerms chosen = choose_terms(graph, preprocess, images, labels, options.end_terms,
                                          options.target_drop, options.format, rounding);
    terms = chosen.terms;
    result["held_out"] = {{"float_top1", chosen.float_accuracy}, {"top1", chosen.accuracy}};
    result["sensitivity"] = chosen.sensitivity;
  } else {
    const int inner = std::stoi(options.terms);
    terms = uniform_terms(graph, inner, options.end_terms ? options.end_terms : inner);
  }
  const QNet net = quantize(graph, preprocess, images, terms, options.format, rounding);
  net.save(options.output);

  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  result["network"] = net.name;
  result["calibration_images"] = images.size();
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
  CLI::App* command = app.add_subcommand(
      "quantize", "Quantise a float ONNX network to weights that are sums of powers of two");
  command->add_option("MODEL", options->model, "float ONNX network")->required();
  command
      ->add_option("--calib", options->calib,
                   "calibration images (not the test images): CIFAR-10 binary, IDX, folder or tar; "
                   "or random, for networks without data")
      ->required();
  command->add_option("--labels", options->labels, "labels: IDX, or text of lines `name class`");
  command
      ->add_option("--calib-count", options->calib_count,
                   "calibration images [1024, fewer for large networks]")
      ->check(CLI::PositiveNumber);
  command->add_option("--preprocess", options->preprocess, "preprocessing (JSON)")->required();
  command->add_option("--terms", options->terms, "terms per weight, 1 to 4, or auto")
      ->required()
      ->check(CLI::IsMember({"1", "2", "3", "4", "auto"}));
  command
      ->add_option("--end-terms", options->end_terms,
                   "terms in the first and the last layer [as --terms]")
      ->check(CLI::Range(1, 4));
  command
      ->add_option("--target-drop", options->target_drop,
                   "with auto: largest loss of accuracy in points, on held-out calibration images")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 100.0));
  command
      ->add_option(
          "--rounding", options->rounding,
          "compensated: the error of a weight is made good by others, by the statistics of "
          "the images; nearest: each weight for itself, much faster")
      ->capture_default_str()
      ->check(CLI::IsMember({"compensated", "nearest"}));
  command->add_flag("!--no-merge-shortcut", options->merge_shortcuts,
                    "keep 1x1 shortcuts as layers of their own, with their own weight scales");
  command->add_option("--act-bits", options->format.act_w, "bits of an activation")
      ->capture_default_str()
      ->check(CLI::Range(8, 16));
  command->add_option("--acc-bits", options->format.acc_w, "bits of the core's accumulators")
      ->check(CLI::Range(20, 32))
      ->capture_default_str();
  command->add_option("-o,--output", options->output, "quantised network to write (.rsq)")
      ->required();
  command->add_option("--json", options->json,
                      "write what was done as JSON, - for the standard output");
  command->footer(
      "Example: reshift quantize resnet20.onnx --calib data_batch_1.bin.xz --preprocess cifar.json "
      "--terms 1 --end-terms 2 -o resnet20.rsq\n"
      "A large network without data: reshift quantize vgg16.onnx --calib random --calib-count 4 "
      "--rounding nearest --preprocess imagenet.json --terms 1 -o vgg16.rsq");
  command->callback([options] { run_quantize(*options); });
}

}  // namespace reshift
