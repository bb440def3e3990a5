// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

namespace reshift {

/// What stopped a simulation: a failed RTL assertion, `$fatal`, `$stop`, or an error of the model.
struct SimFailure {
  std::string file;  ///< SystemVerilog source file
  int line = 0;
  std::string message;
};

using SimFailureHandler = std::function<void(const SimFailure&)>;

/// Installs the function called at each failure, inside the evaluation of the model (it must not
/// throw), and returns the one before. Without one the failure goes to stderr. In either case the
/// simulation counts as finished, and the bench throws when the evaluation is over.
SimFailureHandler set_sim_failure_handler(SimFailureHandler handler);

/// The last failure of this process, for messages.
const SimFailure& last_sim_failure();

}  // namespace reshift
