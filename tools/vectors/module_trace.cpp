// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "vectors/module_trace.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/container.hpp"
#include "base/error.hpp"

namespace reshift {
namespace {

using Json = nlohmann::ordered_json;

int total_width(const std::vector<ModuleTrace::Port>& ports) {
  int width = 0;
  for (const auto& port : ports) width += port.width;
  return width;
}

/// Port, width and lowest bit in a line.
Json fields(const std::vector<ModuleTrace::Port>& ports) {
  Json list = Json::array();
  int low = 0;
  for (const auto& port : ports) {
    list.push_back({{"port", port.name}, {"low", low}, {"width", port.width}});
    low += port.width;
  }
  return list;
}

}  // namespace

ModuleTrace::ModuleTrace(std::string module, Parameters parameters, std::vector<Port> inputs,
                         std::vector<Port> outputs)
    : module_(std::move(module)),
      parameters_(std::move(parameters)),
      inputs_(std::move(inputs)),
      outputs_(std::move(outputs)),
      outputs_width_(total_width(outputs_)) {}

void ModuleTrace::cycle(const std::vector<Bits>& values) {
  if (values.size() != inputs_.size()) throw Error("{}: {} inputs", module_, values.size());
  Bits line;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i].width() != inputs_[i].width) {
      throw Error("{}: {} has {} bits", module_, inputs_[i].name, values[i].width());
    }
    line.push(values[i]);
  }
  inputs_lines_.push_back(std::move(line));
}

void ModuleTrace::expect(int when, const std::string& name, const Bits& value) {
  int low = 0;
  auto port = outputs_.begin();
  for (; port != outputs_.end() && port->name != name; ++port) low += port->width;
  if (port == outputs_.end() || port->width != value.width()) {
    throw Error("{}: no output {} of {} bits", module_, name, value.width());
  }
  const Bits nothing = Bits::filled(outputs_width_, false);
  while (static_cast<int>(outputs_lines_.size()) <= when) {
    outputs_lines_.emplace_back(nothing, nothing);
  }
  auto& [values, care] = outputs_lines_[static_cast<std::size_t>(when)];
  values.set(low, value);
  care.set(low, Bits::filled(value.width(), true));
}

void ModuleTrace::expect(int when, const std::string& name, std::int64_t value) {
  const auto port =
      std::find_if(outputs_.begin(), outputs_.end(), [&](const Port& p) { return p.name == name; });
  expect(when, name, Bits(port == outputs_.end() ? 0 : port->width, value));
}

std::string ModuleTrace::ports_header() const {
  std::string text = fmt::format(
      "// {}: included by vectors/module_replay_tb.v.\n"
      "localparam InW = {};\nlocalparam OutW = {};\nlocalparam Lines = {};\n"
      "reg  [InW-1:0]  in;\nwire [OutW-1:0] out;\n{} u_dut (\n  .clk_i(clk)",
      module_, total_width(inputs_), outputs_width_, inputs_lines_.size(), module_);
  for (const auto& [ports, vector] : {std::pair{&inputs_, "in"}, {&outputs_, "out"}}) {
    int low = 0;
    for (const Port& port : *ports) {
      text += fmt::format(",\n  .{}({}[{}:{}])", port.name, vector, low + port.width - 1, low);
      low += port.width;
    }
  }
  return text + "\n);\n";
}

Json ModuleTrace::write(const std::filesystem::path& folder) const {
  if (outputs_lines_.size() > inputs_lines_.size()) {
    throw Error("{}: outputs expected after the last cycle", module_);
  }
  auto lines = outputs_lines_;
  const Bits nothing = Bits::filled(outputs_width_, false);
  lines.resize(inputs_lines_.size(), {nothing, nothing});
  std::vector<Bits> expected, care;
  for (const auto& [value, cared] : lines) {
    expected.push_back(value);
    care.push_back(cared);
  }
  std::filesystem::create_directories(folder);
  write_file(folder / "input.hex", hex_lines(inputs_lines_));
  write_file(folder / "expected.hex", hex_lines(expected));
  write_file(folder / "care.hex", hex_lines(care));
  write_file(folder / "ports.vh", ports_header());

  Json parameters = Json::object();
  for (const auto& [name, value] : parameters_) parameters[name] = value;
  return {{"folder", folder.filename().string()},
          {"module", module_},
          {"parameters", parameters},
          {"lines", inputs_lines_.size()},
          {"inputs", fields(inputs_)},
          {"outputs", fields(outputs_)}};
}

}  // namespace reshift
