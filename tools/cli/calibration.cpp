// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "cli/calibration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "data/samples.hpp"
#include "net/numerics.hpp"
#include "quant/weight_codes.hpp"

namespace reshift {
namespace {

/// As many images as make good statistics, fewer where their tensors would fill the memory.
std::size_t default_count(const Graph& graph, const Samples& data) {
  constexpr std::size_t kImages = 1024, kValues = std::size_t{1} << 26;
  std::size_t largest = 1;
  for (const Tensor& t : graph.tensors) largest = std::max(largest, t.size());
  return std::min({data.size(), kImages, std::max<std::size_t>(64, kValues / largest)});
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

/// Images that measure, from `least` to `most`: fewer where the network takes long.
std::size_t affordable(const Graph& graph, double least, double most) {
  constexpr double kWork = 1e11;  // multiplications
  double macs = 1;
  for (const Node& node : graph.nodes) {
    if (node.kind != NodeKind::kConv) continue;
    const Tensor out = graph.written(node);
    macs += static_cast<double>(node.weights.size()) * out.height * out.width;
  }
  return static_cast<std::size_t>(std::clamp(kWork / macs, least, most));
}

/// Which images calibrate and which measure.
struct Split {
  std::vector<std::size_t> calibration, held_out;

  Split(std::size_t count, std::size_t size, const Graph& graph, HoldOut hold_out) {
    const std::size_t wanted = hold_out == HoldOut::kNone     ? 0
                               : hold_out == HoldOut::kOthers ? affordable(graph, 16, 64)
                                                              : affordable(graph, 256, 2048);
    const std::size_t others = std::min(size - count, wanted);
    const bool shares =
        hold_out == HoldOut::kEnough && others < std::max<std::size_t>(count / 4, 1);
    for (std::size_t i = 0; i < count; ++i)
      (shares && i % 4 == 3 ? held_out : calibration).push_back(i);
    if (shares) return;
    for (std::size_t i = 0; i < others; ++i)
      held_out.push_back(count + i * (size - count) / others);
  }
};

nlohmann::json to_json(const TermPoint& point, double two_terms, const std::string& unit,
                       bool labels) {
  nlohmann::json json{{"name", point.name},
                      {unit, point.cost},
                      {"of_two_terms", two_terms > 0 ? point.cost / two_terms : 0},
                      {"lost_points", point.points},
                      {"same_class", point.loss.same},
                      {"expected_loss", point.loss.expected}};
  if (labels) {
    json["measured_loss"] = point.loss.drop;
    json["standard_error"] = point.loss.drop_error;
  }
  return json;
}

void add_data_options(CLI::App& command, CalibrationOptions& options) {
  command.add_option(
      "--calib", options.calib,
      "calibration data (not the test data): CIFAR-10 binary, IDX, folder or tar of images; "
      "NumPy array, batch first; or random, for networks without data");
  command.add_option("--labels", options.labels, "labels: IDX, or text of lines `name class`");
  command
      .add_option("--calib-count", options.count,
                  "calibration images [1024, fewer for large networks]")
      ->check(CLI::PositiveNumber);
  command.add_option("--preprocess", options.preprocess, "preprocessing (JSON)")->required();
  command.add_option("--input-shape", options.input_shape,
                     "size of the input where the network's file leaves it open, as 1x3x320x320");
  command
      .add_option("--label-offset", options.label_offset,
                  "score that belongs to class 0: 1 for networks with a background class")
      ->capture_default_str();
}

}  // namespace

NumberFormat CalibrationOptions::number_format() const {
  const std::map<std::string, int> formats{
      {"pow2", exponents}, {"half", kHalfOctave}, {"digit", kDigits}, {"int8", 128 + 8}};
  NumberFormat format = numbers;
  format.weight_format = formats.at(weights);
  return format;
}

void CalibrationOptions::check_terms(int terms) const {
  const int most = most_terms(number_format().weight_format);
  if (terms > most) {
    throw Error("{} terms a weight; those of --format {} have {} at most", terms, weights, most);
  }
}

TermSearch CalibrationOptions::search() const {
  check_terms(end_terms);
  TermSearch search;
  search.target_drop = target_drop;
  search.end_terms = end_terms;
  search.format = number_format();
  search.rounding = how();
  search.output_range = output_range;
  return search;
}

void add_calibration_options(CLI::App& command, CalibrationOptions& options) {
  add_data_options(command, options);
  command
      .add_option("--end-terms", options.end_terms,
                  "terms in the first and the last layer [as --terms]")
      ->check(CLI::Range(1, 4));
  command
      .add_option("--target-drop", options.target_drop,
                  "largest loss of accuracy in points, on held-out calibration images; "
                  "without labels by the classes and probabilities of the float network")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 100.0));
  command
      .add_option(
          "--rounding", options.rounding,
          "compensated: the error of a weight is made good by others, by the statistics of "
          "the images; pruned: the same, and weights that are zero stay zero; nearest: each "
          "weight for itself, much faster")
      ->capture_default_str()
      ->check(CLI::IsMember({"compensated", "pruned", "nearest"}));
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
  command.add_option("--act-bits", options.numbers.act_w, "bits of an activation")
      ->capture_default_str()
      ->check(CLI::Range(6, 16));
  command
      .add_option("--factor-bits", options.numbers.factor_w,
                  "significant bits of the factor of an output channel, which holds batch "
                  "normalisation: 6 to 16; 1: all scales are powers of two, for a core without "
                  "multipliers")
      ->capture_default_str()
      ->check(CLI::Range(6, 16) | CLI::IsMember({1}));
  command
      .add_option(
          "--format", options.weights,
          "weight format, that of the core: pow2 (powers of two), half (half-octaves), digit "
          "(integers of 4 bits, 8 bits with two terms), int8 (multiplier baseline)")
      ->capture_default_str()
      ->check(CLI::IsMember({"pow2", "half", "digit", "int8"}));
  command
      .add_option("--exponents", options.exponents,
                  "pow2: exponents of a term, at most those of the core: terms of 3, 4 and 5 bits "
                  "have 3, 7 and 15")
      ->capture_default_str()
      ->check(CLI::Range(3, 15));
  command.add_option("--acc-bits", options.numbers.acc_w, "bits of the core's accumulators")
      ->check(CLI::Range(20, 32))
      ->capture_default_str();
}

Calibration read_calibration(const CalibrationOptions& options, const Graph& graph,
                             const Preprocess& preprocess, HoldOut hold_out) {
  const Tensor& in = graph.tensor(0);
  const auto data = open_samples(options.calib, options.labels, preprocess,
                                 {in.channels, in.height, in.width, in.name});
  const std::size_t count = options.count ? options.count : default_count(graph, *data);
  if (count > data->size())
    throw Error("{}: {} images asked for, it has {}", options.calib, count, data->size());
  const Split split(count, data->size(), graph, hold_out);
  Calibration calibration{read_images(*data, split.calibration).values, {}};
  if (hold_out == HoldOut::kEnough || !split.held_out.empty()) {
    Images others = read_images(*data, split.held_out);
    for (int& label : others.labels) label = label < 0 ? label : label + options.label_offset;
    calibration.held_out.emplace(graph, std::move(others.values), std::move(others.labels));
  }
  return calibration;
}

nlohmann::json held_out_json(const ChosenTerms& chosen, const HeldOut& held_out,
                             const std::string& unit) {
  const bool labels = held_out.has_labels();
  nlohmann::json json{{"images", held_out.size()},
                      {"labels", labels},
                      {"unit", unit},
                      {"chosen", chosen.chosen.name},
                      {"points", nlohmann::json::array()}};
  for (const TermPoint& point : chosen.measured)
    json["points"].push_back(to_json(point, chosen.two_terms, unit, labels));
  if (labels) {
    json["float_top1"] = held_out.float_accuracy();
    json["top1"] = held_out.float_accuracy() - chosen.chosen.loss.drop;
  }
  return json;
}

void print_held_out(const nlohmann::json& held_out) {
  const auto unit = held_out["unit"].get<std::string>();
  fmt::print(
      "loss on {} held-out calibration images, by {}:\n", held_out["images"].get<std::size_t>(),
      held_out["labels"].get<bool>() ? "their labels and the float network's probabilities"
                                     : "the float network's classes and probabilities (no labels)");
  for (const auto& point : held_out["points"]) {
    fmt::print(
        "  {:40} {:10.0f} {}, {:4.2f} x two terms, {:6.2f} points lost, {:6.2f} % as float{}\n",
        point["name"].get<std::string>(), point[unit].get<double>(), unit,
        point["of_two_terms"].get<double>(), point["lost_points"].get<double>(),
        point["same_class"].get<double>(), point["name"] == held_out["chosen"] ? "  <- taken" : "");
  }
}

void warn_of_collapse(const std::string& name, double points) {
  constexpr double kCollapse = 5;
  if (points > kCollapse)
    fmt::print(stderr, "warning: {}: {:.1f} points lost on the held-out images\n", name, points);
}

void warn_of_target(const ChosenTerms& chosen, const TermSearch& search) {
  if (chosen.reached) return;
  if (std::isfinite(search.most_cost)) {
    fmt::print(stderr, "warning: no choice of terms costs as little as {:.0f}; taken: {}, {:.0f}\n",
               search.most_cost, chosen.chosen.name, chosen.chosen.cost);
  } else {
    fmt::print(stderr,
               "warning: even four terms lose more than {} points; taken: {}, which loses {:.2f}. "
               "More activation bits (--act-bits) or calibration images may help\n",
               search.target_drop, chosen.chosen.name, chosen.chosen.points);
  }
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

}  // namespace reshift
