// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "program/program.hpp"

namespace reshift {

struct CompileOptions {
  bool store_all =
      false;      ///< store every operation's output, in order, nothing overlapped with a store
  int batch = 1;  ///< images of a frame, at least 1
  /// A shorter search where tensors are spilled: for estimates of many configurations.
  bool quick = false;
};

/// Compiles a network for a configuration. Throws Error when an operation is unsupported or
/// something does not fit; the message names the operation and the numbers.
Program compile(const isa::Hardware& hw, const QNet& net, const CompileOptions& options);

}  // namespace reshift
