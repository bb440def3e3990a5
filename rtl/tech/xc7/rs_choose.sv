// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// rs_choose for Xilinx 7 series, in place of rtl/array/rs_choose.sv: the same ports and function. A choice
/// of five to eight takes two look-up tables and the multiplexer behind them (MUXF7), where synthesis
/// for the fewest levels takes a third table.
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

  if (Count > 4 && Count <= 8) begin : gen_two_tables
    logic [Width-1:0] low, high;
    assign low = word_i[{1'b0, index_i[1:0]}];
    always_comb begin
      high = '0;
      for (int unsigned w = 4; w < Count; w++) if (index_i[1:0] == 2'(w)) high = word_i[w];
    end
    for (genvar i = 0; i < Width; i++) begin : gen_bit
      MUXF7 u_choice (
        .I0(low[i]),
        .I1(high[i]),
        .S (index_i[2]),
        .O (word_o[i])
      );
    end
  end else begin : gen_tables
    assign word_o = word_i[index_i];
  end

endmodule
