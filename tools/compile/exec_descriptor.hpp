// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compile/plan.hpp"
#include "compile/tokens.hpp"
#include "isa/descriptors.hpp"

namespace reshift {

/// The descriptor of an EXEC, without tokens. `keep_list`: the next one has the same list;
/// `table`: place of its table, 0: none. Throws Error naming the operation when its residual has
/// too large a scale.
isa::Exec exec_descriptor(const isa::Hardware& hw, const QNet& net, const ExecPlan& exec,
                          bool keep_list, int table);

/// What it reads and writes.
Access exec_access(const isa::Hardware& hw, const QNet& net, const ExecPlan& exec);

}  // namespace reshift
