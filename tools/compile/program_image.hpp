// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <variant>
#include <vector>

#include "compile/tokens.hpp"
#include "isa/descriptors.hpp"

namespace reshift {

using AnyDescriptor = std::variant<isa::Init, isa::LoadWeights, isa::LoadTable, isa::LoadFeatures,
                                   isa::ReloadFeatures, isa::Exec, isa::StoreFeatures, isa::End>;

/// The descriptors of a program as it grows, from `init` to `end`.
class ProgramImage {
 public:
  /// `name` says what the descriptor does, `access` what it reads and writes.
  void add(AnyDescriptor descriptor, std::string name, Access access = {});

  /// The program window: descriptors, with the tokens that they need and whose LOAD_WEIGHTS and
  /// LOAD_TABLE count from the first block, then the blocks. Throws Error naming the descriptor and
  /// its field when the core would refuse it. Once only.
  std::vector<std::uint8_t> assemble(const isa::Hardware& hw, std::span<const std::uint8_t> blocks);

  /// What each descriptor does.
  const std::vector<std::string>& names() const { return names_; }

 private:
  void set_tokens();

  std::vector<AnyDescriptor> descriptors_;
  std::vector<std::string> names_;
  std::vector<Access> accesses_;
};

}  // namespace reshift
