// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "device/layer_times.hpp"

#include <algorithm>
#include <numeric>
#include <string_view>

#include "base/error.hpp"

namespace reshift {
namespace {

double utilization(const LayerTime& layer, int lanes) {
  return layer.cycles() > 0 ? static_cast<double>(layer.macs) / (lanes * layer.cycles()) : 0;
}

/// The layer of each EXEC of a frame, by its name: EXECs of some layers take turns.
std::vector<std::size_t> layers_of_execs(const Program& program) {
  constexpr std::string_view kExec = "exec ";
  std::vector<std::size_t> layer_of;
  std::vector<int> left;
  for (const OpReport& op : program.ops) left.push_back(op.execs);
  for (const std::string& descriptor : program.descriptors) {
    if (!descriptor.starts_with(kExec)) continue;
    const std::string_view name = std::string_view(descriptor).substr(kExec.size());
    // A layer that takes all images of a frame has no image in its name.
    const std::string_view layer = name.substr(0, name.rfind(", image "));
    const auto named =
        std::find_if(program.ops.begin(), program.ops.end(), [&](const OpReport& op) {
          const auto number = static_cast<std::size_t>(&op - program.ops.data());
          return left[number] > 0 && (op.name == name || op.name == layer);
        });
    if (named == program.ops.end()) throw Error("the program has no layer of {}", descriptor);
    const auto number = static_cast<std::size_t>(named - program.ops.begin());
    layer_of.push_back(number);
    --left[number];
  }
  return layer_of;
}

}  // namespace

double LayerTime::cycles() const { return std::accumulate(causes.begin(), causes.end(), 0.0); }

std::size_t LayerTime::main_stall() const {
  const auto most = std::max_element(causes.begin(), causes.begin() + kBusy);
  return *most > 0 ? static_cast<std::size_t>(most - causes.begin()) : kBusy;
}

std::string LayerTime::main_stall_text() const {
  const std::size_t stall = main_stall();
  if (stall == kBusy) return "-";
  return fmt::format("{} ({:.1f} %)", cause_name(stall), 100 * causes[stall] / cycles());
}

double LayerTime::off_percent() const {
  return 100 * (cycles() / static_cast<double>(estimate) - 1);
}

std::vector<LayerTime> layer_estimates(const Program& program) {
  std::vector<LayerTime> layers;
  for (const OpReport& op : program.ops) {
    layers.push_back({op.name, op.macs, op.exec_cycles, op.memory_cycles, op.cycles, {}});
  }
  return layers;
}

std::vector<LayerTime> layer_times(const Program& program, const Timeline& timeline) {
  std::vector<LayerTime> layers = layer_estimates(program);
  const std::vector<std::size_t> layer_of = layers_of_execs(program);
  const std::size_t first_frame = timeline.frames > 1 ? 1 : 0;
  for (std::size_t i = 0; first_frame == 0 && i < layers.size(); ++i) {
    layers[i].estimate = program.ops[i].first_cycles;
  }
  const auto frames = static_cast<double>(timeline.frames - first_frame);
  std::size_t exec = 0;
  for (const TimeSpan& span : timeline.spans) {
    if (span.engine != Engine::kExec) continue;
    const std::size_t layer = layer_of.at(exec++ % layer_of.size());
    if (span.frame < first_frame) continue;
    for (std::size_t c = 0; c <= kBusy; ++c) {
      layers[layer].causes[c] += static_cast<double>(span.causes[c]) / frames;
    }
  }
  return layers;
}

nlohmann::json layers_json(const std::vector<LayerTime>& layers, int lanes) {
  nlohmann::json json = nlohmann::json::array();
  for (const LayerTime& layer : layers) {
    nlohmann::json stalls = nlohmann::json::object();
    for (std::size_t c = 0; c < kBusy; ++c) stalls[std::string(cause_name(c))] = layer.causes[c];
    json.push_back({{"name", layer.name},
                    {"macs", layer.macs},
                    {"compute_estimate", layer.compute},
                    {"memory_estimate", layer.memory},
                    {"estimate", layer.estimate},
                    {"cycles", layer.cycles()},
                    {"busy", layer.causes[kBusy]},
                    {"stalls", stalls},
                    {"mac_utilization", utilization(layer, lanes)}});
  }
  return json;
}

std::string layers_text(const std::vector<LayerTime>& layers, int lanes) {
  std::string text = fmt::format(
      "Cycles of a frame: to compute, to move data, estimated with both, and in RTL\n"
      "{:<28} {:>10} {:>10} {:>10} {:>10} {:>9} {:>7} {:>7}  {}\n",
      "Layer", "compute", "memory", "estimate", "RTL", "off by", "lanes", "busy",
      "waits mostly for");
  for (const LayerTime& layer : layers) {
    const double cycles = layer.cycles();
    text +=
        fmt::format("{:<28} {:>10} {:>10} {:>10} {:>10.0f} {:>+7.1f} % {:>5.1f} % {:>5.1f} %  {}\n",
                    layer.name, layer.compute, layer.memory, layer.estimate, cycles,
                    layer.off_percent(), 100 * utilization(layer, lanes),
                    100 * layer.causes[kBusy] / cycles, layer.main_stall_text());
  }
  return text;
}

}  // namespace reshift
