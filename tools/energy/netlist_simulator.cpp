// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "energy/netlist_simulator.hpp"

#include <fmt/format.h>

#include <string_view>
#include <tuple>

#include "base/container.hpp"
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

}  // namespace

NetlistSimulator::NetlistSimulator(const nlohmann::json& netlist, const std::string& top)
    : top_(top), value_{0, 1}, driven_{1, 1} {
  if (!netlist.at("modules").contains(top)) throw Error("the netlist has no module {}", top);
  const nlohmann::json& module = netlist.at("modules").at(top);
  for (const auto& [name, port] : module.at("ports").items()) {
    for (const auto& bit : port.at("bits")) {
      const int n = net(bit);
      ports_[name].push_back(n);
      if (port.at("direction") == "input") driven_[static_cast<std::size_t>(n)] = 1;
    }
  }
  for (const auto& [name, cell] : module.at("cells").items()) add_cell(name, cell);
  connect();
}

int NetlistSimulator::net(const nlohmann::json& bit) {
  if (bit.is_string()) return bit.get<std::string>() == "1";
  const auto [at, added] = index_.try_emplace(bit.get<std::int64_t>(), value_.size());
  if (added) {
    value_.push_back(0);
    driven_.push_back(0);
  }
  return at->second;
}

void NetlistSimulator::add_cell(const std::string& name, const nlohmann::json& cell) {
  // Input and output pins in the order of `evaluate`; those that are vectors with all their bits.
  using Pins = std::vector<const char*>;
  static const std::map<std::string_view, std::tuple<Kind, Pins, Pins>> kTypes = {
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
  auto type = cell.at("type").get<std::string>();
  // With other widths it has a number.
  if (type.starts_with("rs_mult_lane")) type = "rs_mult_lane";
  const auto found = kTypes.find(type);
  if (found == kTypes.end()) throw Error("cell {} is a {}, which is not simulated", name, type);
  const auto& [kind, in_pins, out_pins] = found->second;
  for (const auto& [key, value] : cell.at("parameters").items()) {
    if (key.ends_with("_INVERTED") && parameter(cell, key.c_str()) != 0) {
      throw Error("cell {}: {} is not simulated", name, key);
    }
  }
  Cell made{kind,
            type == "FDSE",
            0,
            0,
            static_cast<std::uint32_t>(pins_.size()),
            type == "INV" ? 1 : parameter(cell, "INIT")};
  for (const char* pin : in_pins) {
    for (const auto& bit : cell.at("connections").at(pin)) pins_.push_back(net(bit));
  }
  made.inputs = static_cast<std::uint8_t>(pins_.size() - made.first);
  if (kind == Kind::kMultiplier) {
    made.act_w = static_cast<std::uint8_t>(cell.at("connections").at("act_i").size());
    made.weight_w = static_cast<std::uint8_t>(cell.at("connections").at("weight_i").size());
  }
  for (const char* pin : out_pins) {
    // A whole output that nothing reads is not in the netlist: nets of its own.
    if (!cell.at("connections").contains(pin)) {
      for (int i = 0; i < (kind == Kind::kCarry ? 4 : 1); ++i) {
        pins_.push_back(static_cast<int>(value_.size()));
        value_.push_back(0);
        driven_.push_back(1);
      }
      continue;
    }
    for (const auto& bit : cell.at("connections").at(pin)) {
      pins_.push_back(net(bit));
      std::uint8_t& driven = driven_[static_cast<std::size_t>(pins_.back())];
      if (driven) throw Error("cell {} drives net {}, which has a driver", name, bit.dump());
      driven = 1;
    }
  }
  made.outputs = static_cast<std::uint8_t>(pins_.size() - made.first - made.inputs);
  if (kind == Kind::kFlipFlop || kind == Kind::kShift || kind == Kind::kMultiplier) {
    registers_.push_back(static_cast<int>(cells_.size()));
  }
  cells_.push_back(made);
}

void NetlistSimulator::connect() {
  const std::size_t nets = value_.size();
  readers_.resize(nets);
  changes_.assign(nets, 0);
  is_active_.assign(cells_.size(), 0);
  activity_.assign(nets, {});
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    const Cell& cell = cells_[i];
    if (cell.kind == Kind::kFlipFlop) value_[static_cast<std::size_t>(*out(cell))] = cell.init & 1;
    if (cell.kind == Kind::kFlipFlop || cell.kind == Kind::kMultiplier) continue;
    for (int k = 0; k < cell.inputs; ++k) {
      readers_[static_cast<std::size_t>(in(cell)[k])].push_back(static_cast<int>(i));
    }
    active_.push_back(static_cast<int>(i));
    is_active_[i] = 1;
  }
  settled_ = value_;
  settle();
}

std::uint64_t NetlistSimulator::evaluate(const Cell& cell) const {
  const int* nets = in(cell);
  const auto pin = [&](int i) -> std::uint64_t {
    return value_[static_cast<std::size_t>(nets[i])];
  };
  const auto number = [&](int first) {
    std::uint64_t value = 0;
    for (int i = cell.inputs; i-- > first;) value = value << 1 | pin(i);
    return value;
  };
  switch (cell.kind) {
    case Kind::kLut:
      return cell.init >> number(0) & 1;
    case Kind::kMux:
      return pin(2) ? pin(1) : pin(0);
    case Kind::kShift:
      return cell.init >> number(2) & 1;
    case Kind::kCarry: {
      std::uint64_t carry = pin(0) | pin(1), result = 0;
      for (int i = 0; i < 4; ++i) {
        const std::uint64_t data = pin(2 + i), select = pin(6 + i);
        result |= (select ^ carry) << i;
        carry = select ? carry : data;
        result |= carry << (4 + i);
      }
      return result;
    }
    case Kind::kFlipFlop:
    case Kind::kMultiplier:
      break;
  }
  return 0;
}

std::uint64_t NetlistSimulator::multiply(Cell& cell) const {
  const auto number = [&](int first, int width) {
    std::uint64_t value = 0;
    for (int i = width; i-- > 0;) {
      value = value << 1 | value_[static_cast<std::size_t>(in(cell)[first + i])];
    }
    const std::uint64_t sign = std::uint64_t{1} << (width - 1);
    return static_cast<std::int64_t>((value ^ sign) - sign);
  };
  // The state: product, weight and activation of the pipeline, from the top 32, 16 and 16 bits.
  const auto product = static_cast<std::int32_t>(cell.init >> 32);
  const auto next = std::int32_t{static_cast<std::int16_t>(cell.init >> 16)} *
                    std::int32_t{static_cast<std::int16_t>(cell.init)};
  const int sum = cell.act_w + cell.weight_w;
  const std::int64_t result = number(sum, cell.inputs - sum) + product;
  cell.init = std::uint64_t{static_cast<std::uint32_t>(next)} << 32 |
              std::uint64_t{static_cast<std::uint16_t>(number(cell.act_w, cell.weight_w))} << 16 |
              static_cast<std::uint16_t>(number(0, cell.act_w));
  return static_cast<std::uint64_t>(result);
}

void NetlistSimulator::change(int n, bool value) {
  const auto at = static_cast<std::size_t>(n);
  if (value_[at] == static_cast<std::uint8_t>(value)) return;
  value_[at] = value;
  if (changes_[at]++ == 0) touched_.push_back(n);
  for (const int reader : readers_[at]) {
    if (is_active_[static_cast<std::size_t>(reader)]) continue;
    is_active_[static_cast<std::size_t>(reader)] = 1;
    active_.push_back(reader);
  }
}

void NetlistSimulator::settle() {
  std::vector<int> now;
  std::vector<std::uint64_t> results;
  for (std::size_t step = 0; !active_.empty(); ++step) {
    if (step > cells_.size()) throw Error("the netlist does not settle: a combinational loop");
    now.swap(active_);
    active_.clear();
    results.clear();
    // All cells see the values of the step before.
    for (const int i : now) results.push_back(evaluate(cells_[static_cast<std::size_t>(i)]));
    for (const int i : now) is_active_[static_cast<std::size_t>(i)] = 0;
    for (std::size_t k = 0; k < now.size(); ++k) {
      const Cell& cell = cells_[static_cast<std::size_t>(now[k])];
      for (int i = 0; i < cell.outputs; ++i) change(out(cell)[i], results[k] >> i & 1);
    }
  }
  for (const int n : touched_) {
    const auto at = static_cast<std::size_t>(n);
    Activity& a = activity_[at];
    const bool toggled = value_[at] != settled_[at];
    if (toggled) {
      if (settled_[at]) a.high += cycle_ - a.since;
      a.since = cycle_;
    }
    a.toggles += toggled;
    a.glitches += changes_[at] - toggled;
    settled_[at] = value_[at];
    changes_[at] = 0;
  }
  touched_.clear();
}

void NetlistSimulator::clock() {
  ++cycle_;
  std::vector<std::pair<int, bool>> news;
  for (const int i : registers_) {
    Cell& cell = cells_[static_cast<std::size_t>(i)];
    const auto pin = [&](int k) { return value_[static_cast<std::size_t>(in(cell)[k])]; };
    if (cell.kind == Kind::kMultiplier) {
      const std::uint64_t sum = multiply(cell);
      for (int k = 0; k < cell.outputs; ++k) news.emplace_back(out(cell)[k], sum >> k & 1);
    } else if (cell.kind == Kind::kShift) {
      if (!pin(1)) continue;
      cell.init = cell.init << 1 | pin(0);
      if (!is_active_[static_cast<std::size_t>(i)]) active_.push_back(i);
      is_active_[static_cast<std::size_t>(i)] = 1;
    } else if (pin(2)) {
      news.emplace_back(*out(cell), cell.set);
    } else if (pin(1)) {
      news.emplace_back(*out(cell), pin(0) != 0);
    }
  }
  for (const auto& [n, value] : news) change(n, value);
  for (const auto& [n, value] : inputs_) change(n, value);
  inputs_.clear();
  settle();
}

const std::vector<int>& NetlistSimulator::port(const std::string& name) const {
  const auto found = ports_.find(name);
  if (found == ports_.end()) throw Error("{} has no port {}", top_, name);
  return found->second;
}

void NetlistSimulator::set(const std::string& name, int low, int width, std::uint64_t value) {
  const std::vector<int>& nets = port(name);
  for (int i = 0; i < width; ++i) {
    inputs_.emplace_back(nets.at(static_cast<std::size_t>(low + i)), value >> i & 1);
  }
}

std::uint64_t NetlistSimulator::get(const std::string& name, int low, int width) const {
  const std::vector<int>& nets = port(name);
  std::uint64_t value = 0;
  for (int i = width; i-- > 0;) {
    value =
        value << 1 | value_[static_cast<std::size_t>(nets.at(static_cast<std::size_t>(low + i)))];
  }
  return value;
}

void NetlistSimulator::record() {
  activity_.assign(activity_.size(), {});
  cycle_ = 0;
}

void NetlistSimulator::write_saif(const std::string& path) const {
  std::string text = fmt::format(
      "(SAIFILE\n(SAIFVERSION \"2.0\")\n(DIRECTION \"backward\")\n(DESIGN \"{}\")\n(DIVIDER /)\n"
      "(TIMESCALE 1 ns)\n(DURATION {})\n(INSTANCE {}\n(NET\n",
      top_, cycle_, top_);
  for (const auto& [number, n] : index_) {
    const auto at = static_cast<std::size_t>(n);
    const Activity& a = activity_[at];
    const std::uint64_t high = a.high + (settled_[at] ? cycle_ - a.since : 0);
    text += fmt::format("(n{} (T0 {}) (T1 {}) (TX 0) (TC {}) (TG {}) (IG 0))\n", number,
                        cycle_ - high, high, a.toggles, a.glitches);
  }
  write_file(path, text + ")))\n");
}

}  // namespace reshift
