// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// The board's memory as AXI4 slave of the core (INCR bursts of full beats, any length, one ID),
/// with a second way in for the board's own logic. One burst each way at a time. A burst that
/// begins beyond the memory answers DECERR. Words are written as a whole: a beat's strobes are all
/// high or all low.
///
/// The board's own accesses: a word written in any cycle, before the bus; one read when no burst
/// is. It uses them while the core rests.
///
/// Throughput: a beat per cycle, with a cycle between bursts.
/// Latency: Banks + 4 cycles from address to first data, Banks + 3 cycles of a read of the board's.
/// Handshake: AXI4; the board's writes are always taken, its reads are valid/ready.
/// Assumes: the core takes what it has asked for at once: rready is high.
module rs_board_memory
  import rs_board_pkg::*;
#(
  /// Banks of BankWords words.
  parameter int unsigned Banks = 2,
  parameter int unsigned BankWords = 512,
  /// Initial content for $readmemh; empty: none.
  parameter InitFile = "",
  /// Bits of a bus address.
  localparam int unsigned AxiAddrW = rs_axi_pkg::AddrW
) (
  /// Clock.
  input  logic                clk_i,
  /// Synchronous reset, active low.
  input  logic                rst_ni,
  /// AXI4 slave.
  input  logic [AxiAddrW-1:0] s_axi_araddr_i,
  input  logic [7:0]          s_axi_arlen_i,
  input  logic                s_axi_arvalid_i,
  output logic                s_axi_arready_o,
  output logic [WordW-1:0]    s_axi_rdata_o,
  output logic [1:0]          s_axi_rresp_o,
  output logic                s_axi_rlast_o,
  output logic                s_axi_rvalid_o,
  input  logic                s_axi_rready_i,
  input  logic [AxiAddrW-1:0] s_axi_awaddr_i,
  input  logic                s_axi_awvalid_i,
  output logic                s_axi_awready_o,
  input  logic [WordW-1:0]    s_axi_wdata_i,
  input  logic [WordW/8-1:0]  s_axi_wstrb_i,
  input  logic                s_axi_wlast_i,
  input  logic                s_axi_wvalid_i,
  output logic                s_axi_wready_o,
  output logic [1:0]          s_axi_bresp_o,
  output logic                s_axi_bvalid_o,
  input  logic                s_axi_bready_i,
  /// A word to write, by byte address.
  input  logic                write_i,
  input  logic [SpanW-1:0]    waddr_i,
  input  logic [WordW-1:0]    wdata_i,
  /// A word to read, by byte address; the answer comes with rvalid_o.
  input  logic                read_valid_i,
  output logic                read_ready_o,
  input  logic [SpanW-1:0]    raddr_i,
  output logic                rvalid_o,
  output logic [WordW-1:0]    rdata_o
);

  localparam int unsigned Words = Banks * BankWords;
  localparam int unsigned AddrW = $clog2(Words);
  localparam int unsigned ByteW = $clog2(WordW / 8);
  localparam int unsigned Latency = Banks + 2;  // of rs_board_ram
  localparam logic [1:0] Decerr = 2'b11;

  // What a word on its way is for.
  typedef struct packed {
    logic valid;
    logic board;  // for the board's logic, not for the bus
    logic last;
    logic bad;
  } tag_t;

  function automatic logic beyond(input logic [AxiAddrW-1:0] addr);
    return (addr >> ByteW) >= AxiAddrW'(Words);
  endfunction

  // Reads: the addresses of a burst, or of one word for the board, enter the memory's pipeline.
  logic burst_q, board_q, bad_q, take, last;
  logic [7:0] left_q;
  logic [AddrW-1:0] raddr_q;
  tag_t [Latency-1:0] tag_q;  // the highest one goes with the data
  tag_t out;

  assign out             = tag_q[Latency-1];
  assign read_ready_o    = !burst_q;
  assign s_axi_arready_o = !burst_q && !read_valid_i;
  assign take            = !burst_q && (read_valid_i || s_axi_arvalid_i);
  assign last            = left_q == '0;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) burst_q <= 1'b0;
    else burst_q <= take || (burst_q && !last);
  end
  always_ff @(posedge clk_i) begin
    if (take) begin
      board_q <= read_valid_i;
      bad_q   <= beyond(s_axi_araddr_i);
      left_q  <= read_valid_i ? '0 : s_axi_arlen_i;
      raddr_q <= read_valid_i ? AddrW'(raddr_i >> ByteW) : AddrW'(s_axi_araddr_i >> ByteW);
    end else begin
      left_q  <= left_q - 8'd1;
      raddr_q <= raddr_q + AddrW'(1);
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) tag_q <= '0;
    else
      tag_q <= {
        tag_q[Latency-2:0], tag_t'{valid: burst_q, board: board_q, last: last, bad: bad_q}
      };
  end

  assign s_axi_rvalid_o = out.valid && !out.board;
  assign s_axi_rlast_o  = out.last;
  assign s_axi_rresp_o  = out.bad ? Decerr : '0;
  assign s_axi_rdata_o  = rdata_o;
  assign rvalid_o       = out.valid && out.board;

  // Writes: a burst from its address to its last beat, then its response.
  logic wburst_q, wbad_q, bvalid_q, beat;
  logic [AddrW-1:0] waddr_q;

  assign s_axi_awready_o = !wburst_q && !bvalid_q;
  assign s_axi_wready_o  = wburst_q && !write_i;
  assign beat            = s_axi_wvalid_i && s_axi_wready_o;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      wburst_q <= 1'b0;
      bvalid_q <= 1'b0;
    end else begin
      if (s_axi_awvalid_i && s_axi_awready_o) wburst_q <= 1'b1;
      else if (beat && s_axi_wlast_i) wburst_q <= 1'b0;
      if (beat && s_axi_wlast_i) bvalid_q <= 1'b1;
      else if (s_axi_bready_i) bvalid_q <= 1'b0;
    end
  end
  always_ff @(posedge clk_i) begin
    if (s_axi_awvalid_i && s_axi_awready_o) begin
      waddr_q <= AddrW'(s_axi_awaddr_i >> ByteW);
      wbad_q  <= beyond(s_axi_awaddr_i);
    end else if (beat) begin
      waddr_q <= waddr_q + AddrW'(1);
    end
  end

  assign s_axi_bvalid_o = bvalid_q;
  assign s_axi_bresp_o  = wbad_q ? Decerr : '0;

  rs_board_ram #(
    .Banks(Banks),
    .BankWords(BankWords),
    .InitFile(InitFile)
  ) u_ram (
    .clk_i,
    .rst_ni,
    .write_i(write_i || (beat && s_axi_wstrb_i[0] && !wbad_q)),
    .waddr_i(write_i ? AddrW'(waddr_i >> ByteW) : waddr_q),
    .wdata_i(write_i ? wdata_i : s_axi_wdata_i),
    .raddr_i(raddr_q),
    .rdata_o
  );

  `RS_ASSERT(WholeWords, !beat || s_axi_wstrb_i inside {'0, '1})
  `RS_ASSERT(TakenAtOnce, !s_axi_rvalid_o || s_axi_rready_i)
  `RS_ASSERT_STABLE(BStable, s_axi_bvalid_o, s_axi_bready_i, s_axi_bresp_o)

endmodule
