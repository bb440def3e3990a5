// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "isa/isa.hpp"
#include "net/qnet.hpp"
#include "program/input_table.hpp"
#include "program/layout.hpp"
#include "program/op_report.hpp"

namespace reshift {

/// A tensor that a program stores to an image's output window.
struct StoredTensor {
  std::string name;
  int op = -1;              ///< operation of the network that completes it, -1: a copy
  int tensor = -1;          ///< tensor of the network whose codes it has
  std::int64_t offset = 0;  ///< bytes from the start of the output window
  Layout layout;
  /// Where the tensor's channels are among those of the layout, which has gaps then; empty: the
  /// same.
  std::vector<int> channels = {};
};

/// A piece of the feature buffer in the time of some operations.
struct BufferUse {
  std::string name;         ///< tensor, several that lie over one another, or strips of one
  int first = 0, last = 0;  ///< operations, inclusive
  int base = 0, words = 0;  ///< of a bank
};

/// A compiled network: what the accelerator reads, and what the host must know to use it.
struct Program {
  isa::Hardware hw;
  int batch = 1;                         ///< images of a frame
  QNet net;                              ///< the network as it was compiled from
  std::vector<std::uint8_t> image;       ///< descriptors, then weight blocks: the program window
  std::vector<std::string> descriptors;  ///< what each descriptor does, for messages
  InputTable table;
  QTensor input;  ///< the arranged image
  Layout input_layout;
  std::int64_t in_stride = 0, out_stride = 0;  ///< bytes of an image's input and output window
  std::vector<StoredTensor> stored;            ///< in the order of the network's operations
  std::vector<OpReport> ops;
  std::vector<Support> support;
  std::vector<BufferUse> buffer;
  int buffer_words = 0, naive_words = 0;
  /// Expected: from frame to frame, and of the first one, of which nothing is loaded ahead.
  std::int64_t cycles = 0, first_cycles = 0;

  /// Bytes of a frame's windows, in which those of its images lie one after the other.
  std::int64_t frame_in_stride() const { return batch * in_stride; }
  std::int64_t frame_out_stride() const { return batch * out_stride; }
  /// Cycles without progress after which a run has failed: those expected of a first frame, and a
  /// million at most. A run that stands still so takes little longer than its own time.
  std::uint32_t watchdog() const;
  /// Useful multiplications of a frame over convolutions and fully connected layers, real sizes, a
  /// term each.
  std::int64_t macs() const;
  /// Where an output of the network is in the output window; the first has the scores of a
  /// classifier.
  const StoredTensor& output(std::size_t number = 0) const;
  /// Bytes of an image's input window from the codes [channel][y][x] of the image.
  std::vector<std::uint8_t> input_window(std::span<const std::int32_t> codes) const;
  /// Codes [channel][y][x] of a tensor stored in an image's output window.
  std::vector<std::int32_t> stored_codes(const StoredTensor& tensor,
                                         std::span<const std::uint8_t> output_window) const;

  /// Throws Error when parts do not fit each other.
  void validate() const;
  void save(const std::string& path) const;
  /// Throws Error on a damaged or foreign file, or one for an unknown configuration.
  static Program load(const std::string& path);
};

}  // namespace reshift
