// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// The part of the weight memory that a row of the array reads, and the decoder of its row stream: a
/// register takes a row of a tile, whole or entry after entry, and then goes to the memory. Rows of a
/// block run apart.
///
/// An entry is a lane and a weight code; other weights of the row are zero. One whose lane is not
/// above that of the entry before begins the next tile. Two entries with the code of zero have a
/// meaning of their own: with the highest lane the tile ends, or nothing happens where it has ended;
/// with lane 0 it is a tile without weights, which ends with it.
///
/// Throughput: a row of a tile, or an entry, per cycle; a read per cycle.
/// Latency: 2 cycles from a row of a tile, or from the entry that begins the next, to `loaded_o`; 1 +
/// RamReg cycles of a read.
/// Handshake: rows, entries and reads are always taken.
/// Assumes: rows of tiles come only while no tile is open; `last_i` stays while entries come.
module rs_weight_row #(
  /// Lanes; a power of two, 2 at least.
  parameter int unsigned C = 4,
  /// Weight format.
  parameter int unsigned WeightFormat = 7,
  /// Micro-ops; a power of two.
  parameter int unsigned WmDepth = 512,
  /// A register after the memory.
  parameter bit RamReg = 1'b1,
  /// Derived.
  localparam int unsigned PtrW = $clog2(WmDepth) + 1,
  localparam int unsigned TermW = rs_spec_pkg::term_width(WeightFormat),
  localparam int unsigned LaneW = $clog2(C)
) (
  /// Clock.
  input  logic clk_i,
  /// Synchronous reset, active low.
  input  logic rst_ni,

  /// The row of a tile.
  input  logic                    tile_valid_i,
  input  logic [C-1:0][TermW-1:0] tile_i,
  /// An entry of the row stream; the stream of a block ends.
  input  logic                    entry_valid_i,
  input  logic [LaneW-1:0]        entry_lane_i,
  input  logic [TermW-1:0]        entry_code_i,
  input  logic                    end_i,

  /// The last tile that may come; it is further on than in the cycle before. A row of one more came, and
  /// was dropped.
  input  logic [PtrW-1:0] last_i,
  input  logic            more_i,
  output logic            fault_o,
  /// All rows up to the last are there, as of two cycles before.
  output logic            full_o,
  /// Behind the last row that is there.
  output logic [PtrW-1:0] loaded_o,

  /// Reads.
  input  logic                    read_i,
  input  logic [PtrW-2:0]         addr_i,
  output logic [C-1:0][TermW-1:0] row_o
);

  `RS_PARAM_CHECK(Lanes, C >= 2 && rs_pkg::is_power_of_two(C),
                  "C must be a power of two, 2 at least")
  `RS_PARAM_CHECK(Depth, rs_pkg::is_power_of_two(WmDepth), "WmDepth must be a power of two")

  localparam logic [TermW-1:0] Zero = TermW'(rs_spec_pkg::zero_code(WeightFormat));
  localparam logic [LaneW-1:0] HighestLane = LaneW'(C - 1);

  // What an entry means.
  logic is_zero, is_end, opens;
  logic [LaneW-1:0] lane_before_q;  // after the end of a tile the highest: all begin the next
  assign is_zero = entry_code_i == Zero;
  assign is_end  = is_zero && entry_lane_i == HighestLane;
  assign opens   = !is_end && entry_lane_i <= lane_before_q;

  logic tile_q, set_q, opens_q, end_q;
  logic [LaneW-1:0] lane_q;
  logic [TermW-1:0] code_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      tile_q        <= 1'b0;
      set_q         <= 1'b0;
      opens_q       <= 1'b0;
      end_q         <= 1'b0;
      lane_before_q <= HighestLane;
    end else begin
      tile_q  <= tile_valid_i;
      set_q   <= entry_valid_i && !is_end;
      opens_q <= entry_valid_i && opens;
      end_q   <= end_i;
      if (end_i) lane_before_q <= HighestLane;
      else if (entry_valid_i) begin
        lane_before_q <= is_zero && (is_end || entry_lane_i == '0) ? HighestLane : entry_lane_i;
      end
    end
  end
  always_ff @(posedge clk_i) begin
    lane_q <= entry_lane_i;
    code_q <= entry_code_i;
  end

  // The row that is being made. It goes to the memory when the next one begins.
  logic open_q, write;
  logic [C-1:0][TermW-1:0] row_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) open_q <= 1'b0;
    else open_q <= opens_q || (open_q && !end_q);
  end
  for (genvar c = 0; c < C; c++) begin : gen_lane
    always_ff @(posedge clk_i) begin
      if (tile_valid_i) row_q[c] <= tile_i[c];
      else if (set_q && lane_q == LaneW'(c)) row_q[c] <= code_q;
      else if (opens_q) row_q[c] <= Zero;
    end
  end

  logic row_done;
  logic [PtrW-1:0] ptr_q;
  assign row_done = tile_q || (open_q && (opens_q || end_q));
  assign write    = row_done && !full_o;

  assign loaded_o = ptr_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      ptr_q   <= '0;
      full_o  <= 1'b1;
      fault_o <= 1'b0;
    end else begin
      ptr_q   <= ptr_q + PtrW'(write);
      full_o  <= write ? ptr_q == last_i : full_o && !more_i;
      fault_o <= row_done && full_o;
    end
  end

  rs_ram_1r1w #(
    .Width(C * TermW),
    .Depth(WmDepth),
    .OutReg(RamReg)
  ) u_rows (
    .clk_i,
    .write_i(write),
    .waddr_i(ptr_q[PtrW-2:0]),
    .wdata_i(row_q),
    .read_i,
    .raddr_i(addr_i),
    .rdata_o(row_o)
  );

  `RS_ASSERT(OneAtATime, $onehot0({tile_valid_i, entry_valid_i, end_i}))
  `RS_ASSERT(TileAfterStream, !tile_valid_i || !(open_q || opens_q))

endmodule
