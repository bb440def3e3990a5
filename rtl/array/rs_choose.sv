// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// One of several words.
///
/// Throughput: a word per cycle.
/// Latency: none, combinational.
/// Handshake: none.
/// Assumes: the index is below `Count`.
module rs_choose #(
  /// Bits a word.
  parameter int unsigned Width = 28,
  /// Words.
  parameter int unsigned Count = 8,
  /// Derived.
  localparam int unsigned IndexW = rs_pkg::index_width(Count)
) (
  /// Which one.
  input  logic [IndexW-1:0] index_i,
  input  logic [ Width-1:0] word_i[Count],
  output logic [ Width-1:0] word_o
);

  `RS_PARAM_CHECK(Count, Count >= 1, "Count must be at least 1")

  assign word_o = word_i[index_i];

endmodule
