// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "compile/tokens.hpp"
#include "spec/fields.hpp"

namespace reshift {

/// The descriptors of a program as it grows, from `init` to `end`.
class ProgramImage {
 public:
  /// `access.engine` is the engine whose descriptor it is; for `init` and `end` it does not matter.
  void add(const spec::Descriptor& descriptor, std::string name, Access access);

  /// The program window: descriptors, with the tokens that they need and whose LOAD_WEIGHTS count
  /// from the first block, then the blocks.
  std::vector<std::uint8_t> assemble(std::span<const std::uint8_t> blocks);

  /// What each descriptor does.
  const std::vector<std::string>& names() const { return names_; }

 private:
  void set_tokens();

  std::vector<spec::Descriptor> descriptors_;
  std::vector<std::string> names_;
  std::vector<Access> accesses_;
};

}  // namespace reshift
