// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/tables.hpp"

#include <algorithm>

#include "base/integer.hpp"

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

TablePlaces::TablePlaces(int places, int tables) : places_(index(std::min(places, tables))) {}

std::optional<std::size_t> TablePlaces::use(std::size_t exec, int table) {
  const auto holds = [&](const Place& p) { return p.table == table; };
  if (const auto there = std::find_if(places_.begin(), places_.end(), holds);
      there != places_.end()) {
    there->end = exec + 1;
    return std::nullopt;
  }
  // A place that none has yet has an end of 0.
  const auto oldest = std::min_element(
      places_.begin(), places_.end(), [](const Place& a, const Place& b) { return a.end < b.end; });
  const std::size_t behind = oldest->end;
  *oldest = {table, exec + 1};
  return behind;
}

int TablePlaces::place_of(int table) const {
  const auto holds = [&](const Place& p) { return p.table == table; };
  return static_cast<int>(std::find_if(places_.begin(), places_.end(), holds) - places_.begin()) +
         1;
}

}  // namespace reshift
