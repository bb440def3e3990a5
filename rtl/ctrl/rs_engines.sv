// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// The moving half of rs_system: LOAD and STORE with their queues, the tokens, the two AXI masters
// and the shared DMA port of the feature buffer. Descriptor reads of the sequencer go through the
// same read master, as its first client.

module rs_engines
  import rs_spec_pkg::*;
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
  /// AXI data width in bits: 64, 128 or 256.
  parameter int unsigned AxiDataW = 64,
  /// Channels of an item of channel parameters; a divisor of M.
  parameter int unsigned ParamRecords = M,
  /// Descriptors that the sequencer has inside at most: what its read FIFO must hold.
  parameter int unsigned Ahead = 8,
  /// Bits of a bank number. Derived.
  localparam int unsigned BankW = $clog2(P),
  /// Bits of a word address. Derived.
  localparam int unsigned FbAddrW = $clog2(FbDepth)
) (
  /// Clock.
  input  logic                  clk_i,
  /// Synchronous reset, active low; only while both bus masters are quiet.
  input  logic                  rst_ni,
  /// No new burst; held until the reset.
  input  logic                  halt_i,

  /// Busy: axi write, axi read, store, load.
  output logic [3:0]            busy_o,
  /// Errors: STORE, LOAD, axi write, axi read.
  output error_t [3:0]          error_o,
  /// STORE reached the end of a frame.
  output logic                  frame_done_o,
  /// Beats on the bus: write, read.
  output logic [1:0]            beat_o,

  /// Initial tokens for LOAD and EXEC.
  input  logic                  credits_valid_i,
  input  logic [3:0]            load_credits_i,
  input  logic [3:0]            exec_credits_i,
  /// Descriptors for LOAD and STORE.
  input  logic                  load_valid_i,
  output logic                  load_ready_o,
  input  logic                  store_valid_i,
  output logic                  store_ready_o,
  input  transfer_t             transfer_i,
  /// Descriptor reads.
  input  logic                  fetch_valid_i,
  output logic                  fetch_ready_o,
  input  logic [AddrW-1:0]      fetch_addr_i,
  input  logic [31:0]           fetch_bytes_i,
  input  logic [IndexW-1:0]     fetch_tag_i,
  output logic                  fetch_data_valid_o,
  input  logic                  fetch_data_ready_i,
  output logic [AxiDataW-1:0]   fetch_data_o,

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

  /// A token from LOAD (from STORE) is there for EXEC.
  output logic                  load_token_o,
  output logic                  store_token_o,
  /// EXEC takes it, one cycle each, only while it is there.
  input  logic                  take_load_token_i,
  input  logic                  take_store_token_i,
  /// EXEC gives LOAD (STORE) a token, one cycle each.
  input  logic                  post_load_i,
  input  logic                  post_store_i,

  /// Channel parameters, ParamRecords channels; channel m at bits [m*64 +: 64].
  output logic                  param_valid_o,
  input  logic                  param_ready_i,
  output logic [ParamRecords*64-1:0] param_o,
  /// Entry headers.
  output logic                  header_valid_o,
  input  logic                  header_ready_i,
  output logic [31:0]           header_o,
  /// Weight tiles.
  output logic                  tile_valid_o,
  input  logic                  tile_ready_i,
  output logic [TileW-1:0]      tile_o,

  /// Feature-buffer DMA port: a word written (write_o) or read.
  output logic                  fb_valid_o,
  input  logic                  fb_ready_i,
  output logic                  fb_write_o,
  output logic [BankW-1:0]      fb_bank_o,
  output logic [FbAddrW-1:0]    fb_addr_o,
  output logic [M*ActW-1:0]     fb_wdata_o,
  /// Read data, in order of the reads, any fixed latency, cannot be stalled.
  input  logic                  fb_rvalid_i,
  input  logic [M*ActW-1:0]     fb_rdata_i
);

  // Descriptors fetched ahead fill the fetch FIFO; LOAD's FIFO holds 8 open bursts of 16 beats.
  localparam logic [15:0] FetchBeats = 16'(Ahead * DescriptorBytes * 8 / AxiDataW);
  localparam logic [15:0] LoadBeats = 16'(8 * 16);
  localparam int unsigned QueueDepth = 4;
  localparam int unsigned QueueCountW = $clog2(QueueDepth + 1);

  error_t read_error, write_error, load_error, store_error;
  logic load_busy, store_busy, read_idle, write_idle;
  transfer_t load_item, store_item;
  logic load_item_valid, load_item_ready, store_item_valid, store_item_ready;
  logic [QueueCountW-1:0] unused_load_count, unused_store_count;

  assign busy_o  = {!write_idle, !read_idle, store_busy, load_busy};
  assign error_o = {store_error, load_error, write_error, read_error};

  // Read clients: fetch [0], LOAD [1].
  logic [1:0] rd_valid, rd_ready, rd_data_valid, rd_data_ready, rd_data_last;
  logic [1:0][AddrW-1:0]    rd_addr;
  logic [1:0][31:0]         rd_bytes;
  logic [1:0][IndexW-1:0]   rd_tag;
  logic [1:0][AxiDataW-1:0] rd_data;

  assign rd_valid[0]        = fetch_valid_i;
  assign rd_addr[0]         = fetch_addr_i;
  assign rd_bytes[0]        = fetch_bytes_i;
  assign rd_tag[0]          = fetch_tag_i;
  assign rd_data_ready[0]   = fetch_data_ready_i;
  assign fetch_ready_o      = rd_ready[0];
  assign fetch_data_valid_o = rd_data_valid[0];
  assign fetch_data_o       = rd_data[0];

  rs_fifo #(
    .Width($bits(transfer_t)),
    .Depth(QueueDepth)
  ) u_load_queue (
    .clk_i,
    .rst_ni,
    .in_valid_i (load_valid_i),
    .in_ready_o (load_ready_o),
    .in_data_i  (transfer_i),
    .out_valid_o(load_item_valid),
    .out_ready_i(load_item_ready),
    .out_data_o (load_item),
    .count_o    (unused_load_count)
  );

  rs_fifo #(
    .Width($bits(transfer_t)),
    .Depth(QueueDepth)
  ) u_store_queue (
    .clk_i,
    .rst_ni,
    .in_valid_i (store_valid_i),
    .in_ready_o (store_ready_o),
    .in_data_i  (transfer_i),
    .out_valid_o(store_item_valid),
    .out_ready_i(store_item_ready),
    .out_data_o (store_item),
    .count_o    (unused_store_count)
  );

  // Tokens: EXEC to LOAD [0], LOAD to EXEC [1], EXEC to STORE [2], STORE to EXEC [3].
  logic [3:0] token_post, token_take, token;

  assign load_token_o  = token[1];
  assign store_token_o = token[3];
  assign token_take[1] = take_load_token_i;
  assign token_take[3] = take_store_token_i;
  assign token_post[0] = post_load_i;
  assign token_post[2] = post_store_i;

  rs_tokens u_tokens (
    .clk_i,
    .rst_ni,
    .init_i      (credits_valid_i),
    .init_count_i({8'(exec_credits_i), 8'd0, 8'd0, 8'(load_credits_i)}),
    .post_i      (token_post),
    .take_i      (token_take),
    .avail_o     (token)
  );

  // Engines.
  logic load_fb_valid, load_fb_ready, store_fb_valid, store_fb_ready;
  logic [BankW-1:0] load_fb_bank, store_fb_bank;
  logic [FbAddrW-1:0] load_fb_addr, store_fb_addr;
  logic wr_valid, wr_ready, wr_data_valid, wr_data_ready, wr_data_last, wr_done;
  logic [AddrW-1:0]    wr_addr;
  logic [31:0]         wr_bytes;
  logic [IndexW-1:0]   wr_tag;
  logic [AxiDataW-1:0] wr_data;

  rs_load #(
    .M(M),
    .P(P),
    .ActW(ActW),
    .TileW(TileW),
    .FbDepth(FbDepth),
    .AxiDataW(AxiDataW),
    .ParamRecords(ParamRecords)
  ) u_load (
    .clk_i,
    .rst_ni,
    .busy_o      (load_busy),
    .item_valid_i(load_item_valid),
    .item_ready_o(load_item_ready),
    .item_i      (load_item),
    .token_i     (token[0]),
    .take_token_o(token_take[0]),
    .post_exec_o (token_post[1]),
    .error_o     (load_error),
    .cmd_valid_o (rd_valid[1]),
    .cmd_ready_i (rd_ready[1]),
    .cmd_addr_o  (rd_addr[1]),
    .cmd_bytes_o (rd_bytes[1]),
    .cmd_tag_o   (rd_tag[1]),
    .data_valid_i(rd_data_valid[1]),
    .data_ready_o(rd_data_ready[1]),
    .data_i      (rd_data[1]),
    .data_last_i (rd_data_last[1]),
    .param_valid_o,
    .param_ready_i,
    .param_o,
    .header_valid_o,
    .header_ready_i,
    .header_o,
    .tile_valid_o,
    .tile_ready_i,
    .tile_o,
    .fb_valid_o  (load_fb_valid),
    .fb_ready_i  (load_fb_ready),
    .fb_bank_o   (load_fb_bank),
    .fb_addr_o   (load_fb_addr),
    .fb_data_o   (fb_wdata_o)
  );

  rs_store #(
    .M(M),
    .P(P),
    .ActW(ActW),
    .FbDepth(FbDepth),
    .AxiDataW(AxiDataW)
  ) u_store (
    .clk_i,
    .rst_ni,
    .busy_o      (store_busy),
    .item_valid_i(store_item_valid),
    .item_ready_o(store_item_ready),
    .item_i      (store_item),
    .token_i     (token[2]),
    .take_token_o(token_take[2]),
    .post_exec_o (token_post[3]),
    .frame_done_o(frame_done_o),
    .error_o     (store_error),
    .fb_valid_o  (store_fb_valid),
    .fb_ready_i  (store_fb_ready),
    .fb_bank_o   (store_fb_bank),
    .fb_addr_o   (store_fb_addr),
    .fb_rvalid_i,
    .fb_rdata_i,
    .cmd_valid_o (wr_valid),
    .cmd_ready_i (wr_ready),
    .cmd_addr_o  (wr_addr),
    .cmd_bytes_o (wr_bytes),
    .cmd_tag_o   (wr_tag),
    .data_valid_o(wr_data_valid),
    .data_ready_i(wr_data_ready),
    .data_o      (wr_data),
    .data_last_o (wr_data_last),
    .done_i      (wr_done)
  );

  rs_fb_port #(
    .BankW(BankW),
    .FbAddrW(FbAddrW)
  ) u_fb_port (
    .clk_i,
    .rst_ni,
    .load_valid_i (load_fb_valid),
    .load_ready_o (load_fb_ready),
    .load_bank_i  (load_fb_bank),
    .load_addr_i  (load_fb_addr),
    .store_valid_i(store_fb_valid),
    .store_ready_o(store_fb_ready),
    .store_bank_i (store_fb_bank),
    .store_addr_i (store_fb_addr),
    .fb_valid_o,
    .fb_ready_i,
    .fb_write_o,
    .fb_bank_o,
    .fb_addr_o
  );

  // Bus.
  logic read_error_decerr, write_error_decerr;

  assign read_error.cause  = read_error_decerr ? ErrReadDecerr : ErrReadSlverr;
  assign write_error.cause = write_error_decerr ? ErrWriteDecerr : ErrWriteSlverr;

  rs_axi_read #(
    .AxiDataW(AxiDataW),
    .TagW(IndexW),
    .FifoBeats({LoadBeats, FetchBeats})
  ) u_axi_read (
    .clk_i,
    .rst_ni,
    .halt_i        (halt_i),
    .idle_o        (read_idle),
    .cmd_valid_i   (rd_valid),
    .cmd_ready_o   (rd_ready),
    .cmd_addr_i    (rd_addr),
    .cmd_bytes_i   (rd_bytes),
    .cmd_tag_i     (rd_tag),
    .data_valid_o  (rd_data_valid),
    .data_ready_i  (rd_data_ready),
    .data_o        (rd_data),
    .data_last_o   (rd_data_last),
    .error_valid_o (read_error.valid),
    .error_decerr_o(read_error_decerr),
    .error_addr_o  (read_error.addr),
    .error_tag_o   (read_error.index),
    .beat_o        (beat_o[0]),
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

  rs_axi_write #(
    .AxiDataW(AxiDataW),
    .TagW(IndexW)
  ) u_axi_write (
    .clk_i,
    .rst_ni,
    .halt_i        (halt_i),
    .idle_o        (write_idle),
    .cmd_valid_i   (wr_valid),
    .cmd_ready_o   (wr_ready),
    .cmd_addr_i    (wr_addr),
    .cmd_bytes_i   (wr_bytes),
    .cmd_tag_i     (wr_tag),
    .data_valid_i  (wr_data_valid),
    .data_ready_o  (wr_data_ready),
    .data_i        (wr_data),
    .data_last_i   (wr_data_last),
    .done_o        (wr_done),
    .error_valid_o (write_error.valid),
    .error_decerr_o(write_error_decerr),
    .error_addr_o  (write_error.addr),
    .error_tag_o   (write_error.index),
    .beat_o        (beat_o[1]),
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

  logic unused_last;
  assign unused_last = rd_data_last[0];

endmodule
