// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// Puts pieces of a power of two of bytes one after another into the beats of AXI write bursts,
/// from any byte on, with strobes and the mark of a burst's last beat. Bursts end at multiples of
/// MaxBurst beats; a beat is given only for a burst that has begun.
///
/// One rotator rotates a piece into position; a piece that crosses the edge of a beat takes two
/// cycles. halt_i: begun bursts are completed with beats without strobes; it ends with a reset.
///
/// Throughput: a piece per cycle when pieces begin at multiples of their size, at least half of
/// that otherwise.
/// Latency: 1 cycle from the piece that fills a beat to the beat.
/// Handshake: valid/ready; outputs come from registers, `piece_ready_o` depends on `w_ready_i`.
/// Assumes: the last piece of a block ends at its last byte.
module rs_pack #(
  /// Bits of a beat.
  parameter int unsigned BeatW = 64,
  /// Bits of a piece, a power of two, at most BeatW.
  parameter int unsigned PieceW = 32,
  /// Longest burst in beats, a power of two.
  parameter int unsigned MaxBurst = 16,
  /// Room for bursts begun and not complete.
  parameter int unsigned MaxOutstanding = 8,
  /// Bytes of a beat. Derived.
  localparam int unsigned BeatBytes = BeatW / 8,
  /// Bits of a byte's offset in a burst. Derived.
  localparam int unsigned BurstOffsetW = $clog2(MaxBurst * BeatBytes)
) (
  /// Clock.
  input  logic                 clk_i,
  /// Synchronous reset, active low.
  input  logic                 rst_ni,
  /// Complete what has begun, without data.
  input  logic                 halt_i,
  /// A block: offset in its burst of the first byte [0], of the last byte [1].
  input  logic [1:0]           set_i,
  input  logic [BurstOffsetW-1:0]    offset_i,
  /// A burst of it begins. All of them have.
  input  logic                 begin_i,
  input  logic                 begun_i,
  /// Nothing is left of the bursts begun.
  output logic                 idle_o,
  /// Pieces of the block; the last one ends at its last byte.
  input  logic                 piece_valid_i,
  output logic                 piece_ready_o,
  input  logic [PieceW-1:0]    piece_i,
  /// AXI write data.
  output logic                 w_valid_o,
  input  logic                 w_ready_i,
  output logic [BeatW-1:0]     w_data_o,
  output logic [BeatBytes-1:0] w_strb_o,
  output logic                 w_last_o
);

  `RS_PARAM_CHECK(Piece, rs_pkg::is_power_of_two(PieceW) && PieceW >= 16 && PieceW <= BeatW,
                  "PieceW must be a power of two, 16 to BeatW")
  `RS_PARAM_CHECK(Burst, rs_pkg::is_power_of_two(MaxBurst), "MaxBurst must be a power of two")

  localparam int unsigned ByteW = $clog2(BeatBytes);
  localparam int unsigned PieceBytes = PieceW / 8;
  localparam int unsigned ShiftW = $clog2(PieceBytes);
  localparam int unsigned Groups = BeatBytes / PieceBytes;
  localparam int unsigned CountW = $clog2(MaxOutstanding + 1);

  logic [CountW-1:0] begun_q;  // bursts begun, not complete here
  logic [ByteW-1:0] lane_q;            // lane of the next piece's first byte
  logic [BurstOffsetW-1:ByteW] beat_q;       // beat of its burst that is being filled
  logic [BurstOffsetW-1:ByteW] end_beat_q;   // beat of the block's last byte
  logic [ByteW-1:0] end_lane_q;        // lane where its last piece begins
  logic second_q;                      // the piece's rest goes into this beat
  logic valid_q, last_q;
  logic [BeatBytes-1:0] strb_q;
  logic [Groups-1:0][PieceBytes-1:0][7:0] data_q;

  logic free, fill, crosses, last_lane, last_beat, ends, complete, burst_done;
  logic [ShiftW-1:0] shift;
  logic [BeatBytes-1:0] lanes;

  assign free       = !valid_q || w_ready_i;
  assign fill       = free && begun_q != '0 && (halt_i || piece_valid_i);
  assign shift      = lane_q[ShiftW-1:0];
  assign crosses    = shift != '0 && (lane_q >> ShiftW) == ByteW'(Groups - 1);
  // The block's last beat: no burst will follow, and this is the last one's end.
  assign last_beat  = begun_i && begun_q == CountW'(1) && beat_q == end_beat_q;
  assign ends       = last_beat && (second_q || !crosses) && lane_q == end_lane_q;
  assign last_lane  = lane_q == ByteW'(BeatBytes - PieceBytes);
  assign complete   = fill && (halt_i || (!second_q && (crosses || last_lane)) || ends);
  assign burst_done = complete && (&beat_q || (halt_i ? last_beat : ends));

  assign piece_ready_o = fill && !halt_i && (second_q || !crosses);
  assign idle_o        = begun_q == '0 && !valid_q;

  // Lanes of the piece: from its shift on in its own group, below that in the next one.
  logic [PieceBytes-1:0] from_shift;
  assign from_shift = {PieceBytes{1'b1}} << shift;
  for (genvar g = 0; g < Groups; g++) begin : gen_group
    logic own, next;
    assign own  = (lane_q >> ShiftW) == ByteW'(g) && !second_q;
    assign next = g == 0 ? second_q : (lane_q >> ShiftW) == ByteW'(g - 1) && !second_q;
    assign lanes[g*PieceBytes+:PieceBytes] =
        ({PieceBytes{own}} & from_shift) | ({PieceBytes{next}} & ~from_shift);
  end

  logic [2*PieceW-1:0] twice;
  logic [PieceBytes-1:0][7:0] rotated;
  assign twice   = {piece_i, piece_i} << {shift, 3'b000};
  assign rotated = twice[2*PieceW-1:PieceW];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      begun_q  <= '0;
      second_q <= 1'b0;
      valid_q  <= 1'b0;
      strb_q   <= '0;
    end else begin
      begun_q <= begun_q + CountW'(begin_i) - CountW'(burst_done);
      if (fill) second_q <= crosses && !second_q;
      if (free) begin
        valid_q <= complete;
        if (valid_q || halt_i) strb_q <= '0;
      end
      for (int unsigned k = 0; k < BeatBytes; k++) begin
        if (fill && lanes[k]) strb_q[k] <= !halt_i;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (set_i[0]) {beat_q, lane_q} <= offset_i;
    if (set_i[1]) begin
      end_beat_q <= offset_i[BurstOffsetW-1:ByteW];
      end_lane_q <= offset_i[ByteW-1:0] - ByteW'(PieceBytes - 1);
    end
    if (complete) begin
      beat_q <= beat_q + (BurstOffsetW - ByteW)'(1);
      last_q <= burst_done;
    end
    if (piece_ready_o) lane_q <= lane_q + ByteW'(PieceBytes);
    for (int unsigned g = 0; g < Groups; g++) begin
      for (int unsigned j = 0; j < PieceBytes; j++) begin
        // Until they are filled, what stands in its lanes does not matter.
        if (free && lanes[g*PieceBytes+j]) data_q[g][j] <= rotated[j];
      end
    end
  end

  assign w_valid_o = valid_q;
  assign w_data_o  = data_q;
  assign w_strb_o  = strb_q;
  assign w_last_o  = last_q;

  logic unused_twice;
  assign unused_twice = ^twice[PieceW-1:0];

  `RS_ASSERT(SetOnlyIfIdle, set_i == '0 || idle_o)
  `RS_ASSERT_STABLE(WStable, w_valid_o, w_ready_i, ({w_data_o, w_strb_o, w_last_o}))

endmodule
