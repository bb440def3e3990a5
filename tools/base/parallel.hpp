// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tbb/parallel_for.h>

#include <cstddef>

namespace reshift {

/// Calls body(i) for i in 0..count-1 on all processors, in any order; an exception of any call is
/// rethrown here. The result must not depend on the order.
template <typename Body>
void parallel_for(std::size_t count, const Body& body) {
  tbb::parallel_for(std::size_t{0}, count, body);
}

}  // namespace reshift
