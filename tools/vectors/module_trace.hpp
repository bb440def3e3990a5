// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "vectors/bits.hpp"

namespace reshift {

/// The inputs of a module cycle by cycle, and what the reference model says of its outputs. Line t:
/// the inputs in the cycle that ends with clock edge t, and the outputs just before that edge.
class ModuleTrace {
 public:
  struct Port {
    std::string name;
    int width;
  };
  using Parameters = std::vector<std::pair<std::string, int>>;

  /// `inputs` without the clock `clk_i`, which every module has.
  ModuleTrace(std::string module, Parameters parameters, std::vector<Port> inputs,
              std::vector<Port> outputs);

  const std::string& module() const { return module_; }
  /// Number of the cycle that the next call of `cycle` makes.
  int now() const { return static_cast<int>(inputs_lines_.size()); }
  /// Adds a cycle; one value for each input, in order.
  void cycle(const std::vector<Bits>& values);
  /// In cycle `when`, the output `name` must have this value. Outputs nobody expects are not
  /// compared.
  void expect(int when, const std::string& name, const Bits& value);
  void expect(int when, const std::string& name, std::int64_t value);

  /// Writes input.hex, expected.hex, care.hex and ports.vh; returns the entry of the manifest.
  /// Throws Error when something is expected after the last cycle.
  nlohmann::ordered_json write(const std::filesystem::path& folder) const;

 private:
  std::string ports_header() const;

  std::string module_;
  Parameters parameters_;
  std::vector<Port> inputs_, outputs_;
  std::vector<Bits> inputs_lines_;
  std::vector<std::pair<Bits, Bits>> outputs_lines_;  ///< values, care
  int outputs_width_ = 0;
};

}  // namespace reshift
