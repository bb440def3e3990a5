// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// The weight memory: two rings of the same depth, micro-op headers and weight tiles, that LOAD
/// fills in order and EXEC reads and frees in order. Pointers have one bit more than an address, so
/// that full and empty differ. The memory of headers has a bank for each of the HeadersPerBeat
/// headers that come together, which are rotated to where the last ones ended.
///
/// With `Streams` tiles may also come as row streams, an entry for each row at a time. Each row of the
/// array then has a memory of its own (rs_weight_row); a tile is there when all its rows are.
///
/// Throughput: HeadersPerBeat headers and a tile or an entry for each row in, a header and a tile out
/// per cycle.
/// Latency: 1 cycle of a header read, 1 + RamReg cycles of a tile read.
/// Handshake: headers and tiles are streams that wait for room; entries and reads are always taken.
/// Assumes: only loaded micro-ops are read, and only loaded ones are freed; all headers of a block
/// come before its row streams, whose end is told, and the next headers four cycles after that or
/// later.
module rs_weight_buffer #(
  /// Rows and lanes, and the weight format.
  parameter int unsigned M = 4,
  parameter int unsigned C = 4,
  parameter int unsigned WeightFormat = 7,
  /// Micro-ops; a power of two.
  parameter int unsigned WmDepth = 512,
  /// A register after the memory of tiles.
  parameter bit RamReg = 1'b1,
  /// Headers that come together; a power of two.
  parameter int unsigned HeadersPerBeat = 1,
  /// Tiles may come as row streams.
  parameter bit Streams = 1'b1,
  /// Derived.
  localparam int unsigned TileW = rs_spec_pkg::tile_width(M, C, WeightFormat),
  localparam int unsigned EntryW = 8 * rs_spec_pkg::entry_bytes(C, WeightFormat),
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
  /// An entry for each row; the streams of a block end. They did not make the block's tiles.
  input  logic                     entry_valid_i,
  input  logic [M-1:0][EntryW-1:0] entry_i,
  input  logic                     stream_end_i,
  output logic                     stream_fault_o,

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

  logic [PtrW-1:0] header_ptr_q, tile_ptr_q, tile_next_q, free_ptr_q;
  logic [PtrW-1:0] room_q;  // micro-ops without a header
  logic [RowW-1:0] row;
  logic header_write, tile_write;
  logic streamed;  // row streams have made all tiles whose headers are there

  assign header_write = header_valid_i && header_ready_o;
  assign tile_write   = tile_valid_i && tile_ready_o;
  assign row          = header_ptr_q[PtrW-2:IndexW];

  // Room is worked out for both cases, a write and none: the streams' valid comes late. Where there is
  // not room for HeadersPerBeat, headers wait a cycle until their number is looked at.
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      header_ptr_q   <= '0;
      header_ready_o <= 1'b0;
      room_q         <= PtrW'(WmDepth);
      tile_ptr_q     <= '0;
      tile_next_q    <= PtrW'(1);
      tile_ready_o   <= 1'b0;
      free_ptr_q     <= '0;
    end else begin
      if (header_write) header_ptr_q <= header_ptr_q + PtrW'(header_count_i);
      room_q <= room_q - (header_write ? PtrW'(header_count_i) : '0) + PtrW'(free_i);
      header_ready_o <= header_write ? room_q >= PtrW'(2 * HeadersPerBeat)
                                     : room_q >= PtrW'(HeadersPerBeat) ||
                                       (header_valid_i && HeaderCountW'(room_q) >= header_count_i);
      if (tile_write || streamed) begin
        tile_ptr_q  <= tile_write ? tile_next_q : header_ptr_q;
        tile_next_q <= (tile_write ? tile_next_q : header_ptr_q) + PtrW'(1);
      end
      tile_ready_o <= tile_write ? tile_next_q != header_ptr_q : tile_ptr_q != header_ptr_q;
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

  if (Streams) begin : gen_rows
    localparam int unsigned TermW = rs_spec_pkg::term_width(WeightFormat);
    localparam int unsigned LaneW = $clog2(C);
    logic [M-1:0] ahead, full, fault;  // of each row
    logic [PtrW-1:0] loaded_q, last_q;  // last_q: the last micro-op that has a header
    logic more_q;
    logic [2:0] end_q;
    for (genvar m = 0; m < M; m++) begin : gen_row
      logic [PtrW-1:0] row_loaded;
      assign ahead[m] = row_loaded != loaded_q;
      rs_weight_row #(
        .C(C),
        .WeightFormat(WeightFormat),
        .WmDepth(WmDepth),
        .RamReg(RamReg)
      ) u_row (
        .clk_i,
        .rst_ni,
        .tile_valid_i (tile_write),
        .tile_i       (tile_i[m*C*TermW+:C*TermW]),
        .entry_valid_i,
        .entry_lane_i (entry_i[m][TermW+:LaneW]),
        .entry_code_i (entry_i[m][TermW-1:0]),
        .end_i        (stream_end_i),
        .last_i       (last_q),
        .more_i       (more_q),
        .fault_o      (fault[m]),
        .full_o       (full[m]),
        .loaded_o     (row_loaded),
        .read_i       (tile_read_i),
        .addr_i       (tile_addr_i),
        .row_o        (tile_o[m*C*TermW+:C*TermW])
      );
    end

    assign streamed = end_q[2];
    assign loaded_o = loaded_q;
    always_ff @(posedge clk_i) begin
      if (!rst_ni) begin
        loaded_q       <= '0;
        last_q         <= '1;
        more_q         <= 1'b0;
        end_q          <= '0;
        stream_fault_o <= 1'b0;
      end else begin
        if (&ahead) loaded_q <= loaded_q + PtrW'(1);
        if (header_write) last_q <= last_q + PtrW'(header_count_i);
        more_q         <= header_write;
        end_q          <= {end_q[1:0], stream_end_i};
        stream_fault_o <= fault != '0 || (end_q[2] && !(&full));
      end
    end

    logic unused_entry;
    assign unused_entry = ^entry_i;

    `RS_ASSERT(LastBeforeNext, last_q + PtrW'(1) == header_ptr_q)
    `RS_ASSERT(SomeHeaders, !header_write || header_count_i != '0)
    `RS_ASSERT(HeadersFirst, !header_write || !(entry_valid_i || stream_end_i || end_q != '0))
  end else begin : gen_tiles
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
    assign streamed       = 1'b0;
    assign loaded_o       = tile_ptr_q;
    assign stream_fault_o = 1'b0;

    logic unused_streams;
    assign unused_streams = ^{entry_valid_i, entry_i, stream_end_i};
  end

  // How far the reads are ahead of the oldest micro-op.
  logic [PtrW-2:0] header_ahead, tile_ahead;
  logic unused_ahead;
  assign header_ahead = header_addr_i - free_ptr_q[PtrW-2:0];
  assign tile_ahead   = tile_addr_i - free_ptr_q[PtrW-2:0];
  assign unused_ahead = ^{header_ahead, tile_ahead};

  `RS_ASSERT(FreeWhatIsLoaded, !free_i || free_ptr_q != loaded_o)
  `RS_ASSERT(HeaderIsLoaded, !header_read_i || {1'b0, header_ahead} < loaded_o - free_ptr_q)
  `RS_ASSERT(TileIsLoaded, !tile_read_i || {1'b0, tile_ahead} < loaded_o - free_ptr_q)

endmodule
