// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// LOAD's writes and STORE's reads share the feature buffer's DMA port: turn by turn, no latency. The
// port changes hands behind a request, or when nobody asks for it.

`include "rs_assert.svh"

module rs_fb_port #(
  /// Bits of a bank number.
  parameter int unsigned BankW = 2,
  /// Bits of a word address.
  parameter int unsigned FbAddrW = 14
) (
  /// Clock.
  input  logic               clk_i,
  /// Synchronous reset, active low.
  input  logic               rst_ni,
  /// LOAD's write.
  input  logic               load_valid_i,
  output logic               load_ready_o,
  input  logic [BankW-1:0]   load_bank_i,
  input  logic [FbAddrW-1:0] load_addr_i,
  /// STORE's read.
  input  logic               store_valid_i,
  output logic               store_ready_o,
  input  logic [BankW-1:0]   store_bank_i,
  input  logic [FbAddrW-1:0] store_addr_i,
  /// The port.
  output logic               fb_valid_o,
  input  logic               fb_ready_i,
  output logic               fb_write_o,
  output logic [BankW-1:0]   fb_bank_o,
  output logic [FbAddrW-1:0] fb_addr_o
);

  logic load_q;  // LOAD has the port

  assign fb_valid_o    = load_q ? load_valid_i : store_valid_i;
  assign fb_write_o    = load_q;
  assign fb_bank_o     = load_q ? load_bank_i : store_bank_i;
  assign fb_addr_o     = load_q ? load_addr_i : store_addr_i;
  assign load_ready_o  = fb_ready_i && load_q;
  assign store_ready_o = fb_ready_i && !load_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) load_q <= 1'b0;
    else if (load_q ? store_valid_i : load_valid_i) load_q <= load_q ^ (!fb_valid_o || fb_ready_i);
  end

  `RS_ASSERT_STABLE(FbStable, fb_valid_o, fb_ready_i, ({fb_write_o, fb_bank_o, fb_addr_o}))

endmodule
