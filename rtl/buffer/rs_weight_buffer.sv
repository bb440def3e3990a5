// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// The weight memory: two rings of the same depth, entry headers and weight tiles, that LOAD fills in
/// order while EXEC walks and frees them in order.
///
/// Throughput: a header and a tile in, a header and a tile out each cycle.
/// Latency: header read 1 cycle, tile read 1 + RamReg cycles.
/// Handshake: both inputs are streams that wait for room; reads are always taken.
/// Pointers have one bit more than an address, so that full and empty differ.
module rs_weight_buffer #(
  /// Bits of a tile.
  parameter int unsigned TileW = 1024,
  /// Entries; a power of two.
  parameter int unsigned WmDepth = 512,
  /// A register behind the memory of tiles.
  parameter bit RamReg = 1'b1,
  localparam int unsigned PtrW = $clog2(WmDepth) + 1
) (
  input  logic clk_i,
  input  logic rst_ni,

  input  logic             header_valid_i,
  output logic             header_ready_o,
  input  logic [31:0]      header_i,
  input  logic             tile_valid_i,
  output logic             tile_ready_o,
  input  logic [TileW-1:0] tile_i,

  /// Behind the last entry that is loaded, header and tile.
  output logic [PtrW-1:0] loaded_o,
  /// The oldest entry will not be read again.
  input  logic            free_i,

  input  logic             header_read_i,
  input  logic [PtrW-2:0]  header_addr_i,
  output logic [31:0]      header_o,
  input  logic             tile_read_i,
  input  logic [PtrW-2:0]  tile_addr_i,
  output logic [TileW-1:0] tile_o
);

  logic [PtrW-1:0] header_ptr_q, header_next, tile_ptr_q, tile_next, free_ptr_q;
  logic header_write, tile_write;

  assign header_write = header_valid_i && header_ready_o;
  assign tile_write   = tile_valid_i && tile_ready_o;
  assign header_next  = header_ptr_q + PtrW'(1);
  assign tile_next    = tile_ptr_q + PtrW'(1);
  assign loaded_o     = tile_ptr_q;

  // What becomes free shows a cycle late. Room is worked out for both cases, a write and none: the
  // streams' valid comes late.
  localparam logic [PtrW-1:0] Full = {1'b1, {(PtrW - 1) {1'b0}}};

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      header_ptr_q   <= '0;
      header_ready_o <= 1'b0;
      tile_ptr_q     <= '0;
      tile_ready_o   <= 1'b0;
      free_ptr_q     <= '0;
    end else begin
      if (header_write) header_ptr_q <= header_next;
      header_ready_o <= header_write ? (header_next ^ free_ptr_q) != Full
                                     : (header_ptr_q ^ free_ptr_q) != Full;
      if (tile_write) tile_ptr_q <= tile_next;
      tile_ready_o <= tile_write ? tile_next != header_ptr_q : tile_ptr_q != header_ptr_q;
      free_ptr_q   <= free_ptr_q + PtrW'(free_i);
    end
  end

  rs_ram_1r1w #(
    .Width(32),
    .Depth(WmDepth)
  ) u_headers (
    .clk_i,
    .write_i(header_write),
    .waddr_i(header_ptr_q[PtrW-2:0]),
    .wdata_i(header_i),
    .read_i (header_read_i),
    .raddr_i(header_addr_i),
    .rdata_o(header_o)
  );

  rs_ram_1r1w #(
    .Width(TileW),
    .Depth(WmDepth),
    .OutReg(RamReg)
  ) u_tiles (
    .clk_i,
    .write_i(tile_write),
    .waddr_i(tile_ptr_q[PtrW-2:0]),
    .wdata_i(tile_i),
    .read_i (tile_read_i),
    .raddr_i(tile_addr_i),
    .rdata_o(tile_o)
  );

  // Places of the reads behind the oldest entry.
  logic [PtrW-2:0] header_place, tile_place;
  logic unused_place;
  assign header_place = header_addr_i - free_ptr_q[PtrW-2:0];
  assign tile_place   = tile_addr_i - free_ptr_q[PtrW-2:0];
  assign unused_place = ^{header_place, tile_place};

  `RS_ASSERT(FreeWhatIsLoaded, !free_i || free_ptr_q != tile_ptr_q)
  `RS_ASSERT(HeaderIsLoaded, !header_read_i || {1'b0, header_place} < tile_ptr_q - free_ptr_q)
  `RS_ASSERT(TileIsLoaded, !tile_read_i || {1'b0, tile_place} < tile_ptr_q - free_ptr_q)

endmodule
