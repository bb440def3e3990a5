// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "cli/commands.hpp"
#include "cli/exact_quantize.hpp"
#include "cli/input_shape.hpp"
#include "cli/output.hpp"
#include "data/samples.hpp"
#include "import/import.hpp"
#include "quant/auto_terms.hpp"
#include "quant/float_graph.hpp"
#include "quant/quantize.hpp"

namespace reshift {
namespace {

struct QuantizeOptions {
  std::string model, calib, labels, preprocess, terms = "auto", rounding = "compensated", output,
                                                json, input_shape;
  std::size_t calib_count = 0;
  int end_terms = 0;
  bool merge_shortcuts = true;
  double target_drop = 0.5;
  int mult_w = 32;
  NumberFormat format;
  OutputRange output_range = OutputRange::kAuto;

  Rounding how() const {
    return rounding == "nearest" ? Rounding::kNearest : Rounding::kCompensated;
  }
};

/// As many images as make good statistics, fewer where their tensors would fill the memory.
std::size_t default_count(const Graph& graph, const Samples& data) {
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

/// Images as the network's input, with their classes or -1.
struct Images {
  CalibrationImages values;
  std::vector<int> labels;
};

Images read_images(const Samples& data, const std::vector<std::size_t>& which) {
  Images images{CalibrationImages(which.size()), std::vector<int>(which.size())};
  parallel_for(which.size(), [&](std::size_t i) {
    Sample sample = data.get(which[i]);
    images.values[i] = std::move(sample.values);
    images.labels[i] = sample.label;
  });
  return images;
}

/// Which images calibrate and which measure: others of the data, evenly, where it has more, else
/// every fourth of the same.
struct Split {
  std::vector<std::size_t> calibration, held_out;

  Split(std::size_t count, std::size_t size, bool measures) {
    constexpr std::size_t kHeldOut = 256;
    const std::size_t others = std::min(size - count, kHeldOut);
    const bool shares = measures && others < std::max<std::size_t>(count / 4, 1);
    for (std::size_t i = 0; i < count; ++i)
      (shares && i % 4 == 3 ? held_out : calibration).push_back(i);
    if (!measures || shares) return;
    for (std::size_t i = 0; i < others; ++i)
      held_out.push_back(count + i * (size - count) / others);
  }
};

nlohmann::json to_json(const TermPoint& point, bool labels) {
  nlohmann::json json{{"name", point.name},
                      {"work", point.work},
                      {"lost_points", point.points},
                      {"same_class", point.loss.same},
                      {"expected_loss", point.loss.expected}};
  if (labels) json["measured_loss"] = point.loss.drop;
  return json;
}

void print_points(const nlohmann::json& held_out) {
  const bool labels = held_out["labels"].get<bool>();
  fmt::print("loss on {} held-out calibration images, by {}:\n",
             held_out["images"].get<std::size_t>(),
             labels ? "their labels and the float network's probabilities"
                    : "the float network's classes and probabilities (no labels)");
  for (const auto& point : held_out["points"]) {
    fmt::print(
        "  {:44} {:5.2f} x the work of two terms, {:6.2f} points lost, {:6.2f} % as float{}\n",
        point["name"].get<std::string>(), point["work"].get<double>(),
        point["lost_points"].get<double>(), point["same_class"].get<double>(),
        point["name"] == held_out["chosen"] ? "  <- taken" : "");
  }
}

/// Says what a user should not find out later.
void warn(const ChosenTerms& chosen, const TermSearch& search) {
  constexpr double kCollapse = 5;  // points
  for (const TermPoint& point : chosen.others) {
    if (point.points > kCollapse && point.name.starts_with("one term"))
      fmt::print(stderr, "warning: {} loses {:.1f} points on the held-out images\n", point.name,
                 point.points);
  }
  if (!chosen.reached) {
    fmt::print(stderr,
               "warning: even four terms lose more than {} points; taken: {}, which loses {:.2f}. "
               "More activation bits (--act-bits) or calibration images may help\n",
               search.target_drop, chosen.chosen.name, chosen.chosen.points);
  }
}

nlohmann::json held_out_json(const ChosenTerms& chosen, const HeldOut& held_out) {
  const bool labels = held_out.has_labels();
  nlohmann::json json{{"images", held_out.size()},
                      {"labels", labels},
                      {"chosen", chosen.chosen.name},
                      {"points", nlohmann::json::array()}};
  bool listed = false;
  for (const TermPoint& point : chosen.others) {
    json["points"].push_back(to_json(point, labels));
    listed = listed || point.name == chosen.chosen.name;
  }
  if (!listed) json["points"].push_back(to_json(chosen.chosen, labels));
  if (labels) {
    json["float_top1"] = held_out.float_accuracy();
    json["top1"] = held_out.float_accuracy() - chosen.chosen.loss.drop;
  }
  return json;
}

/// The network, by the terms asked for or chosen; adds to `result` what was measured.
QNet quantized(const QuantizeOptions& options, const Graph& graph, const Preprocess& preprocess,
               nlohmann::json& result) {
  const Tensor& in = graph.tensor(0);
  const auto data = open_samples(options.calib, options.labels, preprocess,
                                 {in.channels, in.height, in.width, in.name});
  const std::size_t count = options.calib_count ? options.calib_count : default_count(graph, *data);
  if (count > data->size())
    throw Error("{}: {} images asked for, it has {}", options.calib, count, data->size());
  const bool classes = has_scores(graph, options.output_range);
  const bool chooses = options.terms == "auto" && classes;
  const Split split(count, data->size(), chooses);
  const Images images = read_images(*data, split.calibration);
  result["calibration_images"] = images.values.size();
  if (!chooses) {
    if (options.terms == "auto")
      fmt::print(stderr,
                 "note: the outputs are no scores of classes, by which terms could be chosen: two "
                 "terms are taken; say --terms to have others\n");
    const int inner = options.terms == "auto" ? 2 : std::stoi(options.terms);
    return quantize(graph, preprocess, images.values,
                    uniform_terms(graph, inner, options.end_terms ? options.end_terms : inner),
                    options.format, options.how(), options.output_range);
  }
  Images others = read_images(*data, split.held_out);
  const HeldOut held_out(graph, std::move(others.values), std::move(others.labels));
  const TermSearch search{options.target_drop, options.end_terms, options.format, options.how(),
                          options.output_range};
  ChosenTerms chosen = choose_terms(graph, preprocess, images.values, held_out, search);
  warn(chosen, search);
  result["held_out"] = held_out_json(chosen, held_out);
  result["sensitivity"] = chosen.sensitivity;
  return std::move(chosen.net);
}

void print_result(const QNet& net, const nlohmann::json& result, const std::string& output) {
  fmt::print("{}: {} operations, {} calibration images, {:.1f} s\n", output, net.ops.size(),
             result["calibration_images"].get<std::size_t>(), result["seconds"].get<double>());
  if (!result.contains("held_out")) return;
  print_points(result["held_out"]);
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
    return quantize_exactly(imported,
                            {options.preprocess,
                             options.output,
                             options.json,
                             {options.format.exponents, options.mult_w, options.format.acc_w}});
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

/// Terms, rounding, range of the outputs.
void add_choices(CLI::App& command, QuantizeOptions& options) {
  command
      .add_option("--terms", options.terms,
                  "terms per weight, 1 to 4, or auto: by layer, the least work that loses at most "
                  "--target-drop")
      ->capture_default_str()
      ->check(CLI::IsMember({"1", "2", "3", "4", "auto"}));
  command
      .add_option("--end-terms", options.end_terms,
                  "terms in the first and the last layer [as --terms]")
      ->check(CLI::Range(1, 4));
  command
      .add_option("--target-drop", options.target_drop,
                  "with auto: largest loss of accuracy in points, on held-out calibration images; "
                  "without labels by the classes and probabilities of the float network")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 100.0));
  command
      .add_option("--rounding", options.rounding,
                  "compensated: the error of a weight is made good by others, by the statistics of "
                  "the images; nearest: each weight for itself, much faster")
      ->capture_default_str()
      ->check(CLI::IsMember({"compensated", "nearest"}));
  command.add_flag("!--no-merge-shortcut", options.merge_shortcuts,
                   "keep 1x1 shortcuts as layers of their own, with their own weight scales");
  command
      .add_option("--output-range", options.output_range,
                  "what the outputs' codes span: scores (fine steps among the five best classes, "
                  "lower values are cut), full (all values: detectors, regression), or auto: "
                  "scores for one output of several channels and one pixel, else full")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, OutputRange>{{"auto", OutputRange::kAuto},
                                             {"scores", OutputRange::kScores},
                                             {"full", OutputRange::kFull}},
          CLI::ignore_case))
      ->default_str("auto");
}

void add_formats(CLI::App& command, QuantizeOptions& options) {
  command.add_option("--act-bits", options.format.act_w, "bits of an activation")
      ->capture_default_str()
      ->check(CLI::Range(6, 16));
  command
      .add_option("--factor-bits", options.format.factor_w,
                  "significant bits of the factor of an output channel, which holds batch "
                  "normalisation")
      ->capture_default_str()
      ->check(CLI::Range(6, 16));
  command
      .add_option("--exponents", options.format.exponents,
                  "exponents of a term, at most those of the core: terms of 3, 4 and 5 bits have "
                  "3, 7 and 15")
      ->capture_default_str()
      ->check(CLI::Range(3, 15));
  command.add_option("--acc-bits", options.format.acc_w, "bits of the core's accumulators")
      ->check(CLI::Range(20, 32))
      ->capture_default_str();
  command
      .add_option("--mult-bits", options.mult_w,
                  "quantised networks: bits of the core's multipliers, where powers of two are not "
                  "enough")
      ->check(CLI::IsMember({16, 32}))
      ->capture_default_str();
}

}  // namespace

void add_quantize(CLI::App& app) {
  auto options = std::make_shared<QuantizeOptions>();
  CLI::App* command = app.add_subcommand(
      "quantize", "Quantise a network to weights that are sums of powers of two");
  command->add_option("MODEL", options->model, "network, float or quantised already")->required();
  command->add_option(
      "--calib", options->calib,
      "calibration data (not the test data): CIFAR-10 binary, IDX, folder or tar of images; "
      "NumPy array, batch first; or random, for networks without data");
  command->add_option("--labels", options->labels, "labels: IDX, or text of lines `name class`");
  command
      ->add_option("--calib-count", options->calib_count,
                   "calibration images [1024, fewer for large networks]")
      ->check(CLI::PositiveNumber);
  command->add_option("--preprocess", options->preprocess, "preprocessing (JSON)")->required();
  command->add_option("--input-shape", options->input_shape,
                      "size of the input where the network's file leaves it open, as 1x3x320x320");
  add_choices(*command, *options);
  add_formats(*command, *options);
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
