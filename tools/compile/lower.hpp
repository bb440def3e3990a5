// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "compile/channel_map.hpp"
#include "isa/isa.hpp"
#include "net/qnet.hpp"
#include "program/input_table.hpp"
#include "program/op_report.hpp"

namespace reshift {

/// Whether each operation of `net` can run on `hw`: strides, reach of the taps, and the proof that
/// the accumulator and the biased sum never overflow with the operation's real weights.
std::vector<Support> check_support(const isa::Hardware& hw, const QNet& net);

/// An operation of the original that is not there, and why.
struct LeftOut {
  std::size_t op;
  std::string why;
};

/// A network that needs nothing but what the machine does, equal to the original in every code.
/// Tensors have gaps between their channels where slices of them begin at whole words; tensor 0 is
/// the arranged image.
struct Lowered {
  QNet net;
  InputTable table;
  std::vector<int> source_op;        ///< operation of the original, -1: a copy
  std::vector<int> source_tensor;    ///< tensor of the original with the same codes, -1: none
  std::vector<ChannelMap> channels;  ///< by tensor: where those of the original are
  std::vector<LeftOut> left_out;     ///< operations of the original that are not needed
  std::vector<std::string> notes;    ///< per operation: what was rewritten, empty when nothing
  /// Of the operation that reads a packed image: to compute it, or to load the image if that is
  /// more.
  std::int64_t input_cycles = 0;
};

/// Every way to arrange the image, the fastest first (cycles, then bytes). A tensor with consumers
/// of both stride 1 and 2 gets a copy: one cheap identity operation keeps layouts and lists the
/// same for every kind of consumer.
std::vector<Lowered> lower(const isa::Hardware& hw, const QNet& net);

}  // namespace reshift
