// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

namespace reshift {

/// The commit that the tool was built from, as 0be63a8 or 0be63a8-dirty, or "unknown".
extern const char* const kCommit;

}  // namespace reshift
