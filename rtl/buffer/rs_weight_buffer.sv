// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// The weight memory: two rings of the same depth, micro-op headers and weight tiles, that LOAD
/// fills in order and EXEC reads and frees in order. Pointers have one bit more than an address, so
/// that full and empty differ. The memory of headers has a bank for each of the HeadersPerBeat
/// headers that come together, which are rotated to where the last ones ended.
///
/// Throughput: HeadersPerBeat headers and a tile in, a header and a tile out per cycle.
/// Latency: 1 cycle of a header read, 1 + RamReg cycles of a tile read.
/// Handshake: both inputs are streams that wait for room; reads are always taken. Pointers have one
/// bit more than an address, so that full and empty differ. The memory of headers has a bank for
/// each of HeadersPerBeat headers that come together, which are turned to where the last ones
/// ended.
/// Assumes: only loaded micro-ops are read, and only loaded ones are freed.
module rs_weight_buffer #(
  /// Bits of a tile.
  parameter int unsigned TileW = 1024,
  /// Micro-ops; a power of two.
  parameter int unsigned WmDepth = 512,
  /// A register after the memory of tiles.
  parameter bit RamReg = 1'b1,
  /// Headers that come together; a power of two.
  parameter int unsigned HeadersPerBeat = 1,
  /// Derived.
  localparam int unsigned PtrW = $clog2(WmDepth) + 1,
  localparam int unsigned HeaderCountW = $clog2(HeadersPerBeat + 1)
) (
  /// Clock.
  input  logic clk_i,
  /// Synchronous reset, active low.
  input  logic rst_ni,

  /// From LOAD: micro-op headers, the first at the low end, how many there are; weight tiles.
  input  logic             header_valid_i,
  output logic             header_ready_o,
  input  logic [HeadersPerBeat*32-1:0] header_i,
  input  logic [HeaderCountW-1:0] header_count_i,
  input  logic             tile_valid_i,
  output logic             tile_ready_o,
  input  logic [TileW-1:0] tile_i,

  /// Behind the last micro-op that is loaded, header and tile.
  output logic [PtrW-1:0] loaded_o,
  /// The oldest micro-op will not be read again.
  input  logic            free_i,

  /// Reads of headers and tiles.
  input  logic             header_read_i,
  input  logic [PtrW-2:0]  header_addr_i,
  output logic [31:0]      header_o,
  input  logic             tile_read_i,
  input  logic [PtrW-2:0]  tile_addr_i,
  output logic [TileW-1:0] tile_o
);

  `RS_PARAM_CHECK(Depth, rs_pkg::is_power_of_two(WmDepth), "WmDepth must be a power of two")
  `RS_PARAM_CHECK(Headers, rs_pkg::is_power_of_two(HeadersPerBeat),
                  "HeadersPerBeat must be a power of two")

  localparam int unsigned IndexW = $clog2(HeadersPerBeat);
  localparam int unsigned RowW = PtrW - 1 - IndexW;  // of a row of headers

  logic [PtrW-1:0] header_ptr_q, tile_ptr_q, tile_next, free_ptr_q;
  logic [PtrW-1:0] room_q;  // micro-ops without a header
  logic [RowW-1:0] row;
  logic header_write, tile_write;

  assign header_write = header_valid_i && header_ready_o;
  assign tile_write   = tile_valid_i && tile_ready_o;
  assign row          = header_ptr_q[PtrW-2:IndexW];
  assign tile_next    = tile_ptr_q + PtrW'(1);
  assign loaded_o     = tile_ptr_q;

  // Room is worked out for both cases, a write and none: the streams' valid comes late. Where there is
  // not room for HeadersPerBeat, headers wait a cycle until their number is looked at.
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      header_ptr_q   <= '0;
      header_ready_o <= 1'b0;
      room_q         <= PtrW'(WmDepth);
      tile_ptr_q     <= '0;
      tile_ready_o   <= 1'b0;
      free_ptr_q     <= '0;
    end else begin
      if (header_write) header_ptr_q <= header_ptr_q + PtrW'(header_count_i);
      room_q <= room_q - (header_write ? PtrW'(header_count_i) : '0) + PtrW'(free_i);
      header_ready_o <= header_write ? room_q >= PtrW'(2 * HeadersPerBeat)
                                     : room_q >= PtrW'(HeadersPerBeat) ||
                                       (header_valid_i && room_q >= PtrW'(header_count_i));
      if (tile_write) tile_ptr_q <= tile_next;
      tile_ready_o <= tile_write ? tile_next != header_ptr_q : tile_ptr_q != header_ptr_q;
      free_ptr_q   <= free_ptr_q + PtrW'(free_i);
    end
  end

  logic [HeadersPerBeat-1:0][31:0] header_words;
  for (genvar b = 0; b < HeadersPerBeat; b++) begin : gen_bank
    logic write;
    logic [RowW-1:0] waddr;
    logic [31:0] wdata;
    if (HeadersPerBeat > 1) begin : gen_turned
      logic beyond;            // the bank's header is in the next row
      logic [IndexW-1:0] index;  // of the headers that come, the one for this bank
      assign {beyond, index} = (IndexW + 1)'(b) - (IndexW + 1)'(header_ptr_q[IndexW-1:0]);
      assign write = header_write && HeaderCountW'(index) < header_count_i;
      assign waddr = row + RowW'(beyond);
      assign wdata = header_i[index*32+:32];
    end else begin : gen_straight
      assign write = header_write;
      assign waddr = row;
      assign wdata = header_i;
    end
    rs_ram_1r1w #(
      .Width(32),
      .Depth(WmDepth / HeadersPerBeat)
    ) u_headers (
      .clk_i,
      .write_i(write),
      .waddr_i(waddr),
      .wdata_i(wdata),
      .read_i (header_read_i),
      .raddr_i(header_addr_i[PtrW-2:IndexW]),
      .rdata_o(header_words[b])
    );
  end
  if (HeadersPerBeat > 1) begin : gen_bank_read
    logic [IndexW-1:0] bank_q;
    always_ff @(posedge clk_i) if (header_read_i) bank_q <= header_addr_i[IndexW-1:0];
    assign header_o = header_words[bank_q];
  end else begin : gen_one_bank
    assign header_o = header_words;
  end

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

  // How far the reads are ahead of the oldest micro-op.
  logic [PtrW-2:0] header_ahead, tile_ahead;
  logic unused_ahead;
  assign header_ahead = header_addr_i - free_ptr_q[PtrW-2:0];
  assign tile_ahead   = tile_addr_i - free_ptr_q[PtrW-2:0];
  assign unused_ahead = ^{header_ahead, tile_ahead};

  `RS_ASSERT(FreeWhatIsLoaded, !free_i || free_ptr_q != tile_ptr_q)
  `RS_ASSERT(HeaderIsLoaded, !header_read_i || {1'b0, header_ahead} < tile_ptr_q - free_ptr_q)
  `RS_ASSERT(TileIsLoaded, !tile_read_i || {1'b0, tile_ahead} < tile_ptr_q - free_ptr_q)

endmodule
