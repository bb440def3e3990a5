// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <set>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "base/progress.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "explore/page.hpp"
#include "explore/search.hpp"
#include "fit_data.hpp"

namespace reshift {
namespace {

struct Options {
  std::vector<std::string> nets;
  std::string device, json, html;
  double clock = 0, spare = 20;
  int most_cores = 4, widest_bus = 128;
  std::size_t configurations = 40, shown = 6;
};

constexpr std::size_t kPoints = 2000;  ///< of the picture

/// Everything about a search that the results are made of.
struct Found {
  Part part;
  FitModel model;
  Task task;
  Limits limits;
  SearchResult result;
  double mhz = 0;
};

nlohmann::json configuration_json(const isa::Hardware& hw) {
  return {{"m", hw.m},
          {"c", hw.c},
          {"p", hw.p},
          {"act_w", hw.act_w},
          {"weight_format", hw.weight_format},
          {"acc_w", hw.acc_w},
          {"mult_w", hw.mult_w},
          {"fb_depth", hw.fb_depth},
          {"wm_depth", hw.wm_depth},
          {"pm_depth", hw.pm_depth},
          {"post_lanes", hw.post_lanes},
          {"tables", hw.tables},
          {"axi_data_w", hw.axi_data_w},
          {"neighbours", hw.neighbours}};
}

nlohmann::json choice_json(const Choice& choice, const Found& found) {
  const Candidate& candidate = choice.candidate;
  const isa::Hardware& hw = candidate.hw;
  nlohmann::json json{{"name", *candidate.name},
                      {"cores", candidate.cores},
                      {"lanes", hw.m * hw.c * hw.p * candidate.cores},
                      {"frames_per_second", choice.frames_per_cycle * found.mhz * 1e6},
                      {"needs", candidate.needs},
                      {"part_bound", part_bound(candidate, found.part, found.limits.share)},
                      {"core_bound", core_bound(choice)},
                      {"configuration", configuration_json(hw)},
                      {"networks", nlohmann::json::array()}};
  for (const NetworkResult& network : choice.networks) {
    json["networks"].push_back(
        {{"cycles", network.cycles},
         {"frames_per_second", candidate.cores * found.mhz * 1e6 / network.cycles}});
  }
  return json;
}

/// The best choices, one for each shape and number of cores, with memories no deeper than they
/// need.
std::vector<Choice> shown_choices(const Found& found, std::size_t count) {
  std::vector<Choice> shown;
  std::set<std::string> seen;
  for (const Choice& choice : found.result.choices) {
    const isa::Hardware& hw = choice.candidate.hw;
    const std::string shape = fmt::format("{} {} {} {} {} {}", hw.m, hw.c, hw.p, hw.weight_format,
                                          hw.post_lanes, choice.candidate.cores);
    if (shown.size() < count && seen.insert(shape).second) shown.push_back(choice);
  }
  Progress progress("smallest memories", shown.size());
  parallel_for(shown.size(), [&](std::size_t i) {
    const Choice smallest = with_smallest_memories(
        shown[i],
        [&](const Candidate& candidate) { return compile_all(found.task, candidate, true); },
        [&](const Candidate& candidate) {
          return needs_on(found.model, found.part, candidate.hw, candidate.cores);
        });
    shown[i] = recompiled(smallest, [&](const Candidate& candidate) {
      return compile_all(found.task, candidate, false);
    });
    progress.advance();
  });
  std::stable_sort(shown.begin(), shown.end(), [](const Choice& a, const Choice& b) {
    return a.frames_per_cycle > b.frames_per_cycle;
  });
  return shown;
}

nlohmann::json points_json(const Found& found) {
  nlohmann::json points = nlohmann::json::array();
  const auto& choices = found.result.choices;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (points.size() >= kPoints && !choices[i].on_front) continue;
    const Candidate& candidate = choices[i].candidate;
    points.push_back(
        {{"name",
          fmt::format("{}{}", candidate.cores > 1 ? fmt::format("{} x ", candidate.cores) : "",
                      *candidate.name)},
         {"frames_per_second", choices[i].frames_per_cycle * found.mhz * 1e6},
         {"needs", {{"lut", candidate.needs.at("lut")}}},
         {"front", choices[i].on_front},
         {"best", i == 0}});
  }
  return points;
}

nlohmann::json result_json(const Options& o, const Found& found, const std::vector<QNet>& nets) {
  const SearchResult& r = found.result;
  nlohmann::json json{{"part", found.part.name},
                      {"mhz", found.mhz},
                      {"mhz_assumed", o.clock == 0},
                      {"spare", o.spare},
                      {"area_error", found.model.error()},
                      {"has", found.part.has},
                      {"compiled", r.compiled},
                      {"skipped", r.skipped},
                      {"open", r.open},
                      {"refused", r.refused},
                      {"formats_left_out", found.task.left_out},
                      {"choices", nlohmann::json::array()},
                      {"points", points_json(found)}};
  for (const QNet& net : nets) json["networks"].push_back(net.name);
  json["conditions"] = fmt::format(
      "{} at {:g} MHz ({}), {:g} % of LUTs and flip-flops to spare. Cycles are the compiler's "
      "estimate of one frame after another, with a memory that serves every core's port; areas "
      "are estimated from {}.",
      found.part.name, found.mhz, o.clock == 0 ? "assumed" : "as given", o.spare,
      found.model.quality());
  json["searched"] = fmt::format(
      "{} configurations compiled, {} of them cannot run the networks; {} candidates skipped, "
      "because another one is better whatever they did, {} not reached.",
      r.compiled, r.refused.size(), r.skipped, r.open);
  for (const Choice& choice : shown_choices(found, o.shown))
    json["choices"].push_back(choice_json(choice, found));
  return json;
}

void print(const nlohmann::json& r) {
  fmt::print("{}\n{}\n", r.at("conditions").get<std::string>(),
             r.at("searched").get<std::string>());
  for (const auto& reason : r.at("formats_left_out"))
    fmt::print("Left out: {}\n", reason.get<std::string>());
  fmt::print("\n{:<30} {:>5} {:>6} {:>10} {:>8} {:>6} {:>5} {:>5}  {:<22} {}\n", "configuration",
             "cores", "lanes", "frames/s", "LUT", "BRAM", "URAM", "DSP", "bound by, on the part",
             "in the core");
  for (const auto& c : r.at("choices")) {
    const auto& needs = c.at("needs");
    fmt::print("{:<30} {:>5} {:>6} {:>10.1f} {:>8.0f} {:>6.0f} {:>5.0f} {:>5.0f}  {:<22} {}\n",
               c.at("name").get<std::string>(), c.at("cores").get<int>(), c.at("lanes").get<int>(),
               c.at("frames_per_second").get<double>(), needs.at("lut").get<double>(),
               needs.at("bram").get<double>(), needs.at("uram").get<double>(),
               needs.at("dsp").get<double>(), c.at("part_bound").get<std::string>(),
               c.at("core_bound").get<std::string>());
    if (r.at("networks").size() == 1) continue;
    for (std::size_t i = 0; i < r.at("networks").size(); ++i) {
      const auto& network = c.at("networks")[i];
      fmt::print("    {:<38} {:>10.1f}  {:.0f} cycles\n", r.at("networks")[i].get<std::string>(),
                 network.at("frames_per_second").get<double>(), network.at("cycles").get<double>());
    }
  }
  if (r.at("choices").empty()) return;
  const auto& best = r.at("choices")[0];
  fmt::print("\nThe first as a line of spec/configurations.json:\n    \"{}\": {}\n",
             best.at("name").get<std::string>(), best.at("configuration").dump());
}

void run_explore(const Options& o) {
  for (const std::string& path : {o.json, o.html}) check_output(path);
  std::vector<QNet> nets;
  for (const std::string& path : o.nets) nets.push_back(QNet::load(path));
  const Part part = find_part(nlohmann::json::parse(kParts), o.device);
  Found found{part,
              FitModel::from_json(nlohmann::json::parse(kFitModels), part.family),
              make_task(nets),
              {1 - o.spare / 100, o.most_cores, o.widest_bus},
              {},
              o.clock > 0 ? o.clock : part.mhz};
  const std::vector<Candidate> all = candidates(found.model, part, found.limits, found.task);
  if (all.empty()) throw Error("no configuration fits {} with {:g} % to spare", part.name, o.spare);
  {
    Progress progress("configurations", o.configurations);
    found.result = search(
        found.task, all, o.configurations,
        [&](const Candidate& candidate) { return compile_all(found.task, candidate, true); },
        [&] { progress.advance(); });
  }
  if (found.result.choices.empty()) {
    throw Error("none of the {} configurations that were compiled for {} can run the networks; {}",
                found.result.compiled, part.name, found.result.refused.front());
  }
  const nlohmann::json result = result_json(o, found, nets);
  write_json(o.json, result);
  if (!o.html.empty()) write_file(o.html, explore_page(result));
  if (o.json != "-") print(result);
}

}  // namespace

void add_explore(CLI::App& app) {
  auto o = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "explore", "Find the configurations with the most frames per second that fit a part");
  command->add_option("NETWORKS", o->nets, "quantised networks (.rsq)")->required();
  command
      ->add_option("--part,--board,--device", o->device,
                   "part or board, as in tools/synth/parts.json")
      ->required();
  command->add_option("--clock", o->clock, "MHz; default: what tools/synth/parts.json assumes")
      ->check(CLI::PositiveNumber);
  command->add_option("--spare", o->spare, "per cent of the LUTs and flip-flops to leave free")
      ->capture_default_str()
      ->check(CLI::Range(0, 95));
  command->add_option("--max-cores", o->most_cores, "cores side by side, at most")
      ->capture_default_str()
      ->check(CLI::Range(1, 16));
  command->add_option("--max-bus", o->widest_bus, "bits of a core's memory port, at most")
      ->capture_default_str()
      ->check(CLI::IsMember({32, 64, 128, 256}));
  command
      ->add_option("--configurations", o->configurations,
                   "configurations to compile the networks for, at most")
      ->capture_default_str()
      ->check(CLI::Range(1, 10000));
  command->add_option("--show", o->shown, "configurations to print")
      ->capture_default_str()
      ->check(CLI::Range(1, 100));
  command->add_option("--json", o->json, "write the result as JSON, - for the standard output");
  command->add_option("--html", o->html,
                      "write a page: frames per second against LUTs, and the table");
  command->footer("Example: reshift explore resnet20.rsq --board kv260 --html explore.html");
  command->callback([o] { run_explore(*o); });
}

}  // namespace reshift
