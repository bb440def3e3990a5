// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// Cuts a packet of bus beats into items of a power of two of bytes, little endian, whatever the
// place of the packet's first byte in its first beat. Kinds of items differ in their size.
//
// One rotator brings a piece, an item or as much of it as a beat can hold, to the register's low
// end; a piece that crosses the edge of a beat takes two cycles, one for each beat. So the rate is a
// piece a cycle when the packet begins at a multiple of the piece, half of that otherwise.
// Latency 1; item_o and item_valid_o come from registers, beat_ready_o depends on item_ready_i.

`include "rs_assert.svh"

module rs_unpack #(
  /// Bits of a beat, a power of two.
  parameter int unsigned BeatW = 64,
  /// Bits of the largest item, at least BeatW.
  parameter int unsigned ItemW = 64,
  /// Kinds of items.
  parameter int unsigned Kinds = 2,
  /// Bytes of an item of each kind, as powers of two.
  parameter logic [Kinds-1:0][3:0] ItemShift = {4'd3, 4'd2},
  /// Bits of a byte's place in a beat. Derived.
  localparam int unsigned ByteW = $clog2(BeatW / 8)
) (
  /// Clock.
  input  logic             clk_i,
  /// Synchronous reset, active low.
  input  logic             rst_ni,
  /// A packet begins at this byte of the next beat; only while no item stands.
  input  logic             start_i,
  input  logic [ByteW-1:0] offset_i,
  /// It ends: the rest of the beat is dropped; only while no item stands.
  input  logic             stop_i,
  /// An item of this kind (one of the bits) is wanted; stable until it is taken.
  input  logic             want_i,
  input  logic [Kinds-1:0] kind_i,
  /// With item_valid_o: another item of the same kind follows.
  input  logic             more_i,
  /// Beats.
  input  logic             beat_valid_i,
  output logic             beat_ready_o,
  input  logic [BeatW-1:0] beat_i,
  /// Items, at the register's low end; what stands above is undefined.
  output logic             item_valid_o,
  input  logic             item_ready_i,
  output logic [ItemW-1:0] item_o
);

  localparam int unsigned BeatBytes = BeatW / 8;
  localparam int unsigned Parts = ItemW / BeatW;
  localparam int unsigned PartW = Parts > 1 ? $clog2(Parts) : 1;

  if ((ItemW & (ItemW - 1)) != 0 || ItemW < BeatW) begin : gen_bad_item
    $error("rs_unpack: ItemW must be a power of two, at least BeatW");
  end

  // By kind: bytes of a piece (0: a whole beat) and the number of its last piece.
  function automatic logic [ByteW-1:0] piece_bytes(input logic [Kinds-1:0] kind);
    logic [ByteW-1:0] bytes;
    bytes = '0;
    for (int unsigned k = 0; k < Kinds; k++) begin
      if (kind[k] && ItemShift[k] < 4'(ByteW)) bytes |= ByteW'(1 << ItemShift[k]);
    end
    return bytes;
  endfunction
  function automatic logic [PartW-1:0] last_part(input logic [Kinds-1:0] kind);
    logic [PartW-1:0] last;
    last = '0;
    for (int unsigned k = 0; k < Kinds; k++) begin
      if (kind[k] && ItemShift[k] > 4'(ByteW)) begin
        last |= PartW'((1 << (ItemShift[k] - 4'(ByteW))) - 1);
      end
    end
    return last;
  endfunction

  logic             valid_q;   // an item stands
  logic             second_q;  // the piece's rest lies in the next beat
  logic [ByteW-1:0] place_q;   // of the piece's first byte in its beat
  logic [PartW-1:0] part_q;    // number of the piece in its item
  logic [Parts-1:0][BeatBytes-1:0][7:0] item_q;

  logic [ByteW-1:0] bytes, next_place;
  logic whole, carry, crosses, open, fill, piece_done;
  logic [2*BeatW-1:0] twice;
  logic [BeatBytes-1:0][7:0] rotated;
  logic [BeatBytes-1:0] lanes;

  assign bytes               = piece_bytes(kind_i);
  assign whole               = bytes == '0;
  assign {carry, next_place} = (ByteW + 1)'(place_q) + (ByteW + 1)'(bytes);
  assign crosses             = whole ? place_q != '0 : carry && next_place != '0;

  assign open       = !valid_q || (item_ready_i && more_i);
  assign fill       = want_i && beat_valid_i && open;
  assign piece_done = fill && (second_q || !crosses);
  // The beat is used up when the piece reaches its end or goes beyond it.
  assign beat_ready_o = (fill && !second_q && (whole || carry)) || (stop_i && place_q != '0);

  assign twice   = {beat_i, beat_i} >> {place_q, 3'b000};
  assign rotated = twice[BeatW-1:0];
  for (genvar j = 0; j < BeatBytes; j++) begin : gen_lane
    // The second beat brings what lay beyond the first one's end.
    if (j == 0) begin : gen_first
      assign lanes[j] = !second_q;
    end else begin : gen_other
      assign lanes[j] = !second_q || place_q >= ByteW'(BeatBytes - j);
    end
  end

  assign item_valid_o = valid_q;
  assign item_o       = item_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      valid_q  <= 1'b0;
      second_q <= 1'b0;
      part_q   <= '0;
      place_q  <= '0;
    end else begin
      if (fill) second_q <= crosses && !second_q;
      if (piece_done) begin
        part_q  <= part_q == last_part(kind_i) ? '0 : part_q + PartW'(1);
        place_q <= next_place;
      end
      if (piece_done && part_q == last_part(kind_i)) valid_q <= 1'b1;
      else if (item_ready_i) valid_q <= 1'b0;
      if (start_i) place_q <= offset_i;
    end
  end

  always_ff @(posedge clk_i) begin
    for (int unsigned p = 0; p < Parts; p++) begin
      for (int unsigned j = 0; j < BeatBytes; j++) begin
        // Until it is filled, what stands there does not matter.
        if (open && part_q == PartW'(p) && lanes[j]) item_q[p][j] <= rotated[j];
      end
    end
  end

  logic unused_twice;
  assign unused_twice = ^twice[2*BeatW-1:BeatW];

  `RS_ASSERT(QuietAtEdges, !(start_i || stop_i) || (!valid_q && !second_q && part_q == '0))
  `RS_ASSERT(RestIsThere, !(stop_i && place_q != '0) || beat_valid_i)
  `RS_ASSERT_STABLE(ItemStable, item_valid_o, item_ready_i, kind_i)

endmodule
