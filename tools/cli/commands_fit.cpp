// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "base/error.hpp"
#include "base/file_kind.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "fit/fit.hpp"
#include "fit_data.hpp"
#include "net/numerics.hpp"
#include "program/hardware.hpp"

namespace reshift {
namespace {

struct Options {
  std::string device, hw = "16x16x8", json, output, like;
  std::vector<std::string> parameters, reports, check;
  double share = 0.8;
  int cores = 1;
};

/// A named configuration with some RTL parameters changed.
isa::Hardware hardware(const std::string& name, const std::vector<std::string>& changes) {
  isa::Hardware hw = find_hardware(name);
  // Lanes of as many pixels, unless they are changed, too.
  const int pixels = hw.post_lanes >= hw.m ? isa::post_pixels(hw) : 0;
  if (pixels > 0) hw.post_lanes = 0;
  const std::map<std::string, int*> values{{"M", &hw.m},
                                           {"C", &hw.c},
                                           {"P", &hw.p},
                                           {"ActW", &hw.act_w},
                                           {"WeightFormat", &hw.weight_format},
                                           {"AccW", &hw.acc_w},
                                           {"MultW", &hw.mult_w},
                                           {"FbDepth", &hw.fb_depth},
                                           {"WmDepth", &hw.wm_depth},
                                           {"PmDepth", &hw.pm_depth},
                                           {"PostLanes", &hw.post_lanes},
                                           {"Tables", &hw.tables},
                                           {"AxiDataW", &hw.axi_data_w},
                                           {"Neighbours", &hw.neighbours}};
  for (const std::string& change : changes) {
    const auto equal = change.find('=');
    const auto value = values.find(change.substr(0, equal));
    if (equal == std::string::npos || value == values.end()) {
      std::string known;
      for (const auto& [key, unused] : values) known += " " + key;
      throw Error("\"{}\" is not NAME=VALUE of a parameter; there are{}", change, known);
    }
    try {
      *value->second = std::stoi(change.substr(equal + 1));
    } catch (const std::exception&) {
      throw Error("\"{}\": expected a number", change);
    }
  }
  if (hw.post_lanes == 0) hw.post_lanes = pixels * hw.m;
  return hw;
}

std::string shape(const isa::Hardware& hw) { return fmt::format("{}x{}x{}", hw.m, hw.c, hw.p); }

nlohmann::json report(const isa::Hardware& hw, const Resources& needs, const Part& part) {
  nlohmann::json json{{"shape", shape(hw)},          {"lanes", hw.m * hw.c * hw.p},
                      {"FbDepth", hw.fb_depth},      {"WmDepth", hw.wm_depth},
                      {"PmDepth", hw.pm_depth},      {"PostLanes", hw.post_lanes},
                      {"Tables", hw.tables},         {"AxiDataW", hw.axi_data_w},
                      {"Neighbours", hw.neighbours}, {"WeightFormat", hw.weight_format},
                      {"MultW", hw.mult_w},          {"needs", nlohmann::json::object()}};
  for (const auto& [name, value] : needs) {
    json["needs"][name] = value;
    json["has"][name] = part.has.at(name);
  }
  return json;
}

void print(const std::string& title, const nlohmann::json& r) {
  fmt::print("{}: {} lanes ({}), FbDepth {}, WmDepth {}, PmDepth {}, AxiDataW {}\n", title,
             int{r.at("lanes")}, std::string(r.at("shape")), int{r.at("FbDepth")},
             int{r.at("WmDepth")}, int{r.at("PmDepth")}, int{r.at("AxiDataW")});
  for (const char* name : kResourceNames) {
    const double needs = r.at("needs").at(name), has = r.at("has").at(name);
    if (needs == 0 && has == 0) continue;
    fmt::print("  {:<5} {:>9.0f} of {:>9.0f}  {:>6}{}\n", name, needs, has,
               has > 0 ? fmt::format("{:.1f}%", 100 * needs / has) : "",
               needs > has ? fmt::format("  too many by {:.0f}", needs - has) : "");
  }
}

struct Report {
  std::string device;
  Sample sample;
};

Report read_report(const std::string& path) {
  const nlohmann::json json = read_json(path);
  try {
    return {text_field(json, "device"), sample_from_json(json)};
  } catch (const std::exception& e) {
    throw Error("{}: is {}, expected a report of `make synth`: {}", path, describe_json(json),
                e.what());
  }
}

/// Fits a model to each family of the reports; says how it meets those it was not fitted to.
void calibrate(const Options& o) {
  check_output(o.output);
  std::map<std::string, std::vector<Sample>> runs;
  for (const std::string& path : o.reports) {
    const Report report = read_report(path);
    runs[report.device].push_back(report.sample);
  }
  nlohmann::json models = nlohmann::json::parse(kFitModels);
  for (const auto& [family, samples] : runs) {
    models[family] =
        o.like.empty()
            ? FitModel::fit(family, samples).to_json()
            : FitModel::like(FitModel::from_json(models, o.like), family, samples).to_json();
  }
  for (const std::string& path : o.check) {
    const auto [device, run] = read_report(path);
    const Resources guess = FitModel::from_json(models, device).predict(run.hw);
    fmt::print("| {} {}, {} post lanes, FbDepth {} |", device, shape(run.hw), run.hw.post_lanes,
               run.hw.fb_depth);
    for (const char* name : {"lut", "bram"}) {
      const double took = run.took.at(name), guessed = guess.at(name);
      fmt::print(" {:.0f} | {:.0f} | {:+.1f} % |", took, guessed, 100 * (guessed / took - 1));
    }
    fmt::print("\n");
  }
  write_json(o.output, models);
}

void run_fit(const Options& o) {
  if (!o.reports.empty()) {
    return calibrate(o);
  }
  check_output(o.json);
  const Part part = find_part(nlohmann::json::parse(kParts), o.device);
  const FitModel model = FitModel::from_json(nlohmann::json::parse(kFitModels), part.family);
  const isa::Hardware hw = hardware(o.hw, o.parameters);
  const isa::Hardware best = largest_that_fits(model, part, hw, o.share, o.cores);
  nlohmann::json result{{"part", part.name},
                        {"cores", o.cores},
                        {"error", model.error()},
                        {"asked", report(hw, needs_on(model, part, hw, o.cores), part)}};
  if (best.m > 0) result["largest"] = report(best, needs_on(model, part, best, o.cores), part);
  if (!o.json.empty()) return write_json(o.json, result);
  const std::string cores = o.cores > 1 ? fmt::format("{} cores of ", o.cores) : "";
  print(fmt::format("{}{} on {}", cores, o.hw, part.name), result.at("asked"));
  if (best.m > 0) {
    const std::string who = o.cores > 1 ? fmt::format("of which {} fit", o.cores) : "that fits";
    print(fmt::format("largest {} {:.0f}% of the LUTs", who, 100 * o.share), result.at("largest"));
  } else {
    fmt::print("no configuration with these memories fits {}\n", part.name);
  }
  fmt::print("Estimated from {}.\n", model.quality());
}

}  // namespace

void add_fit(CLI::App& app) {
  auto o = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "fit", "Estimate what a configuration takes of an FPGA, and the largest one that fits");
  auto* device = command->add_option("--device,--part,--board", o->device,
                                     "part or board, as in tools/synth/parts.json");
  command->add_option("--cores", o->cores, "cores side by side on the part")
      ->capture_default_str()
      ->check(CLI::Range(1, 16));
  command->add_option("--hw", o->hw, "named hardware configuration")->capture_default_str();
  command->add_option("--param", o->parameters,
                      "RTL parameter NAME=VALUE over the configuration's");
  command->add_option("--share", o->share, "share of the part's LUTs to fill")
      ->capture_default_str()
      ->check(CLI::Range(0.05, 1.0));
  command->add_option("--json", o->json, "write the result as JSON, - for the standard output");
  auto* calibrate = command->add_option("--calibrate", o->reports,
                                        "fit the model anew to these reports of `make synth`");
  auto* output =
      command->add_option("--output", o->output, "file for the models")->needs(calibrate);
  calibrate->needs(output);
  command
      ->add_option("--like", o->like,
                   "take the model of this family for that of the reports, and measure its error")
      ->needs(calibrate);
  command->add_option("--check", o->check, "reports to compare with the model fitted anew")
      ->needs(calibrate);
  device->excludes(calibrate);
  command->footer("Example: reshift fit --device xc7z045 --hw 16x16x8 --param FbDepth=4096");
  command->callback([o, device, calibrate] {
    if (device->count() + calibrate->count() == 0) throw Error("--device is required");
    run_fit(*o);
  });
}

}  // namespace reshift
