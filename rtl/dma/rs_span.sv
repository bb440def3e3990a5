// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// Works out where a transfer of LOAD or STORE lies in memory, and checks it: two multiplications in
// two cycles, the window in a third. valid_o comes three cycles after start_i and stays, with the
// results, until the next start_i.
//   features: bytes = words * count * P * WordBytes      weights: bytes as the descriptor says

module rs_span
  import rs_spec_pkg::*;
  import rs_ctrl_pkg::*;
#(
  /// Output channels: a weight block's parameter group has M records.
  parameter int unsigned M = 4,
  /// Pixels of a group.
  parameter int unsigned P = 3,
  /// Bytes of a feature word in memory, a power of two.
  parameter int unsigned WordBytes = 4,
  /// Bytes of a weight tile in memory, a power of two.
  parameter int unsigned TileBytes = 8,
  /// Feature-buffer words a bank.
  parameter int unsigned FbDepth = 16384
) (
  /// Clock.
  input  logic             clk_i,
  /// Synchronous reset, active low.
  input  logic             rst_ni,
  /// Start; item_i stays until valid_o.
  input  logic             start_i,
  input  transfer_t        item_i,
  /// Results stand.
  output logic             valid_o,
  output logic [AddrW-1:0] addr_o,
  output logic [31:0]      bytes_o,
  /// ErrNone, ErrBadField or ErrBadWindow.
  output error_e           cause_o
);

  localparam int unsigned WordShift = $clog2(WordBytes);
  localparam int unsigned UnitBytes = 32;  // the sections of a weight block are multiples of it
  localparam int unsigned UnitShift = $clog2(UnitBytes);
  localparam int unsigned UnitsW = 32 - UnitShift;
  localparam int unsigned BytesW = 36 + 4 + WordShift;  // words 16 + count 20, P 4, WordBytes

  logic [2:0]        step_q;
  logic [35:0]       depth_q;    // words a bank
  logic [BytesW-1:0] bytes_q;    // of the features
  logic [UnitsW-1:0] block_q;    // units of the weight block that its fields ask for
  logic [32:0]       end_q;      // offset behind the last byte
  logic field_q, bad_field;
  logic [AddrW-1:0] addr_q;

  // Units of each section, rounded up.
  function automatic logic [UnitsW-1:0] in_units(input logic [19:0] count,
                                                 input int unsigned bytes);
    return UnitsW'((40'(count) * 40'(bytes) + 40'd31) >> UnitShift);
  endfunction

  always_ff @(posedge clk_i) begin
    if (!rst_ni) step_q <= '0;
    else step_q <= {step_q[1] || (step_q[2] && !start_i), step_q[0], start_i};
  end

  assign bad_field = item_i.weights ?
      (item_i.bytes != {block_q, UnitShift'(0)} || item_i.bytes == '0) :
      (depth_q > 36'(FbDepth));

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      depth_q <= 36'(item_i.words) * 36'(item_i.count);
      block_q <= in_units(20'(item_i.words), M * 8) + in_units(item_i.count, 4) +
                 in_units(item_i.count, TileBytes);
      addr_q  <= item_i.window + AddrW'(item_i.offset);
    end
    if (step_q[0]) begin
      bytes_q <= item_i.weights ? BytesW'(item_i.bytes) :
                 BytesW'(depth_q) * BytesW'(P * WordBytes);
      field_q <= bad_field;
    end
    if (step_q[1]) end_q <= 33'(item_i.offset) + 33'(bytes_q[31:0]);
  end

  assign valid_o = step_q[2];
  assign addr_o  = addr_q;
  assign bytes_o = bytes_q[31:0];

  always_comb begin
    cause_o = ErrNone;
    if (field_q) cause_o = ErrBadField;
    else if (bytes_q[BytesW-1:32] != '0 || end_q > 33'(item_i.window_bytes)) begin
      cause_o = ErrBadWindow;
    end
  end

  logic unused_item;
  assign unused_item = ^{item_i.marker, item_i.wait_exec, item_i.post_exec, item_i.index,
                         item_i.base};

endmodule
