// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// The DMA's legaliser: cuts a command of any alignment and length into AXI bursts of full beats
/// and offers them on an address channel. A burst ends at a multiple of MaxBurst beats; as that
/// divides 4 KB, no burst crosses a page. The first address is rounded down to a beat.
///
/// A command comes as three words of a shared word bus: the address, low and high, and then the
/// size, which starts it. The size is minus the sum of the first byte's offset in its burst and the
/// number of bytes: its high part counts the bursts up to zero, its low part, inverted, is the
/// offset of the last byte in the last burst.
///
/// Throughput: a burst per two cycles.
/// Latency: 2 cycles from the last command word to the first burst.
/// Handshake: the address channel is valid/ready, its outputs from registers; command words only
/// while `busy_o` is low.
/// Assumes: none.
module rs_burst_splitter
  import rs_axi_pkg::*;
#(
  /// Bits of a bus beat.
  parameter int unsigned AxiDataW = 64,
  /// Longest burst in beats, a power of two; MaxBurst beats are at most 4096 bytes.
  parameter int unsigned MaxBurst = 16
) (
  /// Clock.
  input  logic                clk_i,
  /// Synchronous reset, active low.
  input  logic                rst_ni,
  /// Command words: address low [0], address high [1], size [2]; only while busy_o is low.
  input  logic [31:0]         word_i,
  input  logic [2:0]          set_i,
  output logic                busy_o,
  /// Bursts may begin.
  input  logic                enable_i,
  /// A burst begins, with its address on addr_o; it is the command's last.
  output logic                begin_o,
  output logic                last_o,
  /// All bursts of the last command have begun.
  output logic                begun_o,
  /// Address channel: address, beats - 1 (AXI AxLEN). A burst is offered from the cycle after
  /// begin_o on.
  output logic                valid_o,
  input  logic                ready_i,
  output logic [AddrW-1:0] addr_o,
  output logic [7:0]          len_o
);

  `RS_PARAM_CHECK(Burst, rs_pkg::is_power_of_two(MaxBurst
                  ) && MaxBurst >= 2 && MaxBurst <= 256 && MaxBurst * AxiDataW / 8 <= 4096,
                  "MaxBurst must be a power of two, 2 to 256, at most 4096 bytes")

  localparam int unsigned ByteW = $clog2(AxiDataW / 8);
  localparam int unsigned BeatW = $clog2(MaxBurst);
  localparam int unsigned BurstOffsetW = ByteW + BeatW;  // a byte's offset in a burst

  typedef enum logic [1:0] {
    StIdle,
    StBegin,
    StOffer
  } state_e;
  state_e state_q;
  logic [AddrW-1:BurstOffsetW] burst_q;  // address of the burst
  logic [BeatW-1:0] beat_q;           // its first beat
  logic [31:BurstOffsetW] count_q;          // minus the bursts to come, this one included
  logic [BeatW-1:0] end_q, len_q;  // last beat of the last burst; beats - 1 of this one
  logic last_q, taken;

  assign taken   = state_q == StOffer && ready_i;
  assign busy_o  = state_q != StIdle;
  assign begun_o = state_q == StIdle || (state_q == StOffer && last_q);
  assign begin_o = state_q == StBegin && enable_i;
  assign last_o  = last_q;
  assign valid_o = state_q == StOffer;
  assign addr_o  = {burst_q, beat_q, ByteW'(0)};
  assign len_o   = 8'(len_q);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= StIdle;
    end else begin
      unique case (state_q)
        StIdle:  if (set_i[2]) state_q <= StBegin;
        StBegin: if (enable_i) state_q <= StOffer;
        default: if (ready_i) state_q <= last_q ? StIdle : StBegin;
      endcase
    end
  end

  // Set, or one more: the choice is made before the adder, where it costs nothing more.
  logic [AddrW-1:BurstOffsetW] burst;
  logic [31:BurstOffsetW] count;
  assign burst[31:BurstOffsetW] = set_i[0] ? word_i[31:BurstOffsetW] :
                                             burst_q[31:BurstOffsetW];
  assign burst[AddrW-1:32] = set_i[1] ? word_i[AddrW-33:0] : burst_q[AddrW-1:32];
  assign count = set_i[2] ? word_i[31:BurstOffsetW] : count_q;

  always_ff @(posedge clk_i) begin
    // The reset is for four-state simulation: an address set half would make an unknown sum.
    burst_q <= rst_ni ? burst + (AddrW - BurstOffsetW)'(taken) : '0;
    count_q <= count + (32 - BurstOffsetW)'(taken);
    if (set_i[0]) beat_q <= word_i[BurstOffsetW-1:ByteW];
    else if (taken) beat_q <= '0;
    if (set_i[2]) end_q <= ~word_i[BurstOffsetW-1:ByteW];
    if (set_i[2]) last_q <= &word_i[31:BurstOffsetW];
    else if (taken) last_q <= &count_q[31:BurstOffsetW+1] && !count_q[BurstOffsetW];
    len_q <= (last_q ? end_q : '1) - beat_q;
  end

  logic unused_word;
  assign unused_word = ^word_i[ByteW-1:0];

  `RS_ASSERT(SetOnlyIfIdle, set_i == '0 || !busy_o)
  `RS_ASSERT(InPage,
             !valid_o || 32'(addr_o[11:0]) + (32'(len_o) + 32'd1) * (AxiDataW / 8) <= 32'd4096)
  `RS_ASSERT_STABLE(BurstStable, valid_o, ready_i, ({addr_o, len_o}))

endmodule
