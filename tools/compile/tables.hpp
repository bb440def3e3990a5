// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "net/qnet.hpp"

namespace reshift {

/// The tables of a network, each once.
struct Tables {
  std::vector<int> number_of;  ///< by operation, from 1 on; 0: none
  std::vector<std::vector<std::int16_t>> codes;
};

Tables tables_of(const QNet& net);

/// Which tables the core holds while a frame is computed. A frame may need more of them than the
/// core has places: each place then holds one after the other.
class TablePlaces {
 public:
  /// `places`: of the core; `tables`: of the network, from number 1 on.
  TablePlaces(int places, int tables);

  /// EXEC number `exec` goes through `table`; EXECs come in order. Nothing when the table is there.
  /// Else it takes a place that none has yet, or the one that has not been used for the longest
  /// time, and has to be loaded behind as many EXECs of the program as the result says.
  std::optional<std::size_t> use(std::size_t exec, int table);

  /// Place of a table that was used last, from 1 on.
  int place_of(int table) const;
  /// Places that a program uses.
  int size() const { return static_cast<int>(places_.size()); }

 private:
  struct Place {
    int table = 0;        ///< 0: none yet
    std::size_t end = 0;  ///< one more than the last EXEC that used it
  };
  std::vector<Place> places_;
};

}  // namespace reshift
