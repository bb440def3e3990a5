// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "isa/isa.hpp"

/// Area of a configuration without synthesizing it: a linear model of what the modules of the core
/// grow with, fitted to synthesis runs (`make synth`).
namespace reshift {

/// Look-up tables, flip-flops, block RAM in the family's blocks (a half is possible), DSP slices.
inline constexpr std::array<const char*, 4> kResourceNames{"lut", "ff", "bram", "dsp"};
using Resources = std::map<std::string, double>;

/// A part that can be bought, tools/synth/parts.json.
struct Part {
  std::string name, family;
  Resources has;
};

/// The part called `name`; throws Error that lists the known ones.
Part find_part(const nlohmann::json& parts, std::string_view name);

/// One synthesis run: what it was of, and what it took.
struct Sample {
  std::string name;
  isa::Hardware hw;
  Resources took;
};

/// A run from the JSON of `make synth`; throws Error when it is not of the whole core.
Sample sample_from_json(const nlohmann::json& report);

class FitModel {
 public:
  /// Fits one family. The coefficients minimise the squared relative error and are not negative.
  /// Throws Error when there are fewer runs than terms in the model.
  static FitModel fit(std::string_view family, const std::vector<Sample>& runs);
  /// Throws Error that lists the known families.
  static FitModel from_json(const nlohmann::json& models, std::string_view family);
  nlohmann::json to_json() const;

  Resources predict(const isa::Hardware& hw) const;
  /// Largest relative error of LUTs and block RAM over the runs, each predicted by a model fitted
  /// to the others.
  double error() const { return error_; }
  /// Names of the configurations it was fitted to.
  const std::vector<std::string>& runs() const { return runs_; }

 private:
  std::string family_;
  std::array<std::vector<double>, kResourceNames.size()> coefficients_;
  std::vector<std::string> runs_;
  double error_ = 0;
};

/// The configuration with the most lanes that fits `share` of the part, with the memories (in
/// bits), widths and bus of `like`; M is at least C and at most 64, C 4 to 32. No lanes (m = 0)
/// when nothing fits.
isa::Hardware largest_that_fits(const FitModel& model, const Part& part, const isa::Hardware& like,
                                double share);

}  // namespace reshift
