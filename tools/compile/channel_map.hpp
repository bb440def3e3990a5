// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "net/qnet.hpp"

namespace reshift {

/// Where the channels of a tensor are stored: channel c is channel `at[c]` of `stored` ones. The
/// others are gaps, of which nobody knows the codes.
struct ChannelMap {
  std::vector<int> at;
  int stored = 0;

  static ChannelMap of(int channels);
  /// Whether every channel is stored where it was, and nothing beside them.
  bool same() const;
  /// `count` channels from `first` on; `stored` stays.
  ChannelMap part(int first, int count) const;
  bool operator==(const ChannelMap&) const = default;
};

/// The convolution of single channels that an average, or a maximum of one pixel, is.
QOp as_convolution(const QNet& net, const QOp& op);

/// Maps of what an operation reads and writes; `shortcut` is empty without one.
struct OperationMaps {
  ChannelMap in, shortcut, out;
};

/// A convolution of a network, for other places of its channels: weights and parameters of gaps are
/// zero. `groups`: 1, its own where neither `in` nor `out` has gaps, or, of single channels, the
/// stored channels where both are the same.
QOp spread_convolution(const QNet& net, const QOp& op, const OperationMaps& maps, int groups);

}  // namespace reshift
