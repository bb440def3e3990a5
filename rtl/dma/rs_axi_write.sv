// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// The AXI4 write master (one ID), one command at a time. A command becomes bursts, its pieces
/// their beats, with strobes for the partial first and last beat. AW and W go their own ways: W is
/// offered whether or not AW has been taken. done_o comes after the command's last write response:
/// its data is in memory then. Up to MaxOutstanding bursts are open.
///
///   command -> splitter --> AW, list of open bursts          pieces -> rs_pack -> W
///
/// Errors: fault_o for one cycle with the burst's address. halt_i: no new burst; those begun are
/// completed with beats without strobes. It ends with a reset, once idle_o is high.
///
/// Throughput: that of rs_pack: a piece per cycle, if pieces begin at multiples of their size.
/// Latency: 2 cycles from the last command word to the address on the bus.
/// Handshake: AXI4, its outputs from registers; pieces are valid/ready.
/// Assumes: the next command comes when the last one is done; the reset comes only while `idle_o`.
module rs_axi_write
  import rs_axi_pkg::*;
#(
  /// Bits of a bus beat.
  parameter int unsigned AxiDataW = 64,
  /// Bits of a piece of data, see rs_pack.
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
  /// Data of the commands, byte after byte; a command ends with a piece.
  input  logic                  piece_valid_i,
  output logic                  piece_ready_o,
  input  logic [PieceW-1:0]     piece_i,
  /// The command is complete in memory.
  output logic                  done_o,
  /// A bad response.
  output fault_t                fault_o,
  /// A beat was taken by the bus.
  output logic                  taken_o,
  /// AXI4 write channels.
  output write_request_t        axi_o,
  input  write_response_t       axi_i,
  output logic [AxiDataW-1:0]   axi_wdata_o,
  output logic [AxiDataW/8-1:0] axi_wstrb_o
);

  `RS_PARAM_CHECK(Open, rs_pkg::is_power_of_two(MaxOutstanding - 1),
                  "MaxOutstanding must be a power of two and one more")

  localparam int unsigned ByteW = $clog2(AxiDataW / 8);
  localparam int unsigned BurstOffsetW = ByteW + $clog2(MaxBurst);

  // An open burst.
  typedef struct packed {
    logic                    last;  // of its command
    logic [AddrW-1:ByteW] beat;  // address of its first beat
  } burst_t;

  logic begin_burst, last_burst, begun, busy, pack_idle, open_space, open_valid;
  burst_t open;

  rs_burst_splitter #(
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
    .valid_o (axi_o.awvalid),
    .ready_i (axi_i.awready),
    .addr_o  (axi_o.awaddr),
    .len_o   (axi_o.awlen)
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
    .w_valid_o(axi_o.wvalid),
    .w_ready_i(axi_i.wready),
    .w_data_o (axi_wdata_o),
    .w_strb_o (axi_wstrb_o),
    .w_last_o (axi_o.wlast)
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
    .in_data_i  ({last_burst, axi_o.awaddr[AddrW-1:ByteW]}),
    .out_valid_o(open_valid),
    .out_ready_i(axi_i.bvalid),
    .out_data_o (open)
  );

  assign axi_o.bready = 1'b1;
  assign taken_o        = axi_o.wvalid && axi_i.wready;
  assign done_o         = axi_i.bvalid && open.last && !axi_i.bresp[1] && !halt_i;
  assign fault_o = '{
      valid: axi_i.bvalid && axi_i.bresp[1] && !halt_i,
      decerr: axi_i.bresp[0],
      addr: {open.beat, ByteW'(0)}
  };

  assign idle_o = !open_valid && !axi_o.awvalid && pack_idle && (halt_i || !busy);

  `RS_ASSERT(ResponseToABurst, !axi_i.bvalid || open_valid)

endmodule
