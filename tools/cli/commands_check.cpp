// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <array>
#include <map>
#include <memory>
#include <optional>

#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/input_shape.hpp"
#include "cli/output.hpp"
#include "compile/lower.hpp"
#include "import/import.hpp"
#include "program/hardware.hpp"
#include "quant/exact.hpp"
#include "quant/float_graph.hpp"
#include "quant/skeleton.hpp"

namespace reshift {
namespace {

struct CheckOptions {
  std::string model, hardware, input_shape, json;
};

constexpr std::array kResults{"accepted", "rewritten", "host", "refused", "unchecked"};

const char* name_of(NodeCheck::Result result) {
  return kResults.at(static_cast<std::size_t>(result));
}

nlohmann::json to_json(const NetworkCheck& check) {
  nlohmann::json nodes = nlohmann::json::array();
  for (const NodeCheck& n : check.nodes) {
    nodes.push_back({{"name", n.name},
                     {"operation", n.operation},
                     {"result", name_of(n.result)},
                     {"detail", n.detail}});
  }
  return {{"nodes", nodes}, {"refusals", check.refusals}};
}

/// Exponents of the terms of a network that is quantised already: other formats take their sums.
int exact_terms(const isa::Hardware& hw) {
  return is_power_of_two(hw.weight_format) ? hw.weight_format : ExactFormat{}.weight_format;
}

/// What the hardware refuses of a network that is read.
std::vector<Support> refused_by(const isa::Hardware& hw, const CheckOptions& options,
                                const ImportOptions& how) {
  std::vector<Support> refused;
  const Graph graph = import_network(options.model, how);
  const QNet net = is_quantised(graph)
                       ? exact_network(graph, {}, {exact_terms(hw), hw.mult_w, hw.acc_w}).net
                       : skeleton(fuse(graph));
  for (const Support& s : check_support(hw, net)) {
    if (s.verdict == Support::Verdict::kUnsupported) refused.push_back(s);
  }
  return refused;
}

/// Operations with the same fate together.
void print(const NetworkCheck& check) {
  std::map<std::pair<NodeCheck::Result, std::string>, std::map<std::string, int>> groups;
  for (const NodeCheck& n : check.nodes) {
    if (n.result != NodeCheck::Result::kRefused) ++groups[{n.result, n.detail}][n.operation];
  }
  for (const auto& [group, operations] : groups) {
    std::string list;
    for (const auto& [operation, count] : operations)
      list += fmt::format("{}{} {}", list.empty() ? "" : ", ", count, operation);
    fmt::print("{:<9}  {}{}{}\n", name_of(group.first), list, group.second.empty() ? "" : ": ",
               group.second);
  }
}

void run_check(const CheckOptions& options) {
  check_output(options.json);
  std::optional<isa::Hardware> hw;
  if (!options.hardware.empty()) hw = find_hardware(options.hardware);
  const ImportOptions how{parse_input_shape(options.input_shape)};
  const NetworkCheck check = check_network(options.model, how);
  const std::vector<Support> refused =
      hw && check.accepted() ? refused_by(*hw, options, how) : std::vector<Support>{};
  nlohmann::json result = to_json(check);
  result["accepted"] = check.accepted() && refused.empty();
  result["hardware"] = options.hardware;
  result["hardware_refusals"] = nlohmann::json::array();
  for (const Support& s : refused)
    result["hardware_refusals"].push_back({{"operation", s.op}, {"reason", s.reason}});
  write_json(options.json, result);
  if (options.json != "-") print(check);
  if (!check.accepted()) throw Error("{}: {}", options.model, check.message());
  if (!refused.empty()) {
    std::string list;
    for (const Support& s : refused) list += fmt::format("\n  {}: {}", s.op, s.reason);
    throw Error("{}: {} does not run:{}", options.model, options.hardware, list);
  }
  if (options.json != "-") {
    fmt::print("{}: everything is accepted{}\n", options.model,
               hw ? " and runs on " + options.hardware : "");
  }
}

}  // namespace

void add_check(CLI::App& app) {
  auto options = std::make_shared<CheckOptions>();
  CLI::App* command = app.add_subcommand(
      "check",
      "Say what becomes of every node of a network before anything long is done: accepted, "
      "rewritten, left to the host, or refused, with the reason and what to do; all at once");
  command->add_option("MODEL", options->model, "network, float or quantised already")->required();
  command->add_option("--hw", options->hardware, "configuration that must run it, too");
  command->add_option("--input-shape", options->input_shape,
                      "size of the input where the file leaves it open, as 1x3x320x320");
  command->add_option("--json", options->json,
                      "write the result as JSON, - for the standard output");
  command->footer("Example: reshift check detector.onnx --hw 16x16x8 --input-shape 1x3x320x320");
  command->callback([options] { run_check(*options); });
}

}  // namespace reshift
