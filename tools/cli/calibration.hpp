// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "quant/auto_terms.hpp"

namespace reshift {

/// What `quantize` and `tune` are told alike.
struct CalibrationOptions {
  std::string model, calib, labels, preprocess, rounding = "compensated", output, json, input_shape;
  std::size_t count = 0;  ///< of calibration images; 0: as many as suit the network
  int label_offset = 0;
  int end_terms = 0;
  bool merge_shortcuts = true;
  double target_drop = 0.5;
  NumberFormat numbers;          ///< but for the weights, see number_format()
  std::string weights = "pow2";  ///< --format
  int exponents = 7;             ///< of powers of two
  NumberFormat number_format() const;
  /// Throws Error when a weight of the format has not so many terms.
  void check_terms(int terms) const;
  OutputRange output_range = OutputRange::kAuto;

  Rounding how() const {
    if (rounding == "pruned") return Rounding::kPruned;
    return rounding == "nearest" ? Rounding::kNearest : Rounding::kCompensated;
  }
  TermSearch search() const;
};

void add_calibration_options(CLI::App& command, CalibrationOptions& options);

/// How much of the images measures.
enum class HoldOut {
  kNone,    ///< that of noise says nothing
  kOthers,  ///< a few of those that do not calibrate, none where all do
  kEnough,  ///< many of those, or every fourth of the calibration images where there are no others
};

/// Images that calibrate, and images that measure.
struct Calibration {
  CalibrationImages images;
  std::optional<HeldOut> held_out;
};

/// Throws Error when the data do not fit the network or have too few images.
Calibration read_calibration(const CalibrationOptions& options, const Graph& graph,
                             const Preprocess& preprocess, HoldOut hold_out);

/// What was measured, and by what; `unit` is that of the costs.
nlohmann::json held_out_json(const ChosenTerms& chosen, const HeldOut& held_out,
                             const std::string& unit);
/// The same as a text.
void print_held_out(const nlohmann::json& held_out);

/// Says that a choice of terms loses much, if it does.
void warn_of_collapse(const std::string& name, double points);
/// Says that the target was not reached, and what to do.
void warn_of_target(const ChosenTerms& chosen, const TermSearch& search);
/// Names the layers that cannot be compensated.
void note_nearest(const Graph& graph, Rounding rounding);

}  // namespace reshift
