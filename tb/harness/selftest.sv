// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// Not part of the design: a module for the tests of the harness. A one-place stream register, a
// wide register, and an assertion that fails on request.

`include "rs_assert.svh"

module selftest #(
  /// Width of the stream.
  parameter int unsigned Width = 100
) (
  input  logic             clk_i,
  input  logic             rst_ni,
  input  logic             in_valid_i,
  output logic             in_ready_o,
  input  logic [Width-1:0] in_data_i,
  output logic             out_valid_o,
  input  logic             out_ready_i,
  output logic [Width-1:0] out_data_o,
  /// The payload changes while it waits: the monitor must see it.
  input  logic             unstable_i,
  /// The assertion fails.
  input  logic             fail_i
);

  logic             valid_q;
  logic [Width-1:0] data_q;

  assign in_ready_o  = !valid_q || out_ready_i;
  assign out_valid_o = valid_q;
  assign out_data_o  = data_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= 1'b0;
    else if (in_ready_o) valid_q <= in_valid_i;
    if (in_ready_o) data_q <= in_data_i;
    else if (unstable_i) data_q <= ~data_q;
  end

  `RS_ASSERT(OnRequest, !fail_i)

endmodule
