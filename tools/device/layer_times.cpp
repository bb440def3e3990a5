// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "device/layer_times.hpp"

#include <algorithm>
#include <numeric>

#include "base/error.hpp"

namespace reshift {
namespace {

double utilization(const LayerTime& layer, int lanes) {
  return layer.cycles() > 0 ? static_cast<double>(layer.macs) / (lanes * layer.cycles()) : 0;
}

}  // namespace

double LayerTime::cycles() const { return std::accumulate(causes.begin(), causes.end(), 0.0); }

std::size_t LayerTime::main_stall() const {
  return static_cast<std::size_t>(std::max_element(causes.begin(), causes.begin() + kBusy) -
                                  causes.begin());
}

std::vector<LayerTime> layer_times(const Program& program, const Timeline& timeline) {
  std::vector<LayerTime> layers;
  std::vector<std::size_t>
      layer_of;  // of the EXECs of a frame, which are in the order of the layers
  for (const OpReport& op : program.ops) {
    layer_of.insert(layer_of.end(), static_cast<std::size_t>(op.execs), layers.size());
    layers.push_back({op.name, op.macs, std::max(op.exec_cycles, op.memory_cycles), {}});
  }
  const std::size_t first_frame = timeline.frames > 1 ? 1 : 0;
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
                    {"estimate", layer.estimate},
                    {"cycles", layer.cycles()},
                    {"busy", layer.causes[kBusy]},
                    {"stalls", stalls},
                    {"mac_utilization", utilization(layer, lanes)}});
  }
  return json;
}

std::string layers_text(const std::vector<LayerTime>& layers, int lanes) {
  std::string text = fmt::format("{:<28} {:>10} {:>10} {:>8} {:>7} {:>7}  {}\n", "Layer",
                                 "estimate", "RTL", "off by", "lanes", "busy", "waits mostly for");
  for (const LayerTime& layer : layers) {
    const double cycles = layer.cycles(), estimate = static_cast<double>(layer.estimate);
    const std::size_t stall = layer.main_stall();
    text += fmt::format(
        "{:<28} {:>10} {:>10.0f} {:>+6.1f} % {:>5.1f} % {:>5.1f} %  {} ({:.1f} %)\n", layer.name,
        layer.estimate, cycles, 100 * (cycles / estimate - 1), 100 * utilization(layer, lanes),
        100 * layer.causes[kBusy] / cycles, cause_name(stall), 100 * layer.causes[stall] / cycles);
  }
  return text;
}

}  // namespace reshift
