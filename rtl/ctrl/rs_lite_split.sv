// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// One AXI4-Lite port for several slaves: slave i has the addresses [i * 4096, (i + 1) * 4096).
/// Beyond the last one a read or write answers DECERR, and no slave sees it.
///
/// Throughput: one write and one read at a time.
/// Latency: 3 cycles each over that of the slave.
/// Handshake: AXI4-Lite; outputs come from registers, but those to a slave that depend on its number.
/// Assumes: bus signals are stable while they wait.
module rs_lite_split
  import rs_axi_pkg::*;
#(
  /// Slaves, 1 to 16.
  parameter int unsigned Slaves = 2
) (
  /// Clock; synchronous reset, active low.
  input  logic        clk_i,
  input  logic        rst_ni,
  /// The port: signals as in AXI4-Lite.
  input  logic [15:0] awaddr_i,
  input  logic        awvalid_i,
  output logic        awready_o,
  input  logic [31:0] wdata_i,
  input  logic [3:0]  wstrb_i,
  input  logic        wvalid_i,
  output logic        wready_o,
  output logic [1:0]  bresp_o,
  output logic        bvalid_o,
  input  logic        bready_i,
  input  logic [15:0] araddr_i,
  input  logic        arvalid_i,
  output logic        arready_o,
  output logic [31:0] rdata_o,
  output logic [1:0]  rresp_o,
  output logic        rvalid_o,
  input  logic        rready_i,
  /// The slaves.
  output lite_request_t  [Slaves-1:0] request_o,
  input  lite_response_t [Slaves-1:0] response_i
);

  `RS_PARAM_CHECK(Slaves, Slaves >= 1 && Slaves <= 16, "Slaves must be 1 to 16")

  localparam logic [1:0] RespDecerr = 2'b11;

  // Each direction: what the master sent is kept, is sent on, and is forgotten with the answer.
  logic [15:0] awaddr_q, araddr_q;
  logic [31:0] wdata_q;
  logic [3:0]  wstrb_q;
  logic aw_full_q, w_full_q, aw_sent_q, w_sent_q, ar_full_q, ar_sent_q;
  logic [Slaves-1:0] to_write, to_read;  // one-hot; none is outside
  logic aw_taken, w_taken, ar_taken, b_comes, r_comes;
  lite_response_t write_from, read_from;

  always_comb begin
    to_write = '0;
    to_read = '0;
    write_from = '0;
    read_from = '0;
    for (int unsigned i = 0; i < Slaves; i++) begin
      to_write[i] = aw_full_q && w_full_q && awaddr_q[15:12] == 4'(i);
      to_read[i] = ar_full_q && araddr_q[15:12] == 4'(i);
      if (to_write[i]) write_from |= response_i[i];
      if (to_read[i]) read_from |= response_i[i];
      request_o[i] = '{
          awaddr: awaddr_q[11:0],
          awvalid: to_write[i] && !aw_sent_q,
          wdata: wdata_q,
          wstrb: wstrb_q,
          wvalid: to_write[i] && !w_sent_q,
          bready: to_write[i] && !bvalid_o,
          araddr: araddr_q[11:0],
          arvalid: to_read[i] && !ar_sent_q,
          rready: to_read[i] && !rvalid_o
      };
    end
  end

  assign awready_o = !aw_full_q;
  assign wready_o  = !w_full_q;
  assign arready_o = !ar_full_q;
  assign aw_taken  = !aw_sent_q && write_from.awready;
  assign w_taken   = !w_sent_q && write_from.wready;
  assign ar_taken  = !ar_sent_q && read_from.arready;
  assign b_comes   = aw_full_q && w_full_q && !bvalid_o && (to_write == '0 || write_from.bvalid);
  assign r_comes   = ar_full_q && !rvalid_o && (to_read == '0 || read_from.rvalid);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      aw_full_q <= 1'b0;
      w_full_q  <= 1'b0;
      aw_sent_q <= 1'b0;
      w_sent_q  <= 1'b0;
      bvalid_o  <= 1'b0;
    end else if (bvalid_o && bready_i) begin
      aw_full_q <= 1'b0;
      w_full_q  <= 1'b0;
      aw_sent_q <= 1'b0;
      w_sent_q  <= 1'b0;
      bvalid_o  <= 1'b0;
    end else begin
      aw_full_q <= aw_full_q || awvalid_i;
      w_full_q  <= w_full_q || wvalid_i;
      aw_sent_q <= aw_sent_q || aw_taken;
      w_sent_q  <= w_sent_q || w_taken;
      bvalid_o  <= bvalid_o || b_comes;
    end
  end
  always_ff @(posedge clk_i) begin
    if (!aw_full_q) awaddr_q <= awaddr_i;
    if (!w_full_q) {wdata_q, wstrb_q} <= {wdata_i, wstrb_i};
    if (b_comes) bresp_o <= to_write == '0 ? RespDecerr : write_from.bresp;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      ar_full_q <= 1'b0;
      ar_sent_q <= 1'b0;
      rvalid_o  <= 1'b0;
    end else if (rvalid_o && rready_i) begin
      ar_full_q <= 1'b0;
      ar_sent_q <= 1'b0;
      rvalid_o  <= 1'b0;
    end else begin
      ar_full_q <= ar_full_q || arvalid_i;
      ar_sent_q <= ar_sent_q || ar_taken;
      rvalid_o  <= rvalid_o || r_comes;
    end
  end
  always_ff @(posedge clk_i) begin
    if (!ar_full_q) araddr_q <= araddr_i;
    if (r_comes) begin
      rdata_o <= read_from.rdata;  // zero outside
      rresp_o <= to_read == '0 ? RespDecerr : read_from.rresp;
    end
  end

  `RS_ASSERT_STABLE(BStable, bvalid_o, bready_i, bresp_o)
  `RS_ASSERT_STABLE(RStable, rvalid_o, rready_i, ({rdata_o, rresp_o}))

endmodule
