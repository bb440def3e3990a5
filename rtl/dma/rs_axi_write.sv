// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// AXI4 write master (one ID), one command at a time. A command becomes bursts, its pieces their
// beats, with strobes for the partial first and last beat. AW and W go their own ways: W is offered
// whether or not AW has been taken. done_o comes after the command's last write response: its data
// is in memory then. Up to MaxOutstanding bursts open; outputs to the bus are registered. Rates as
// in rs_pack.
//
//   command -> splitter --> AW, list of open bursts          pieces -> rs_pack -> W
//
// Errors: error_valid_o for one cycle with the burst's address. halt_i: no new burst; those begun
// are completed with beats without strobes. It ends with a reset, once idle_o is high.

`include "rs_assert.svh"

module rs_axi_write #(
  /// Bits of a bus address.
  parameter int unsigned AxiAddrW = 40,
  /// Bits of a bus beat: 32, 64, 128 or 256.
  parameter int unsigned AxiDataW = 64,
  /// Bits of a piece of data, a power of two, at most AxiDataW.
  parameter int unsigned PieceW = 32,
  /// Bursts open at a time, a power of two and one more.
  parameter int unsigned MaxOutstanding = 9,
  /// Longest burst in beats.
  parameter int unsigned MaxBurst = 16
) (
  /// Clock.
  input  logic                  clk_i,
  /// Synchronous reset, active low; only while idle_o.
  input  logic                  rst_ni,
  /// No new burst, no strobes; held until the reset.
  input  logic                  halt_i,
  /// No burst open; nor a command inside, unless halted.
  output logic                  idle_o,
  /// Command words, see rs_burst_splitter; the next command when the last one is done.
  input  logic [31:0]           word_i,
  input  logic [2:0]            set_i,
  /// Data of the commands, byte behind byte; a command ends with a piece.
  input  logic                  piece_valid_i,
  output logic                  piece_ready_o,
  input  logic [PieceW-1:0]     piece_i,
  /// The command is complete in memory.
  output logic                  done_o,
  /// A bad response: DECERR or SLVERR, the burst's address.
  output logic                  error_valid_o,
  output logic                  error_decerr_o,
  output logic [AxiAddrW-1:0]   error_addr_o,
  /// A beat was taken by the bus.
  output logic                  taken_o,
  /// AXI4 write address: INCR bursts of full beats.
  output logic [AxiAddrW-1:0]   m_axi_awaddr_o,
  output logic [7:0]            m_axi_awlen_o,
  output logic                  m_axi_awvalid_o,
  input  logic                  m_axi_awready_i,
  /// AXI4 write data.
  output logic [AxiDataW-1:0]   m_axi_wdata_o,
  output logic [AxiDataW/8-1:0] m_axi_wstrb_o,
  output logic                  m_axi_wlast_o,
  output logic                  m_axi_wvalid_o,
  input  logic                  m_axi_wready_i,
  /// AXI4 write response.
  input  logic [1:0]            m_axi_bresp_i,
  input  logic                  m_axi_bvalid_i,
  output logic                  m_axi_bready_o
);

  localparam int unsigned ByteW = $clog2(AxiDataW / 8);
  localparam int unsigned BurstOffsetW = ByteW + $clog2(MaxBurst);

  // An open burst.
  typedef struct packed {
    logic                    last;  // of its command
    logic [AxiAddrW-1:ByteW] beat;  // address of its first beat
  } burst_t;

  logic begin_burst, last_burst, begun, busy, pack_idle, open_space, open_valid;
  burst_t open;

  rs_burst_splitter #(
    .AxiAddrW(AxiAddrW),
    .AxiDataW(AxiDataW),
    .MaxBurst(MaxBurst)
  ) u_splitter (
    .clk_i,
    .rst_ni,
    .word_i,
    .set_i,
    .busy_o  (busy),
    .enable_i(open_space && !halt_i),
    .begin_o (begin_burst),
    .last_o  (last_burst),
    .begun_o (begun),
    .valid_o (m_axi_awvalid_o),
    .ready_i (m_axi_awready_i),
    .addr_o  (m_axi_awaddr_o),
    .len_o   (m_axi_awlen_o)
  );

  rs_pack #(
    .BeatW(AxiDataW),
    .PieceW(PieceW),
    .MaxBurst(MaxBurst),
    .MaxOutstanding(MaxOutstanding)
  ) u_pack (
    .clk_i,
    .rst_ni,
    .halt_i,
    .set_i  ({set_i[2], set_i[0]}),
    .offset_i(word_i[BurstOffsetW-1:0] ^ {BurstOffsetW{set_i[2]}}),
    .begin_i(begin_burst),
    .begun_i(begun),
    .idle_o (pack_idle),
    .piece_valid_i,
    .piece_ready_o,
    .piece_i,
    .w_valid_o(m_axi_wvalid_o),
    .w_ready_i(m_axi_wready_i),
    .w_data_o (m_axi_wdata_o),
    .w_strb_o (m_axi_wstrb_o),
    .w_last_o (m_axi_wlast_o)
  );

  // Responses.
  rs_fifo_ram #(
    .Width($bits(burst_t)),
    .Depth(MaxOutstanding - 1)
  ) u_open (
    .clk_i,
    .rst_ni,
    .in_valid_i (begin_burst),
    .in_ready_o (open_space),
    .in_data_i  ({last_burst, m_axi_awaddr_o[AxiAddrW-1:ByteW]}),
    .out_valid_o(open_valid),
    .out_ready_i(m_axi_bvalid_i),
    .out_data_o (open)
  );

  assign m_axi_bready_o = 1'b1;
  assign taken_o        = m_axi_wvalid_o && m_axi_wready_i;
  assign done_o         = m_axi_bvalid_i && open.last && !m_axi_bresp_i[1] && !halt_i;
  assign error_valid_o  = m_axi_bvalid_i && m_axi_bresp_i[1] && !halt_i;
  assign error_decerr_o = m_axi_bresp_i[0];
  assign error_addr_o   = {open.beat, ByteW'(0)};

  assign idle_o = !open_valid && !m_axi_awvalid_o && pack_idle && (halt_i || !busy);

  `RS_ASSERT(ResponseToABurst, !m_axi_bvalid_i || open_valid)

endmodule
