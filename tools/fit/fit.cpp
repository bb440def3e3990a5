// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "fit/fit.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <bit>
#include <cmath>

#include "base/error.hpp"
#include "base/json_fields.hpp"
#include "fit/memories.hpp"
#include "isa/fields.hpp"
#include "net/numerics.hpp"

namespace reshift {
namespace {

/// Kinds of numbers that a synthesis run reports and a model is fitted to.
constexpr std::array<const char*, 4> kFitted{"lut", "ff", "bram", "dsp"};

struct Term {
  const char* name;
  double value;
};

/// What the lanes of a core are called in the model. Those of two pixels share a multiplier by the
/// rule of `shares_multipliers` in rtl/pkg/rs_pkg.sv.
const char* lanes_of(const isa::Hardware& hw) {
  if (hw.weight_format == kHalfOctave) return "half_octave_lanes";
  if (hw.weight_format == kDigits) return "digit_lanes";
  if (!is_multiplier(hw.weight_format)) return "lanes";
  const bool shared = isa::post_pixels(hw) % 2 == 0 && hw.act_w == 8 && isa::term_width(hw) == 8;
  return shared ? "shared_multiplier_lanes" : "multiplier_lanes";
}

/// What a resource of the core grows with.
std::vector<Term> terms(std::string_view family, std::string_view resource,
                        const isa::Hardware& hw) {
  const double m = hw.m, c = hw.c, p = hw.p;
  if (resource == "bram") {
    return {{"base", 1}, {"memories", memory_blocks(family, hw, false).block_ram}};
  }
  // Channels post-processed at full speed, of all pixels at once; those with wide multipliers.
  const double post = hw.post_lanes >= hw.m ? hw.post_lanes : 0;
  const double wide_post = isa::wide_params(hw) ? post : 0;
  const Term lanes{lanes_of(hw), m * c * p};
  if (resource == "dsp") {
    const double multiplied =
        hw.mult_w > 1 ? post : 0;  // without multipliers there are only shifts
    std::vector<Term> result{{"base", 1}, {"post", multiplied}, {"wide_post", wide_post}};
    if (is_multiplier(hw.weight_format)) result.push_back(lanes);
    return result;
  }
  const double bank_bits = p * m * hw.act_w;
  return {{"base", 1},
          lanes,
          {"cells", m * p},
          {"channels", m},
          {"post", post},
          {"wide_post", wide_post},
          {"tables", hw.tables > 0 ? hw.post_lanes : 0.0},
          // Windows and masks.
          {"pixels", p},
          // Feature words turned from banks to columns; the further ways to the banks.
          {"rotation", bank_bits * std::bit_width(static_cast<unsigned>(hw.p - 1))},
          {"ways", bank_bits * (isa::post_pixels(hw) - 1)},
          // The edge of the array.
          {"tile", m * c * weight_bits(hw.weight_format)},
          {"bus", double(hw.axi_data_w)}};
}

/// Coefficients >= 0 that minimise the sum of squared relative errors, by coordinate descent on the
/// normal equations.
std::vector<double> solve(const Eigen::MatrixXd& relative) {
  const Eigen::MatrixXd normal = relative.transpose() * relative;
  const Eigen::VectorXd target = relative.transpose() * Eigen::VectorXd::Ones(relative.rows());
  Eigen::VectorXd x = Eigen::VectorXd::Zero(relative.cols());
  for (int round = 0; round < 200000; ++round) {
    double change = 0;
    for (Eigen::Index i = 0; i < x.size(); ++i) {
      if (normal(i, i) == 0) continue;
      const double gradient = target(i) - normal.row(i).dot(x);
      const double next = std::max(0.0, x(i) + gradient / normal(i, i));
      change = std::max(change, std::abs(next - x(i)) * std::sqrt(normal(i, i)));
      x(i) = next;
    }
    if (change < 1e-12) break;
  }
  return {x.begin(), x.end()};
}

/// A resource's terms over runs, without those that none of them has, divided by what was taken.
Eigen::MatrixXd relative_terms(std::string_view family, const char* resource,
                               const std::vector<Sample>& runs, std::vector<std::string>& names) {
  std::map<std::string, std::vector<double>> columns;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const double took = std::max(runs[i].took.at(resource), 1.0);
    for (const Term& term : terms(family, resource, runs[i].hw)) {
      if (term.value == 0) continue;
      columns[term.name].resize(runs.size());
      columns[term.name][i] = term.value / took;
    }
  }
  Eigen::MatrixXd relative(static_cast<Eigen::Index>(runs.size()),
                           static_cast<Eigen::Index>(columns.size()));
  for (const auto& [name, column] : columns) {
    relative.col(static_cast<Eigen::Index>(names.size())) =
        Eigen::Map<const Eigen::VectorXd>(column.data(), relative.rows());
    names.push_back(name);
  }
  return relative;
}

}  // namespace

bool fits(const Resources& needs, const Part& part, double share) {
  return std::all_of(kResourceNames.begin(), kResourceNames.end(), [&](const std::string& name) {
    // Only LUTs and registers get hard to place long before the part is full.
    const bool logic = name == "lut" || name == "ff";
    return needs.at(name) <= part.has.at(name) * (logic ? share : 1.0);
  });
}

Part find_part(const nlohmann::json& parts, std::string_view name) {
  std::string known;
  for (const auto& [key, value] : parts.items()) {
    bool found = key == name;
    std::string boards;
    for (const auto& board : array_field(value, "boards")) {
      const std::string text = to_text(board, "boards");
      found = found || text == name;
      boards += (boards.empty() ? "" : ", ") + text;
    }
    if (found) {
      Part part{key, text_field(value, "family"), {}, number_field(value, "mhz")};
      for (const char* r : kResourceNames) part.has[r] = number_field(value, r);
      return part;
    }
    known += fmt::format("{}{} ({})", known.empty() ? "" : ", ", key, boards);
  }
  throw Error("unknown part or board \"{}\"; known are {}", name, known);
}

Sample sample_from_json(const nlohmann::json& report) {
  if (const std::string top = text_field(report, "top"); top != "reshift_core")
    throw Error("a report of {}, expected one of the whole core", top);
  const nlohmann::json& p = field(report, "parameters");
  const auto get = [&](const char* name) { return integer_field<int>(p, name); };
  // Of older reports.
  const auto get_or = [&](const char* name, int absent) {
    return p.contains(name) ? get(name) : absent;
  };
  Sample sample{
      text_field(report, "config"),
      {"", get("M"), get("C"), get("P"), get("ActW"), get("WeightFormat"), get("AccW"),
       get_or("MultW", 16), get("FbDepth"), get("WmDepth"), get("PmDepth"),
       get_or("PostLanes", get("M")), get_or("Tables", 0), get("AxiDataW"), get_or("Neighbours", 0),
       get_or("WeightCheck", 0), get_or("WeightStreams", 0), get_or("Requantise", 0)},
      {}};
  for (const char* r : kFitted) sample.took[r] = number_field(report, r);
  return sample;
}

std::map<std::string, FitModel::Coefficients> FitModel::fit_all(std::string_view family,
                                                                const std::vector<Sample>& runs) {
  std::map<std::string, Coefficients> result;
  for (const char* resource : kFitted) {
    std::vector<std::string> names;
    const Eigen::MatrixXd relative = relative_terms(family, resource, runs, names);
    const std::vector<double> values = solve(relative);
    for (std::size_t i = 0; i < names.size(); ++i) result[resource][names[i]] = values[i];
  }
  return result;
}

double FitModel::error_of(const Sample& run) const {
  const Resources guess = predict(run.hw);
  double error = 0;
  for (const char* name : {"lut", "bram"}) {
    const double took = run.took.at(name);
    error = std::max(error, std::abs(guess.at(name) - took) / took);
  }
  return error;
}

FitModel FitModel::fit(std::string_view family, const std::vector<Sample>& runs) {
  if (runs.empty()) throw Error("no runs on {} to fit a model to", family);
  FitModel model;
  model.family_ = family;
  model.coefficients_ = fit_all(family, runs);
  if (const std::size_t least = model.coefficients_.at("lut").size(); runs.size() < least) {
    throw Error("{} runs on {} are too few for a model of {} terms", runs.size(), family, least);
  }
  for (std::size_t i = 0; i < runs.size(); ++i) {
    model.runs_.push_back(runs[i].name);
    std::vector<Sample> others = runs;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
    FitModel without = model;
    without.coefficients_ = fit_all(family, others);
    // Terms that only this run has stay unknown without it.
    const auto& full = model.coefficients_;
    const bool known = std::all_of(full.begin(), full.end(), [&](const auto& entry) {
      return without.coefficients_.at(entry.first).size() == entry.second.size();
    });
    if (known) model.error_ = std::max(model.error_, without.error_of(runs[i]));
  }
  return model;
}

FitModel FitModel::like(const FitModel& other, std::string_view family,
                        const std::vector<Sample>& runs) {
  FitModel model = other;
  model.like_ = other.family_;
  model.family_ = family;
  model.runs_.clear();
  model.error_ = 0;
  for (const Sample& run : runs) {
    model.runs_.push_back(run.name);
    model.learn(run);
    model.error_ = std::max(model.error_, model.error_of(run));
  }
  return model;
}

void FitModel::learn(const Sample& run) {
  for (auto& [resource, known] : coefficients_) {
    double left = run.took.at(resource);
    const Term* unknown = nullptr;
    const std::vector<Term> all = terms(family_, resource, run.hw);
    for (const Term& term : all) {
      if (known.contains(term.name)) {
        left -= known.at(term.name) * term.value;
      } else if (term.value != 0) {
        if (unknown)
          throw Error("{}: two unknown terms, {} and {}", run.name, unknown->name, term.name);
        unknown = &term;
      }
    }
    if (unknown) known[unknown->name] = std::max(0.0, left / unknown->value);
  }
}

FitModel FitModel::from_json(const nlohmann::json& models, std::string_view family) {
  std::string known;
  for (const auto& [key, value] : models.items()) {
    if (key == family) {
      FitModel model;
      model.family_ = family;
      for (const char* resource : kFitted) {
        const nlohmann::json& terms_of = field(value, resource);
        if (!terms_of.is_object()) throw Error("field {}: expected an object", resource);
        for (const auto& [term, c] : terms_of.items())
          model.coefficients_[resource][term] = to_number(c, resource);
      }
      for (const auto& run : array_field(value, "runs"))
        model.runs_.push_back(to_text(run, "runs"));
      model.error_ = number_field(value, "error");
      if (value.contains("like")) model.like_ = text_field(value, "like");
      return model;
    }
    known += (known.empty() ? "" : ", ") + key;
  }
  throw Error("no area model of {}; there are {}", family, known);
}

nlohmann::json FitModel::to_json() const {
  nlohmann::json json{{"runs", runs_}, {"error", error_}};
  if (!like_.empty()) json["like"] = like_;
  for (const char* resource : kFitted) json[resource] = coefficients_.at(resource);
  return json;
}

std::string FitModel::quality() const {
  const std::string family =
      like_.empty() ? "" : fmt::format(" of {}, with the model of {}", family_, like_);
  return fmt::format("{} synthesis runs{}; {} met within {:.1f}%", runs_.size(), family,
                     like_.empty() ? "a run left out was" : "they were", 100 * error_);
}

std::string FitModel::unknown_term(const isa::Hardware& hw) const {
  for (const auto& [resource, known] : coefficients_) {
    for (const Term& term : terms(family_, resource, hw)) {
      if (term.value != 0 && !known.contains(term.name)) return term.name;
    }
  }
  return "";
}

Resources FitModel::predict(const isa::Hardware& hw, bool ultra_ram) const {
  if (const std::string unknown = unknown_term(hw); !unknown.empty()) {
    throw Error(
        "the area model of {0} was fitted to no core with {1}: `make synth DEVICE={0}` measures "
        "one",
        family_, unknown);
  }
  Resources result;
  for (const auto& [resource, known] : coefficients_) {
    for (const Term& term : terms(family_, resource, hw)) {
      if (term.value != 0) result[resource] += known.at(term.name) * term.value;
    }
  }
  const MemoryBlocks blocks = memory_blocks(family_, hw, ultra_ram);
  if (ultra_ram) {
    result["bram"] -= coefficients_.at("bram").at("memories") *
                      (memory_blocks(family_, hw, false).block_ram - blocks.block_ram);
  }
  result["uram"] = blocks.ultra_ram;
  return result;
}

Resources needs_on(const FitModel& model, const Part& part, const isa::Hardware& hw, int cores) {
  const auto all = [&](bool ultra) {
    Resources needs = model.predict(hw, ultra);
    for (auto& [name, value] : needs) value *= cores;
    return needs;
  };
  if (part.has.at("uram") > 0) {
    const Resources needs = all(true);
    if (needs.at("uram") <= part.has.at("uram")) return needs;
  }
  return all(false);
}

isa::Hardware largest_that_fits(const FitModel& model, const Part& part, const isa::Hardware& like,
                                double share, int cores) {
  isa::Hardware best = like;
  best.m = best.c = best.p = 0;
  const std::int64_t feature_words = std::int64_t{like.m} * like.p * like.fb_depth;
  const std::int64_t weights = std::int64_t{like.m} * like.c * like.wm_depth;
  for (int c = 4; c <= 32; c *= 2) {
    for (int m = c; m <= 64; m *= 2) {
      for (int p = 2; p <= 15; ++p) {
        isa::Hardware hw = like;
        hw.m = m;
        hw.c = c;
        hw.p = p;
        const int pixels = isa::post_pixels(like);
        if (pixels > 1 && (p % pixels != 0 || p < 3 * pixels)) continue;
        hw.post_lanes = like.post_lanes >= like.m ? pixels * m : 1;
        const auto depth = [](std::int64_t words) {
          return static_cast<int>(
              std::bit_ceil(static_cast<std::uint64_t>(std::max(words, std::int64_t{2}))));
        };
        hw.fb_depth = depth(feature_words / (m * p));
        hw.wm_depth = depth(weights / (m * c));
        hw.pm_depth = depth(std::int64_t{like.m} * like.pm_depth / m);
        if (hw.fb_depth > 32768 / (m / c)) continue;
        if (m * c * p <= best.m * best.c * best.p) continue;
        if (fits(needs_on(model, part, hw, cores), part, share)) best = hw;
      }
    }
  }
  return best;
}

}  // namespace reshift
