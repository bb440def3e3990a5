// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// rs_axi_read with rs_unpack behind it, with the bus names that the harness knows: a command port
// of address and bytes, whose words it makes, and the blocks in aligned pieces.

module rs_axi_read_bench #(
  parameter int unsigned AxiDataW = 64,
  parameter int unsigned PieceW = 64
) (
  input  logic                clk_i,
  input  logic                rst_ni,
  input  logic                halt_i,
  output logic                idle_o,
  input  logic                cmd_valid_i,
  output logic                cmd_ready_o,
  input  logic [39:0]         cmd_addr_i,
  input  logic [31:0]         cmd_bytes_i,
  input  logic [7:0]          cmd_tag_i,
  output logic                data_valid_o,
  input  logic                data_ready_i,
  output logic [PieceW-1:0]   data_o,
  output logic                data_last_o,
  output logic                error_valid_o,
  output logic                error_decerr_o,
  output logic [39:0]         error_addr_o,
  output logic [7:0]          error_tag_o,
  output logic                beat_o,
  output logic [39:0]         m_axi_araddr,
  output logic [7:0]          m_axi_arlen,
  output logic [2:0]          m_axi_arsize,
  output logic [1:0]          m_axi_arburst,
  output logic                m_axi_arvalid,
  input  logic                m_axi_arready,
  input  logic [AxiDataW-1:0] m_axi_rdata,
  input  logic [1:0]          m_axi_rresp,
  input  logic                m_axi_rlast,
  input  logic                m_axi_rvalid,
  output logic                m_axi_rready
);

  localparam int unsigned ByteW = $clog2(AxiDataW / 8);
  localparam int unsigned BurstOffsetW = ByteW + 4;

  assign m_axi_arsize  = 3'(ByteW);
  assign m_axi_arburst = 2'b01;

  // The bus.
  rs_axi_pkg::read_request_t request;
  rs_axi_pkg::read_response_t response;
  rs_axi_pkg::fault_t fault;
  assign {m_axi_araddr, m_axi_arlen, m_axi_arvalid, m_axi_rready} = request;
  assign response = {m_axi_arready, m_axi_rresp, m_axi_rlast, m_axi_rvalid};
  assign {error_valid_o, error_decerr_o, error_addr_o} = fault;

  // Command words.
  logic [1:0] step_q;  // the word that is given next
  logic busy, list_space;
  logic [31:0] word;
  logic [2:0]  set;

  always_comb begin
    set = '0;
    if (cmd_valid_i && !busy && list_space) set[step_q] = 1'b1;
    unique case (step_q)
      2'd0:    word = cmd_addr_i[31:0];
      2'd1:    word = 32'(cmd_addr_i[39:32]);
      default: word = -(32'(cmd_addr_i[BurstOffsetW-1:0]) + cmd_bytes_i);
    endcase
  end
  assign cmd_ready_o = set[2];
  always_ff @(posedge clk_i) begin
    if (!rst_ni || set[2]) step_q <= '0;
    else if (set != '0) step_q <= step_q + 2'd1;
  end

  // Blocks: offset of the first byte, bytes.
  logic list_valid, block_done, start;
  logic [ByteW-1:0] offset;
  logic [31:0]      bytes;
  rs_fifo #(
    .Width(ByteW + 32),
    .Depth(4)
  ) u_list (
    .clk_i,
    .rst_ni,
    .in_valid_i (set[2]),
    .in_ready_o (list_space),
    .in_data_i  ({cmd_addr_i[ByteW-1:0], cmd_bytes_i}),
    .out_valid_o(list_valid),
    .out_ready_i(block_done),
    .out_data_o ({offset, bytes})
  );

  logic active_q, first_q, left_q;  // nothing is wanted in the first cycle of a block
  logic [31:0] byte_q;  // of the block, before the piece that is read next
  logic beat_valid, beat_ready, at_end, read, empty;
  logic [AxiDataW-1:0] beat, item;

  assign start       = list_valid && !active_q;
  assign at_end      = byte_q + PieceW / 8 >= bytes;
  assign data_o      = item[PieceW-1:0];
  assign block_done  = active_q && !first_q && !left_q && empty;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
      first_q  <= 1'b0;
      left_q   <= 1'b0;
    end else begin
      active_q <= start || (active_q && !block_done);
      first_q  <= start;
      if (first_q) left_q <= 1'b1;
      else if (read && at_end) left_q <= 1'b0;
    end
  end
  always_ff @(posedge clk_i) begin
    if (start) byte_q <= '0;
    else if (read) byte_q <= byte_q + PieceW / 8;
  end

  logic unused_item;
  assign unused_item = ^item;

  rs_axi_read #(
    .AxiDataW(AxiDataW),
    .TagW(8)
  ) u_dut (
    .clk_i,
    .rst_ni,
    .halt_i,
    .idle_o,
    .word_i         (word),
    .set_i          (set),
    .tag_i          (cmd_tag_i),
    .busy_o         (busy),
    .beat_valid_o   (beat_valid),
    .beat_ready_i   (beat_ready),
    .beat_o         (beat),
    .fault_o        (fault),
    .fault_tag_o    (error_tag_o),
    .taken_o        (beat_o),
    .axi_o          (request),
    .axi_i          (response),
    .axi_rdata_i    (m_axi_rdata)
  );

  rs_unpack #(
    .BeatW(AxiDataW),
    .ItemW(AxiDataW),
    .Kinds(1),
    .ItemShift(4'($clog2(PieceW / 8)))
  ) u_unpack (
    .clk_i,
    .rst_ni,
    .start_i     (start),
    .offset_i    (offset),
    .stop_i      (block_done),
    .want_i      (active_q && left_q),
    .kind_i      (1'b1),
    .keep_i      (1'b1),
    .tag_i       (at_end),
    .read_o      (read),
    .empty_o     (empty),
    .beat_valid_i(beat_valid),
    .beat_ready_o(beat_ready),
    .beat_i      (beat),
    .item_valid_o(data_valid_o),
    .item_ready_i(data_ready_i),
    .item_o      (item),
    .item_tag_o  (data_last_o)
  );

endmodule
