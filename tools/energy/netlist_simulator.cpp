// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "energy/netlist_simulator.hpp"

#include <fmt/format.h>

#include "base/container.hpp"
#include "base/error.hpp"

namespace reshift {
namespace {

using Kind = Netlist::Kind;

bool is_register(const Netlist::Cell& cell) {
  return cell.kind == Kind::kFlipFlop || cell.kind == Kind::kShift ||
         cell.kind == Kind::kMultiplier;
}

}  // namespace

NetlistSimulator::NetlistSimulator(const nlohmann::json& netlist, const std::string& top)
    : netlist_(netlist, top),
      readers_(netlist_.nets()),
      value_(netlist_.nets(), 0),
      is_active_(netlist_.cells.size(), 0),
      changes_(netlist_.nets(), 0),
      activity_(netlist_.nets()) {
  value_[1] = 1;
  for (std::size_t i = 0; i < netlist_.cells.size(); ++i) {
    const Cell& cell = netlist_.cells[i];
    const int number = static_cast<int>(i);
    if (is_register(cell)) registers_.push_back(number);
    if (cell.kind == Kind::kFlipFlop) {
      value_[static_cast<std::size_t>(*netlist_.out(cell))] = cell.init & 1;
    }
    if (cell.kind == Kind::kFlipFlop || cell.kind == Kind::kMultiplier) continue;
    for (int k = 0; k < cell.inputs; ++k) {
      readers_[static_cast<std::size_t>(netlist_.in(cell)[k])].push_back(number);
    }
    active_.push_back(number);
    is_active_[i] = 1;
  }
  settled_ = value_;
  settle();
}

std::uint64_t NetlistSimulator::evaluate(const Cell& cell) const {
  const int* nets = netlist_.in(cell);
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
      value = value << 1 | value_[static_cast<std::size_t>(netlist_.in(cell)[first + i])];
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
    if (step > netlist_.cells.size())
      throw Error("the netlist does not settle: a combinational loop");
    now.swap(active_);
    active_.clear();
    results.clear();
    // All cells see the values of the step before.
    for (const int i : now)
      results.push_back(evaluate(netlist_.cells[static_cast<std::size_t>(i)]));
    for (const int i : now) is_active_[static_cast<std::size_t>(i)] = 0;
    for (std::size_t k = 0; k < now.size(); ++k) {
      const Cell& cell = netlist_.cells[static_cast<std::size_t>(now[k])];
      for (int i = 0; i < cell.outputs; ++i) change(netlist_.out(cell)[i], results[k] >> i & 1);
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
    Cell& cell = netlist_.cells[static_cast<std::size_t>(i)];
    const auto pin = [&](int k) { return value_[static_cast<std::size_t>(netlist_.in(cell)[k])]; };
    if (cell.kind == Kind::kMultiplier) {
      const std::uint64_t sum = multiply(cell);
      for (int k = 0; k < cell.outputs; ++k) news.emplace_back(netlist_.out(cell)[k], sum >> k & 1);
    } else if (cell.kind == Kind::kShift) {
      if (!pin(1)) continue;
      cell.init = cell.init << 1 | pin(0);
      if (!is_active_[static_cast<std::size_t>(i)]) active_.push_back(i);
      is_active_[static_cast<std::size_t>(i)] = 1;
    } else if (pin(2)) {
      news.emplace_back(*netlist_.out(cell), cell.set);
    } else if (pin(1)) {
      news.emplace_back(*netlist_.out(cell), pin(0) != 0);
    }
  }
  for (const auto& [n, value] : news) change(n, value);
  for (const auto& [n, value] : inputs_) change(n, value);
  inputs_.clear();
  settle();
}

void NetlistSimulator::set(const std::string& name, int low, int width, std::uint64_t value) {
  const std::vector<int>& nets = netlist_.port(name);
  for (int i = 0; i < width; ++i) {
    inputs_.emplace_back(nets.at(static_cast<std::size_t>(low + i)), value >> i & 1);
  }
}

std::uint64_t NetlistSimulator::get(const std::string& name, int low, int width) const {
  const std::vector<int>& nets = netlist_.port(name);
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
      netlist_.top, cycle_, netlist_.top);
  for (const auto& [number, n] : netlist_.index) {
    const auto at = static_cast<std::size_t>(n);
    const Activity& a = activity_[at];
    const std::uint64_t high = a.high + (settled_[at] ? cycle_ - a.since : 0);
    text += fmt::format("(n{} (T0 {}) (T1 {}) (TX 0) (TC {}) (TG {}) (IG 0))\n", number,
                        cycle_ - high, high, a.toggles, a.glitches);
  }
  write_file(path, text + ")))\n");
}

}  // namespace reshift
