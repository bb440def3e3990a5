// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// Clocked immediate assertions, the form that Verilator, slang/Yosys and proofs all read. Use them
// in a module that has clk_i and rst_ni, without a semicolon:
//   `RS_ASSERT(NoOverflow, !(push && full))
// Checked at the rising edge of clk_i while rst_ni is high. Empty in synthesis.

`ifndef RS_ASSERT_SVH
`define RS_ASSERT_SVH

`ifdef FORMAL
  `define RS_ASSERT_ON
`else
  `ifndef SYNTHESIS
    `define RS_ASSERT_ON
  `endif
`endif

// A parameter check at elaboration.
`define RS_PARAM_CHECK(Name, Expr, Message) \
  if (!(Expr)) begin : gen_check_``Name \
    $error(Message); \
  end

`ifdef RS_ASSERT_ON
  `define RS_ASSERT(Name, Expr) \
    always_ff @(posedge clk_i) begin \
      if (rst_ni) begin \
        Name : assert (Expr); \
      end \
    end
`else
  `define RS_ASSERT(Name, Expr)
`endif

// The promise of a stream: once valid, it stays valid and keeps its payload until taken.
`ifdef RS_ASSERT_ON
  `define RS_ASSERT_STABLE(Name, Valid, Ready, Data) \
    logic Name``_valid_q; \
    logic [$bits(Data)-1:0] Name``_data_q; \
    always_ff @(posedge clk_i) begin \
      Name``_valid_q <= rst_ni && (Valid) && !(Ready); \
      Name``_data_q <= (Data); \
      if (rst_ni && Name``_valid_q) begin \
        Name : assert ((Valid) && Name``_data_q == (Data)); \
      end \
    end
`else
  `define RS_ASSERT_STABLE(Name, Valid, Ready, Data)
`endif

`endif
