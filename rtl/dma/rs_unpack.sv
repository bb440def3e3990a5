// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// Cuts a packet of bus beats into items of a power of two of bytes, little endian, whatever the
/// offset of the packet's first byte in its first beat. Kinds of items differ in their size.
///
/// One rotator brings a piece, an item or as much of it as a beat can hold, to the low end of a
/// register, from which it goes to its part of the item; a piece that crosses the edge of a beat
/// takes two cycles, one for each beat.
///
/// Throughput: a piece per cycle when the packet begins at a multiple of the piece, half of that
/// otherwise.
/// Latency: 2 cycles.
/// Handshake: valid/ready; `item_o` and `item_valid_o` come from registers, `beat_ready_o` depends
/// on `item_ready_i`.
/// Assumes: a packet starts and stops only while `empty_o`; offset and kind stand for a cycle before the
/// first item of the kind is wanted.
module rs_unpack #(
  /// Bits of a beat, a power of two.
  parameter int unsigned BeatW = 64,
  /// Bits of the largest item, at least BeatW.
  parameter int unsigned ItemW = 64,
  /// Kinds of items.
  parameter int unsigned Kinds = 2,
  /// Bytes of an item of each kind, as the exponent of two.
  parameter logic [Kinds-1:0][3:0] ItemShift = {4'd3, 4'd2},
  /// Bits of what goes with an item.
  parameter int unsigned TagW = 1,
  /// Bits of a byte's offset in a beat. Derived.
  localparam int unsigned ByteW = $clog2(BeatW / 8)
) (
  /// Clock.
  input  logic             clk_i,
  /// Synchronous reset, active low.
  input  logic             rst_ni,
  /// A packet begins at this byte of the next beat; only while empty_o.
  input  logic             start_i,
  input  logic [ByteW-1:0] offset_i,
  /// It ends: the rest of the beat is dropped; only while empty_o.
  input  logic             stop_i,
  /// An item of this kind (one of the bits) is wanted, to be kept or dropped; stable until read_o: its
  /// last byte is read.
  input  logic             want_i,
  input  logic [Kinds-1:0] kind_i,
  input  logic             keep_i,
  input  logic [TagW-1:0]  tag_i,
  output logic             read_o,
  /// Nothing of an item is inside.
  output logic             empty_o,
  /// Beats.
  input  logic             beat_valid_i,
  output logic             beat_ready_o,
  input  logic [BeatW-1:0] beat_i,
  /// Items, at the register's low end; what stands above is undefined.
  output logic             item_valid_o,
  input  logic             item_ready_i,
  output logic [ItemW-1:0] item_o,
  output logic [TagW-1:0]  item_tag_o,
  /// A piece goes to its item, or is dropped: which of its bytes are there.
  output logic             piece_valid_o,
  output logic [BeatW-1:0] piece_o,
  output logic [BeatW/8-1:0] piece_bytes_o
);

  `RS_PARAM_CHECK(Sizes, rs_pkg::is_power_of_two(BeatW) && rs_pkg::is_power_of_two(ItemW
                  ) && ItemW >= BeatW,
                  "BeatW and ItemW must be powers of two, ItemW at least BeatW")

  localparam int unsigned BeatBytes = BeatW / 8;
  localparam int unsigned Parts = ItemW / BeatW;
  localparam int unsigned PartW = Parts > 1 ? $clog2(Parts) : 1;

  // By kind: the bits of an offset that lie within a piece, the bytes of a piece as a mask, and the number
  // of its last piece.
  function automatic logic [ByteW-1:0] bits_within(input logic [Kinds-1:0] kind);
    logic [ByteW-1:0] bits;
    bits = '0;
    for (int unsigned k = 0; k < Kinds; k++) begin
      for (int unsigned j = 0; j < ByteW; j++) if (kind[k] && j < ItemShift[k]) bits[j] = 1'b1;
    end
    return bits;
  endfunction
  function automatic logic [BeatBytes-1:0] piece_mask(input logic [Kinds-1:0] kind);
    logic [BeatBytes-1:0] mask;
    mask = '0;
    for (int unsigned k = 0; k < Kinds; k++) begin
      for (int unsigned j = 0; j < BeatBytes; j++) begin
        if (kind[k] && j < (1 << ItemShift[k])) mask[j] = 1'b1;
      end
    end
    return mask;
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

  // Of the next piece to be read.
  logic             second_q;  // its rest lies in the next beat
  logic [ByteW-1:0] offset_q;  // of its first byte in its beat
  logic [PartW-1:0] part_q;    // its number in its item
  logic             to_end_q;  // it reaches the end of its beat
  logic             askew_q;   // it lies at no multiple of its size, as all of its kind do
  // The piece that was read, and what it completes.
  logic read_q, complete_q;
  logic [BeatBytes-1:0] lanes_q;
  logic [PartW-1:0] read_part_q;
  logic [TagW-1:0] read_tag_q;
  logic [BeatBytes-1:0][7:0] piece_q;
  // The item.
  logic valid_q;
  logic [TagW-1:0] tag_q;
  logic [Parts-1:0][BeatBytes-1:0][7:0] item_q;

  logic [ByteW-1:0] inner, inner_q, bytes;
  logic crosses, move, open, fill, piece_done;
  logic [2*BeatW-1:0] twice;
  logic [BeatBytes-1:0] lanes, mask;
  assign mask = piece_mask(kind_i);

  // Bytes of a piece, one more than those bits; 0: a whole beat.
  assign inner   = bits_within(kind_i);
  assign bytes   = ~inner_q & {inner_q[ByteW-2:0], 1'b1};
  assign crosses = to_end_q && askew_q;

  assign move       = !valid_q || item_ready_i;
  assign open       = !read_q || move;
  assign fill       = want_i && beat_valid_i && open;
  assign piece_done = fill && (second_q || !crosses);
  assign read_o     = piece_done && part_q == last_part(kind_i);
  // The beat is used up when the piece reaches its end or goes beyond it.
  assign beat_ready_o = (fill && !second_q && to_end_q) || (stop_i && offset_q != '0);

  assign twice = {beat_i, beat_i} >> {offset_q, 3'b000};
  for (genvar j = 0; j < BeatBytes; j++) begin : gen_lane
    // The second beat brings what lay beyond the first one's end, the first one what lay before it.
    if (j == 0) begin : gen_first
      assign lanes[j] = mask[j] && !second_q;
    end else begin : gen_other
      assign lanes[j] = mask[j] && (second_q == (offset_q >= ByteW'(BeatBytes - j)));
    end
  end

  assign empty_o      = !read_q && !valid_q;
  assign item_valid_o = valid_q;
  assign item_o       = item_q;
  assign item_tag_o   = tag_q;

  assign piece_valid_o = read_q && move;
  assign piece_o       = piece_q;
  assign piece_bytes_o = lanes_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      second_q <= 1'b0;
      part_q   <= '0;
      offset_q  <= '0;
      read_q   <= 1'b0;
      valid_q  <= 1'b0;
    end else begin
      if (fill) second_q <= crosses && !second_q;
      if (piece_done) begin
        part_q  <= part_q == last_part(kind_i) ? '0 : part_q + PartW'(1);
        offset_q <= offset_q + bytes;
      end
      if (start_i) offset_q <= offset_i;
      if (open) read_q <= fill;
      if (move) valid_q <= read_q && complete_q;
    end
  end

  // The bits above those within a piece count the pieces of a beat: all ones at the last, and one less
  // before it.
  always_ff @(posedge clk_i) begin
    to_end_q <= piece_done ? &(offset_q | inner | bytes) && (offset_q & bytes) == '0
                           : &(offset_q | inner);
    askew_q  <= (offset_q & inner) != '0;
    inner_q  <= inner;
  end

  // Until they are filled, it does not matter what stands in the lanes to be filled next.
  always_ff @(posedge clk_i) begin
    if (open) begin
      complete_q  <= read_o && keep_i;
      lanes_q     <= lanes;
      read_part_q <= part_q;
      read_tag_q  <= tag_i;
      piece_q     <= twice[BeatW-1:0];
    end
    if (move) tag_q <= read_tag_q;
    for (int unsigned p = 0; p < Parts; p++) begin
      for (int unsigned j = 0; j < BeatBytes; j++) begin
        if (move && read_part_q == PartW'(p) && lanes_q[j]) item_q[p][j] <= piece_q[j];
      end
    end
  end

  logic unused_twice;
  assign unused_twice = ^twice[2*BeatW-1:BeatW];

  `RS_ASSERT(QuietAtEdges, !(start_i || stop_i) || (empty_o && !second_q && part_q == '0))
  `RS_ASSERT(KindStands, !want_i || (inner_q == inner && to_end_q == &(offset_q | inner)))
  `RS_ASSERT(SkewStands, !want_i || askew_q == ((offset_q & inner) != '0))
  `RS_ASSERT(RestIsThere, !(stop_i && offset_q != '0) || beat_valid_i)
  `RS_ASSERT_STABLE(ItemStable, item_valid_o, item_ready_i, ({kind_i, item_tag_o}))

endmodule
