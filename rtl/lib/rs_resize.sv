// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// Changes the word width of a stream by a power of two, little endian: the first narrow word is the
// low end of the wide one. Full throughput on the wider side's account (a narrow word a cycle),
// latency 1. in_ready_o depends on out_ready_i; the output comes from registers.
// last_i marks the end of a packet: going up, the wide word is sent as it is, with what stands
// above the last narrow word undefined; going down, last_o marks its last narrow word.

`include "rs_assert.svh"

module rs_resize #(
  /// Bits of an input word.
  parameter int unsigned InW = 8,
  /// Bits of an output word; InW times or divided by a power of two, 1 included.
  parameter int unsigned OutW = 32
) (
  /// Clock.
  input  logic            clk_i,
  /// Synchronous reset, active low.
  input  logic            rst_ni,
  /// Drops what is inside; nothing is taken in that cycle.
  input  logic            clear_i,
  /// Input stream.
  input  logic            in_valid_i,
  output logic            in_ready_o,
  input  logic [InW-1:0]  in_data_i,
  input  logic            in_last_i,
  /// Output stream.
  output logic            out_valid_o,
  input  logic            out_ready_i,
  output logic [OutW-1:0] out_data_o,
  output logic            out_last_o
);

  localparam bit Up = OutW >= InW;
  localparam int unsigned Ratio = Up ? OutW / InW : InW / OutW;
  localparam int unsigned IndexW = (Ratio > 1) ? $clog2(Ratio) : 1;
  localparam logic [IndexW-1:0] IndexLast = IndexW'(Ratio - 1);

  if ((Up ? InW : OutW) * Ratio != (Up ? OutW : InW) || (Ratio & (Ratio - 1)) != 0)
  begin : gen_bad_ratio
    $error("rs_resize: widths must differ by a power of two");
  end

  logic valid_q, last_q;
  logic [IndexW-1:0] index_q;

  assign out_valid_o = valid_q;

  if (Up) begin : gen_up
    // index_q: where the next narrow word goes; valid_q: the word is complete.
    logic [Ratio-1:0][InW-1:0] data_q;
    logic take, complete;

    assign in_ready_o = (!valid_q || out_ready_i) && !clear_i;
    assign take       = in_valid_i && in_ready_o;
    assign complete   = take && (index_q == IndexLast || in_last_i);
    assign out_data_o = data_q;
    assign out_last_o = last_q;

    always_ff @(posedge clk_i) begin
      if (!rst_ni || clear_i) begin
        valid_q <= 1'b0;
        index_q <= '0;
      end else begin
        if (complete) valid_q <= 1'b1;
        else if (out_ready_i) valid_q <= 1'b0;
        if (take) index_q <= complete ? '0 : index_q + IndexW'(1);
      end
    end

    always_ff @(posedge clk_i) begin
      if (take) begin
        data_q[index_q] <= in_data_i;
        last_q          <= in_last_i;
      end
    end
  end else begin : gen_down
    // index_q: the narrow word that stands at the output.
    logic [InW-1:0] data_q;
    logic           at_end;

    assign at_end     = index_q == IndexLast;
    assign in_ready_o = (!valid_q || (out_ready_i && at_end)) && !clear_i;
    assign out_data_o = data_q[OutW-1:0];
    assign out_last_o = last_q && at_end;

    always_ff @(posedge clk_i) begin
      if (!rst_ni || clear_i) begin
        valid_q <= 1'b0;
        index_q <= '0;
      end else begin
        if (in_ready_o) valid_q <= in_valid_i;
        if (valid_q && out_ready_i) index_q <= at_end ? '0 : index_q + IndexW'(1);
      end
    end

    always_ff @(posedge clk_i) begin
      if (in_ready_o) begin
        data_q <= in_data_i;
        last_q <= in_last_i;
      end else if (out_ready_i) begin
        data_q <= data_q >> OutW;
      end
    end
  end

endmodule
