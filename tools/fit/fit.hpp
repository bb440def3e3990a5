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

/// Look-up tables, flip-flops, block RAM in the family's blocks (a half is possible), UltraRAM, DSP
/// slices.
inline constexpr std::array<const char*, 5> kResourceNames{"lut", "ff", "bram", "uram", "dsp"};
using Resources = std::map<std::string, double>;

/// A part that can be bought, tools/synth/parts.json.
struct Part {
  std::string name, family;
  Resources has;
  double mhz = 0;  ///< a clock to reckon with; assumed, not measured
};

/// The part called `name`, or that of the board of that name; throws Error that lists the known
/// ones.
Part find_part(const nlohmann::json& parts, std::string_view name);

/// One synthesis run: what it was of, and what it took (no UltraRAM).
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
  /// What no run has (a weight format, tables) is not in the model. Throws Error when there are
  /// fewer runs than terms in the model.
  static FitModel fit(std::string_view family, const std::vector<Sample>& runs);
  /// The model of another family as that of `family`, for one whose logic is alike; the error is
  /// that over `runs`, at least one. A term that the other one lacks, one a run at most, is what
  /// the run took beyond all others. Throws Error when a run has more.
  static FitModel like(const FitModel& other, std::string_view family,
                       const std::vector<Sample>& runs);
  /// Throws Error that lists the known families.
  static FitModel from_json(const nlohmann::json& models, std::string_view family);
  nlohmann::json to_json() const;

  /// Whether runs of the model had all that the core has; otherwise predict() throws.
  bool knows(const isa::Hardware& hw) const { return unknown_term(hw).empty(); }
  /// What a core takes; with `ultra_ram` its large memories are in UltraRAM (memories.hpp). Throws
  /// Error when the core has something that no run of the model had.
  Resources predict(const isa::Hardware& hw, bool ultra_ram = false) const;
  /// Largest relative error of LUTs and block RAM over the runs, each predicted by a model fitted
  /// to the others, where those have all that it has.
  double error() const { return error_; }
  /// How well the model met what was measured, as a text.
  std::string quality() const;
  /// Names of the configurations it was fitted to.
  const std::vector<std::string>& runs() const { return runs_; }

 private:
  using Coefficients = std::map<std::string, double>;  ///< by term
  static std::map<std::string, Coefficients> fit_all(std::string_view family,
                                                     const std::vector<Sample>& runs);
  double error_of(const Sample& run) const;
  void learn(const Sample& run);
  /// A term of the core that has no coefficient; empty: none.
  std::string unknown_term(const isa::Hardware& hw) const;

  std::string family_, like_;
  std::map<std::string, Coefficients> coefficients_;  ///< by resource, without UltraRAM
  std::vector<std::string> runs_;
  double error_ = 0;
};

/// What `cores` cores take of a part: with UltraRAM where it has enough for all of them, and with
/// only block RAM otherwise.
Resources needs_on(const FitModel& model, const Part& part, const isa::Hardware& hw, int cores = 1);

/// Whether a part has what is needed, and of LUTs and flip-flops no more than `share` of it.
bool fits(const Resources& needs, const Part& part, double share);

/// The configuration with the most lanes of which `cores` fit `share` of the part, with the
/// memories (in bits), widths, weights and bus of `like`; M is at least C and at most 64, C 4
/// to 32. No lanes (m = 0) when nothing fits.
isa::Hardware largest_that_fits(const FitModel& model, const Part& part, const isa::Hardware& like,
                                double share, int cores = 1);

}  // namespace reshift
