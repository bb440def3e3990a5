// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>

#include "device/timeline.hpp"

namespace reshift {

/// Writes a timeline in the JSON form of Chrome's trace viewer, which Perfetto opens, too; a cycle
/// is a microsecond of the viewer. Tracks: LOAD, EXEC, STORE, and for what EXEC stood still.
void write_trace(const Program& program, const Timeline& timeline, std::ostream& out);

}  // namespace reshift
