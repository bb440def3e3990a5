// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/tables.hpp"

#include <algorithm>

namespace reshift {

Tables tables_of(const QNet& net) {
  Tables tables;
  for (const QOp& op : net.ops) {
    int& number = tables.number_of.emplace_back(0);
    if (op.table.empty()) continue;
    const auto known = std::find(tables.codes.begin(), tables.codes.end(), op.table);
    number = static_cast<int>(known - tables.codes.begin()) + 1;
    if (known == tables.codes.end()) tables.codes.push_back(op.table);
  }
  return tables;
}

}  // namespace reshift
