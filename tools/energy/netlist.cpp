// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "energy/netlist.hpp"

#include <string_view>

#include "base/error.hpp"

namespace reshift {
namespace {

/// A parameter, a binary number as text; x is 0. Absent: 0.
std::uint64_t parameter(const nlohmann::json& cell, const char* name) {
  std::uint64_t value = 0;
  if (!cell.at("parameters").contains(name)) return value;
  for (const char digit : cell.at("parameters").at(name).get<std::string>()) {
    value = value << 1 | (digit == '1');
  }
  return value;
}

/// Input and output pins in the order of NetlistSimulator::evaluate.
struct CellType {
  Netlist::Kind kind;
  std::vector<const char*> inputs, outputs;
};

const CellType& type_of(const std::string& cell, std::string_view type) {
  using Kind = Netlist::Kind;
  static const std::map<std::string_view, CellType> kTypes = {
      {"INV", {Kind::kLut, {"I"}, {"O"}}},
      {"LUT1", {Kind::kLut, {"I0"}, {"O"}}},
      {"LUT2", {Kind::kLut, {"I0", "I1"}, {"O"}}},
      {"LUT3", {Kind::kLut, {"I0", "I1", "I2"}, {"O"}}},
      {"LUT4", {Kind::kLut, {"I0", "I1", "I2", "I3"}, {"O"}}},
      {"LUT5", {Kind::kLut, {"I0", "I1", "I2", "I3", "I4"}, {"O"}}},
      {"LUT6", {Kind::kLut, {"I0", "I1", "I2", "I3", "I4", "I5"}, {"O"}}},
      {"MUXF7", {Kind::kMux, {"I0", "I1", "S"}, {"O"}}},
      {"MUXF8", {Kind::kMux, {"I0", "I1", "S"}, {"O"}}},
      {"CARRY4", {Kind::kCarry, {"CI", "CYINIT", "DI", "S"}, {"O", "CO"}}},
      {"FDRE", {Kind::kFlipFlop, {"D", "CE", "R"}, {"Q"}}},
      {"FDSE", {Kind::kFlipFlop, {"D", "CE", "S"}, {"Q"}}},
      {"SRL16E", {Kind::kShift, {"D", "CE", "A0", "A1", "A2", "A3"}, {"Q"}}},
      {"SRLC32E", {Kind::kShift, {"D", "CE", "A"}, {"Q"}}},
      {"rs_mult_lane", {Kind::kMultiplier, {"act_i", "weight_i", "sum_i"}, {"sum_o"}}}};
  const auto found = kTypes.find(type);
  if (found == kTypes.end()) throw Error("cell {} is a {}, which is not simulated", cell, type);
  return found->second;
}

}  // namespace

Netlist::Netlist(const nlohmann::json& json, const std::string& top_module)
    : top(top_module), driven_{1, 1} {
  if (!json.at("modules").contains(top)) throw Error("the netlist has no module {}", top);
  const nlohmann::json& module = json.at("modules").at(top);
  for (const auto& [name, port] : module.at("ports").items()) {
    for (const auto& bit : port.at("bits")) {
      const int n = net(bit);
      ports_[name].push_back(n);
      if (port.at("direction") == "input") driven_[static_cast<std::size_t>(n)] = 1;
    }
  }
  for (const auto& [name, cell] : module.at("cells").items()) add_cell(name, cell);
}

const std::vector<int>& Netlist::port(const std::string& name) const {
  const auto found = ports_.find(name);
  if (found == ports_.end()) throw Error("{} has no port {}", top, name);
  return found->second;
}

int Netlist::add_net(bool driven) {
  driven_.push_back(driven);
  return static_cast<int>(driven_.size()) - 1;
}

int Netlist::net(const nlohmann::json& bit) {
  if (bit.is_string()) return bit.get<std::string>() == "1";
  const auto [at, added] = index.try_emplace(bit.get<std::int64_t>(), 0);
  if (added) at->second = add_net(false);
  return at->second;
}

void Netlist::add_cell(const std::string& name, const nlohmann::json& json) {
  auto type = json.at("type").get<std::string>();
  // With other widths it has a number.
  if (type.starts_with("rs_mult_lane")) type = "rs_mult_lane";
  const auto& [kind, in_pins, out_pins] = type_of(name, type);
  for (const auto& [key, value] : json.at("parameters").items()) {
    if (key.ends_with("_INVERTED") && parameter(json, key.c_str()) != 0) {
      throw Error("cell {}: {} is not simulated", name, key);
    }
  }
  const nlohmann::json& connections = json.at("connections");
  Cell cell{kind,
            type == "FDSE",
            0,
            0,
            static_cast<std::uint32_t>(pins_.size()),
            type == "INV" ? 1 : parameter(json, "INIT")};
  for (const char* pin : in_pins) {
    for (const auto& bit : connections.at(pin)) pins_.push_back(net(bit));
  }
  cell.inputs = static_cast<std::uint8_t>(pins_.size() - cell.first);
  if (kind == Kind::kMultiplier) {
    cell.act_w = static_cast<std::uint8_t>(connections.at("act_i").size());
    cell.weight_w = static_cast<std::uint8_t>(connections.at("weight_i").size());
  }
  for (const char* pin : out_pins) add_output(name, connections, pin, kind);
  cell.outputs = static_cast<std::uint8_t>(pins_.size() - cell.first - cell.inputs);
  cells.push_back(cell);
}

void Netlist::add_output(const std::string& name, const nlohmann::json& connections,
                         const char* pin, Kind kind) {
  // A whole output that nothing reads is not in the netlist: nets of its own.
  if (!connections.contains(pin)) {
    for (int i = 0; i < (kind == Kind::kCarry ? 4 : 1); ++i) pins_.push_back(add_net(true));
    return;
  }
  for (const auto& bit : connections.at(pin)) {
    pins_.push_back(net(bit));
    std::uint8_t& driven = driven_[static_cast<std::size_t>(pins_.back())];
    if (driven) throw Error("cell {} drives net {}, which has a driver", name, bit.dump());
    driven = 1;
  }
}

}  // namespace reshift
