// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// The moving half of rs_frontend: LOAD and STORE, the tokens, the two AXI masters. Descriptors come through the same read master as LOAD's data.

module rs_dma
  import rs_ctrl_pkg::*;
#(
  /// Output channels (rows of the array), a power of two.
  parameter int unsigned M = 4,
  /// Pixels, and banks of the feature buffer.
  parameter int unsigned P = 3,
  /// Activation width in bits, 8 to 16.
  parameter int unsigned ActW = 8,
  /// Feature-buffer words a bank.
  parameter int unsigned FbDepth = 16384,
  /// Bits of a weight tile.
  parameter int unsigned TileW = 64,
  /// AXI data width in bits: 32, 64, 128 or 256.
  parameter int unsigned AxiDataW = 64,
  /// Channels of an item of channel parameters; a divisor of M.
  parameter int unsigned ParamRecords = M,
  /// Longest burst, in beats.
  parameter int unsigned MaxBurst = 16,
  /// Bursts open at a time, each way, a power of two and one more.
  parameter int unsigned MaxOutstanding = 9,
  /// Bits of the number of a descriptor slot.
  parameter int unsigned SlotW = 2,
  /// Registers behind block RAM.
  parameter bit RamReg = 1'b1,
  /// Words of a descriptor that arrive together, 1 or 2.
  parameter int unsigned DescWords = 1,
  /// Bits of a bank number. Derived.
  localparam int unsigned BankW = $clog2(P),
  /// Bits of a word address. Derived.
  localparam int unsigned FbAddrW = $clog2(FbDepth),
  /// Micro-op headers that come together, and bits of their number. Derived.
  localparam int unsigned HeadersPerBeat = rs_pkg::headers_per_beat(AxiDataW),
  localparam int unsigned HeaderCountW = $clog2(HeadersPerBeat + 1)
) (
  /// Clock.
  input  logic                  clk_i,
  /// Synchronous reset, active low; only while both bus masters are quiet.
  input  logic                  rst_ni,
  /// No new burst; held until the reset.
  input  logic                  halt_i,

  /// Busy: axi write, axi read.
  output logic [1:0]            busy_o,
  /// Beats on the bus: write, read.
  output logic [1:0]            beat_o,
  /// Bad responses: address, and slot of the descriptor that was read or whose data was.
  output logic                  read_error_o,
  output logic                  read_decerr_o,
  output logic [AddrW-1:0]      read_error_addr_o,
  output logic [SlotW-1:0]      read_error_slot_o,
  output logic                  write_error_o,
  output logic                  write_decerr_o,
  output logic [AddrW-1:0]      write_error_addr_o,

  /// The word bus and who takes its word, see rs_ring.
  input  logic [31:0]           word_i,
  input  logic [2:0]            read_set_i,
  input  logic [SlotW-1:0]      read_descs_i,
  input  logic [SlotW-1:0]      read_slot_i,
  output logic                  read_free_o,
  input  logic [1:0]            load_set_i,
  input  logic                  load_weights_i,
  output logic                  load_free_o,
  output logic                  load_done_o,
  input  logic [1:0]            store_set_i,
  input  logic [2:0]            write_set_i,
  output logic                  store_done_o,
  /// Words of descriptors.
  output logic                  desc_valid_o,
  input  logic                  desc_ready_i,
  output logic [DescWords*32-1:0] desc_o,

  /// Initial tokens: for LOAD from EXEC [3:0], for EXEC [7:4], for LOAD from STORE [11:8].
  input  logic                  credits_valid_i,
  input  logic [11:0]           credits_i,
  /// Tokens: what is there for LOAD, STORE, LOAD from STORE, EXEC (from LOAD, from STORE), what they take,
  /// what they give. One cycle each, taken only while it is there.
  output logic                  load_has_o,
  input  logic                  load_takes_i,
  input  logic                  load_posts_i,
  output logic                  store_has_o,
  input  logic                  store_takes_i,
  input  logic                  store_posts_i,
  output logic                  reload_has_o,
  input  logic                  reload_takes_i,
  input  logic                  reload_posts_i,
  output logic                  load_token_o,
  output logic                  store_token_o,
  input  logic                  take_load_token_i,
  input  logic                  take_store_token_i,
  input  logic                  post_load_i,
  input  logic                  post_store_i,

  /// AXI4 master: read address. INCR bursts of full beats (size and burst type are constant).
  output logic [AddrW-1:0]      m_axi_araddr_o,
  output logic [7:0]            m_axi_arlen_o,
  output logic                  m_axi_arvalid_o,
  input  logic                  m_axi_arready_i,
  /// AXI4 master: read data.
  input  logic [AxiDataW-1:0]   m_axi_rdata_i,
  input  logic [1:0]            m_axi_rresp_i,
  input  logic                  m_axi_rlast_i,
  input  logic                  m_axi_rvalid_i,
  output logic                  m_axi_rready_o,
  /// AXI4 master: write address.
  output logic [AddrW-1:0]      m_axi_awaddr_o,
  output logic [7:0]            m_axi_awlen_o,
  output logic                  m_axi_awvalid_o,
  input  logic                  m_axi_awready_i,
  /// AXI4 master: write data.
  output logic [AxiDataW-1:0]   m_axi_wdata_o,
  output logic [AxiDataW/8-1:0] m_axi_wstrb_o,
  output logic                  m_axi_wlast_o,
  output logic                  m_axi_wvalid_o,
  input  logic                  m_axi_wready_i,
  /// AXI4 master: write response.
  input  logic [1:0]            m_axi_bresp_i,
  input  logic                  m_axi_bvalid_i,
  output logic                  m_axi_bready_o,

  /// Channel parameters, ParamRecords channels; channel m at bits [m*64 +: 64].
  output logic                  param_valid_o,
  input  logic                  param_ready_i,
  output logic [ParamRecords*64-1:0] param_o,
  /// Micro-op headers, the first at the low end, and how many there are.
  output logic                  header_valid_o,
  input  logic                  header_ready_i,
  output logic [HeadersPerBeat*32-1:0] header_o,
  output logic [HeaderCountW-1:0] header_count_o,
  /// Weight tiles.
  output logic                  tile_valid_o,
  input  logic                  tile_ready_i,
  output logic [TileW-1:0]      tile_o,

  /// Feature-buffer words that LOAD writes.
  output logic                  fb_load_valid_o,
  input  logic                  fb_load_ready_i,
  output logic [BankW-1:0]      fb_load_bank_o,
  output logic [FbAddrW-1:0]    fb_load_addr_o,
  output logic [M*ActW-1:0]     fb_load_data_o,
  /// Those that STORE reads; their data, in order, after any fixed latency, cannot be stalled.
  output logic                  fb_store_valid_o,
  input  logic                  fb_store_ready_i,
  output logic [BankW-1:0]      fb_store_bank_o,
  output logic [FbAddrW-1:0]    fb_store_addr_o,
  input  logic                  fb_store_rvalid_i,
  input  logic [M*ActW-1:0]     fb_store_rdata_i
);

  // Commands of reads whose data is to come, at most.
  localparam int unsigned MaxCommands = 4;
  localparam int unsigned ByteW = $clog2(AxiDataW / 8);
  localparam int unsigned WordW = M * (ActW > 8 ? 16 : 8);
  localparam int unsigned PieceW = WordW < AxiDataW ? WordW : AxiDataW;

  rs_tokens u_tokens (
    .clk_i,
    .rst_ni,
    .init_i      (credits_valid_i),
    .init_count_i({
      8'(credits_i[11:8]), 8'(credits_i[7:4]), 8'd0, 8'd0, 8'(credits_i[3:0])
    }),
    .post_i      ({reload_posts_i, store_posts_i, post_store_i, load_posts_i, post_load_i}),
    .take_i      ({
      reload_takes_i, take_store_token_i, store_takes_i, take_load_token_i, load_takes_i
    }),
    .avail_o     ({reload_has_o, store_token_o, store_has_o, load_token_o, load_has_o})
  );

  // Reads.
  logic read_busy, read_idle, command_room;
  logic beat_valid, beat_ready;
  logic [AxiDataW-1:0] beat;
  logic [ByteW-1:0]    offset_q;  // of a command's first byte in its beat

  assign read_free_o = !read_busy && command_room;

  always_ff @(posedge clk_i) begin
    if (read_set_i[0]) offset_q <= word_i[ByteW-1:0];
  end

  rs_axi_read #(
    .AxiDataW(AxiDataW),
    .MaxOutstanding(MaxOutstanding),
    .MaxBurst(MaxBurst),
    .FifoBeats(8 * MaxBurst),
    .RamReg(RamReg),
    .TagW(SlotW)
  ) u_axi_read (
    .clk_i,
    .rst_ni,
    .halt_i,
    .idle_o        (read_idle),
    .word_i,
    .set_i         (read_set_i),
    .tag_i         (read_slot_i),
    .busy_o        (read_busy),
    .beat_valid_o  (beat_valid),
    .beat_ready_i  (beat_ready),
    .beat_o        (beat),
    .error_valid_o (read_error_o),
    .error_decerr_o(read_decerr_o),
    .error_addr_o  (read_error_addr_o),
    .error_tag_o   (read_error_slot_o),
    .taken_o       (beat_o[0]),
    .m_axi_araddr_o,
    .m_axi_arlen_o,
    .m_axi_arvalid_o,
    .m_axi_arready_i,
    .m_axi_rdata_i,
    .m_axi_rresp_i,
    .m_axi_rlast_i,
    .m_axi_rvalid_i,
    .m_axi_rready_o
  );

  rs_load #(
    .M(M),
    .P(P),
    .ActW(ActW),
    .TileW(TileW),
    .FbDepth(FbDepth),
    .AxiDataW(AxiDataW),
    .ParamRecords(ParamRecords),
    .MaxCommands(MaxCommands),
    .DescsW(SlotW),
    .DescWords(DescWords)
  ) u_load (
    .clk_i,
    .rst_ni,
    .command_i      (read_set_i[2]),
    .command_descs_i(read_descs_i),
    .command_offset_i(offset_q),
    .command_room_o (command_room),
    .word_i,
    .set_i          (load_set_i),
    .weights_i      (load_weights_i),
    .free_o         (load_free_o),
    .done_o         (load_done_o),
    .beat_valid_i   (beat_valid),
    .beat_ready_o   (beat_ready),
    .beat_i         (beat),
    .desc_valid_o,
    .desc_ready_i,
    .desc_o,
    .param_valid_o,
    .param_ready_i,
    .param_o,
    .header_valid_o,
    .header_ready_i,
    .header_o,
    .header_count_o,
    .tile_valid_o,
    .tile_ready_i,
    .tile_o,
    .fb_valid_o     (fb_load_valid_o),
    .fb_ready_i     (fb_load_ready_i),
    .fb_bank_o      (fb_load_bank_o),
    .fb_addr_o      (fb_load_addr_o),
    .fb_data_o      (fb_load_data_o)
  );

  // Writes.
  logic write_idle, piece_valid, piece_ready;
  logic [PieceW-1:0] piece;

  rs_store #(
    .M(M),
    .P(P),
    .ActW(ActW),
    .FbDepth(FbDepth),
    .AxiDataW(AxiDataW),
    .RamReg(RamReg)
  ) u_store (
    .clk_i,
    .rst_ni,
    .word_i,
    .set_i        (store_set_i),
    .fb_valid_o   (fb_store_valid_o),
    .fb_ready_i   (fb_store_ready_i),
    .fb_bank_o    (fb_store_bank_o),
    .fb_addr_o    (fb_store_addr_o),
    .fb_rvalid_i  (fb_store_rvalid_i),
    .fb_rdata_i   (fb_store_rdata_i),
    .piece_valid_o(piece_valid),
    .piece_ready_i(piece_ready),
    .piece_o      (piece)
  );

  rs_axi_write #(
    .AxiDataW(AxiDataW),
    .PieceW(PieceW),
    .MaxOutstanding(MaxOutstanding),
    .MaxBurst(MaxBurst)
  ) u_axi_write (
    .clk_i,
    .rst_ni,
    .halt_i,
    .idle_o        (write_idle),
    .word_i,
    .set_i         (write_set_i),
    .piece_valid_i (piece_valid),
    .piece_ready_o (piece_ready),
    .piece_i       (piece),
    .done_o        (store_done_o),
    .error_valid_o (write_error_o),
    .error_decerr_o(write_decerr_o),
    .error_addr_o  (write_error_addr_o),
    .taken_o       (beat_o[1]),
    .m_axi_awaddr_o,
    .m_axi_awlen_o,
    .m_axi_awvalid_o,
    .m_axi_awready_i,
    .m_axi_wdata_o,
    .m_axi_wstrb_o,
    .m_axi_wlast_o,
    .m_axi_wvalid_o,
    .m_axi_wready_i,
    .m_axi_bresp_i,
    .m_axi_bvalid_i,
    .m_axi_bready_o
  );

  assign busy_o = {!write_idle, !read_idle};

endmodule
