// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

namespace reshift {

/// A line of a label file: the name of an image, which may be missing, its class (0 to 999,999),
/// and where it stands as FILE:LINE.
struct LabelLine {
  std::string name;
  int label = -1;
  std::string where;
};

/// Calls `visit` for each line `name class` or `class` of a text file, plain or compressed. Between
/// the two are blanks, tabs or a comma; empty lines, a byte-order mark and line ends of any system
/// are allowed. Throws Error that names the line when it is another one.
void for_each_label(const std::string& path, const std::function<void(const LabelLine&)>& visit);

}  // namespace reshift
