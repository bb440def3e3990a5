// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// The DMA's legalizer: cuts a command of any alignment and length into AXI bursts of full beats.
// A burst ends at a multiple of MaxBurst beats; as that divides 4 KB, no burst crosses a page. The
// first address is rounded down to a beat. One burst a cycle, first burst one cycle after the
// command; the next command is taken with the last burst.

`include "rs_assert.svh"

module rs_burst_splitter #(
  /// Bits of a bus address.
  parameter int unsigned AxiAddrW = 40,
  /// Bits of a bus beat.
  parameter int unsigned AxiDataW = 64,
  /// Longest burst in beats, a power of two; MaxBurst beats are at most 4096 bytes.
  parameter int unsigned MaxBurst = 16
) (
  /// Clock.
  input  logic                clk_i,
  /// Synchronous reset, active low.
  input  logic                rst_ni,
  /// Command: first byte, number of bytes (at least 1).
  input  logic                cmd_valid_i,
  output logic                cmd_ready_o,
  input  logic [AxiAddrW-1:0] cmd_addr_i,
  input  logic [31:0]         cmd_bytes_i,
  /// Burst: address, beats - 1 (AXI AxLEN), whether it is the command's last.
  output logic                burst_valid_o,
  input  logic                burst_ready_i,
  output logic [AxiAddrW-1:0] burst_addr_o,
  output logic [7:0]          burst_len_o,
  output logic                burst_last_o
);

  localparam int unsigned BeatBytes = AxiDataW / 8;
  localparam int unsigned ByteW = $clog2(BeatBytes);
  localparam int unsigned BurstW = $clog2(MaxBurst);
  // Beats - 1 of a command: the offset in the first beat adds one bit to 32 before the division.
  localparam int unsigned BeatsW = 33 - ByteW;
  localparam int unsigned BeatAddrW = AxiAddrW - ByteW;

  if (MaxBurst * BeatBytes > 4096 || (MaxBurst & (MaxBurst - 1)) != 0 || MaxBurst < 2 ||
      MaxBurst > 256) begin : gen_bad_burst
    $error("rs_burst_splitter: MaxBurst must be a power of two, 2 to 256, at most 4096 bytes");
  end

  logic                 valid_q;
  logic [BeatAddrW-1:0] addr_q;    // beat address of the next burst
  logic [BeatsW-1:0]    beats_q;   // beats to come, less one
  logic [32:0]          last_byte; // of the command, counted from its first beat's first byte
  logic [BurstW-1:0]    room;      // beats to the burst edge, less one
  logic                 take;

  assign last_byte = 33'(cmd_addr_i[ByteW-1:0]) + 33'(cmd_bytes_i) - 33'd1;
  assign room      = ~addr_q[BurstW-1:0];

  assign burst_valid_o = valid_q;
  assign burst_addr_o  = {addr_q, ByteW'(0)};
  assign burst_last_o  = beats_q <= BeatsW'(room);
  assign burst_len_o   = burst_last_o ? 8'(beats_q) : 8'(room);

  assign take        = valid_q && burst_ready_i;
  assign cmd_ready_o = !valid_q || (burst_ready_i && burst_last_o);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= 1'b0;
    else if (cmd_ready_o) valid_q <= cmd_valid_i;
  end

  always_ff @(posedge clk_i) begin
    if (cmd_ready_o) begin
      addr_q  <= cmd_addr_i[AxiAddrW-1:ByteW];
      beats_q <= last_byte[32:ByteW];
    end else if (take) begin
      addr_q  <= {addr_q[BeatAddrW-1:BurstW] + (BeatAddrW - BurstW)'(1), BurstW'(0)};
      beats_q <= beats_q - BeatsW'(room) - BeatsW'(1);
    end
  end

  `RS_ASSERT(NoZeroLength, !cmd_valid_i || cmd_bytes_i != '0)
  `RS_ASSERT(
      InPage,
      !valid_q || 32'(burst_addr_o[11:0]) + (32'(burst_len_o) + 32'd1) * BeatBytes <= 32'd4096)
  `RS_ASSERT_STABLE(BurstStable, burst_valid_o, burst_ready_i, ({burst_addr_o, burst_len_o,
                                                                 burst_last_o}))

  logic unused_last_byte;
  assign unused_last_byte = ^last_byte[ByteW-1:0];

endmodule
