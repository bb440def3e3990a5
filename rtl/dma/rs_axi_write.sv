// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// AXI4 write master (one ID). A command and its beats become bursts with strobes for the partial
// first and last beat. AW and W go their own ways: W is offered whether or not AW has been taken.
// done_o comes after the command's last write response: its data is in memory then. One beat a
// cycle, up to MaxOutstanding bursts open, every bus output registered.
//
//   cmd -> splitter --> AW register, W list, B list          data -> realigner -> W skid buffer
//
// Errors: error_valid_o for one cycle with the burst's address and tag. halt_i: no new burst; those
// begun are completed with beats without strobes. It ends with a reset, once idle_o is high.

`include "rs_assert.svh"

module rs_axi_write #(
  /// Bits of a bus address.
  parameter int unsigned AxiAddrW = 40,
  /// Bits of a bus beat: 64, 128 or 256.
  parameter int unsigned AxiDataW = 64,
  /// Bursts open at a time.
  parameter int unsigned MaxOutstanding = 8,
  /// Longest burst in beats.
  parameter int unsigned MaxBurst = 16,
  /// Bits of a command's tag.
  parameter int unsigned TagW = 1
) (
  /// Clock.
  input  logic                  clk_i,
  /// Synchronous reset, active low; only while idle_o.
  input  logic                  rst_ni,
  /// No new burst, no strobes; held until the reset.
  input  logic                  halt_i,
  /// No burst open; nor a command inside, unless halted.
  output logic                  idle_o,
  /// Command: first byte, bytes (at least 1), tag. The next one is taken when this one's last burst
  /// has begun.
  input  logic                  cmd_valid_i,
  output logic                  cmd_ready_o,
  input  logic [AxiAddrW-1:0]   cmd_addr_i,
  input  logic [31:0]           cmd_bytes_i,
  input  logic [TagW-1:0]       cmd_tag_i,
  /// Data of the commands: byte 0 of a block is byte 0 of its first beat, last ends a block.
  input  logic                  data_valid_i,
  output logic                  data_ready_o,
  input  logic [AxiDataW-1:0]   data_i,
  input  logic                  data_last_i,
  /// A command is complete in memory.
  output logic                  done_o,
  /// A bad response: DECERR or SLVERR, the burst's address, the command's tag.
  output logic                  error_valid_o,
  output logic                  error_decerr_o,
  output logic [AxiAddrW-1:0]   error_addr_o,
  output logic [TagW-1:0]       error_tag_o,
  /// A beat was taken by the bus.
  output logic                  beat_o,
  /// AXI4 write address: INCR bursts of full beats.
  output logic [AxiAddrW-1:0]   m_axi_awaddr_o,
  output logic [7:0]            m_axi_awlen_o,
  output logic                  m_axi_awvalid_o,
  input  logic                  m_axi_awready_i,
  /// AXI4 write data.
  output logic [AxiDataW-1:0]   m_axi_wdata_o,
  output logic [AxiDataW/8-1:0] m_axi_wstrb_o,
  output logic                  m_axi_wlast_o,
  output logic                  m_axi_wvalid_o,
  input  logic                  m_axi_wready_i,
  /// AXI4 write response.
  input  logic [1:0]            m_axi_bresp_i,
  input  logic                  m_axi_bvalid_i,
  output logic                  m_axi_bready_o
);

  localparam int unsigned BeatBytes = AxiDataW / 8;
  localparam int unsigned ByteW = $clog2(BeatBytes);
  localparam int unsigned CountW = $clog2(MaxOutstanding + 1);

  // A command as its data needs it.
  typedef struct packed {
    logic [ByteW-1:0] shift;  // lane of the first byte
    logic             flush;  // the bus transfers one beat more than the block has
    logic [ByteW-1:0] tail;   // lane of the last byte
  } align_t;

  // A burst as its response needs it.
  typedef struct packed {
    logic                last;  // of its command
    logic [TagW-1:0]     tag;
    logic [AxiAddrW-1:0] addr;
  } burst_t;

  // Address channel.
  logic aw_valid_q, aw_free, issue;
  logic [AxiAddrW-1:0] aw_addr_q;
  logic [7:0]          aw_len_q;
  logic [TagW-1:0]     tag_q;
  logic split_ready, burst_valid, burst_last;
  logic [AxiAddrW-1:0] burst_addr;
  logic [7:0]          burst_len;
  align_t align_in, align;
  logic align_space, align_valid, align_done;
  logic [ByteW:0] last_lane;
  logic open_space, open_valid, list_space;
  burst_t open;
  logic [CountW-1:0] unused_open_count, unused_list_count;
  logic [2:0] unused_align_count;

  assign cmd_ready_o = split_ready && align_space;
  assign last_lane   = (ByteW + 1)'(cmd_addr_i[ByteW-1:0]) +
                       (ByteW + 1)'(ByteW'(cmd_bytes_i[ByteW-1:0] - ByteW'(1)));
  assign align_in    = '{shift: cmd_addr_i[ByteW-1:0], flush: last_lane[ByteW],
                         tail: last_lane[ByteW-1:0]};

  rs_burst_splitter #(
    .AxiAddrW(AxiAddrW),
    .AxiDataW(AxiDataW),
    .MaxBurst(MaxBurst)
  ) u_splitter (
    .clk_i,
    .rst_ni,
    .cmd_valid_i  (cmd_valid_i && align_space),
    .cmd_ready_o  (split_ready),
    .cmd_addr_i,
    .cmd_bytes_i,
    .burst_valid_o(burst_valid),
    .burst_ready_i(issue),
    .burst_addr_o (burst_addr),
    .burst_len_o  (burst_len),
    .burst_last_o (burst_last)
  );

  rs_fifo #(
    .Width($bits(align_t)),
    .Depth(4)
  ) u_align (
    .clk_i,
    .rst_ni,
    .in_valid_i (cmd_valid_i && split_ready),
    .in_ready_o (align_space),
    .in_data_i  (align_in),
    .out_valid_o(align_valid),
    .out_ready_i(align_done),
    .out_data_o (align),
    .count_o    (unused_align_count)
  );

  assign aw_free = !aw_valid_q || m_axi_awready_i;
  assign issue   = burst_valid && aw_free && open_space && list_space && !halt_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) aw_valid_q <= 1'b0;
    else if (aw_free) aw_valid_q <= issue;
  end
  always_ff @(posedge clk_i) begin
    if (cmd_valid_i && cmd_ready_o) tag_q <= cmd_tag_i;
    if (issue) begin
      aw_addr_q <= burst_addr;
      aw_len_q  <= burst_len;
    end
  end

  assign m_axi_awvalid_o = aw_valid_q;
  assign m_axi_awaddr_o  = aw_addr_q;
  assign m_axi_awlen_o   = aw_len_q;

  // Data channel: bursts begun, in order; a beat needs one of them.
  logic list_valid, list_done, list_last;
  logic [7:0] list_len, beat_q;
  logic aligned_valid, aligned_ready, aligned_first, aligned_last;
  logic [AxiDataW-1:0] aligned;
  logic [BeatBytes-1:0] first_strb, last_strb, strb;
  logic w_valid, w_ready, w_last;

  rs_fifo #(
    .Width(9),
    .Depth(MaxOutstanding)
  ) u_list (
    .clk_i,
    .rst_ni,
    .in_valid_i (issue),
    .in_ready_o (list_space),
    .in_data_i  ({burst_last, burst_len}),
    .out_valid_o(list_valid),
    .out_ready_i(list_done),
    .out_data_o ({list_last, list_len}),
    .count_o    (unused_list_count)
  );

  rs_realign #(
    .DataW(AxiDataW)
  ) u_realign (
    .clk_i,
    .rst_ni,
    .cmd_valid_i(align_valid),
    .cmd_ready_o(align_done),
    .cmd_shift_i(align.shift),
    .cmd_prime_i(1'b0),
    .cmd_flush_i(align.flush),
    .in_valid_i (data_valid_i),
    .in_ready_o (data_ready_o),
    .in_data_i  (data_i),
    .in_last_i  (data_last_i),
    .out_valid_o(aligned_valid),
    .out_ready_i(aligned_ready),
    .out_data_o (aligned),
    .out_first_o(aligned_first),
    .out_last_o (aligned_last)
  );

  assign first_strb = aligned_first ? '1 << align.shift : '1;
  assign last_strb  = aligned_last ? '1 >> ~align.tail : '1;
  assign strb       = halt_i ? '0 : first_strb & last_strb;

  assign w_valid       = list_valid && (aligned_valid || halt_i);
  assign aligned_ready = list_valid && w_ready && !halt_i;
  assign w_last        = beat_q == list_len;
  assign list_done     = w_valid && w_ready && w_last;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) beat_q <= '0;
    else if (w_valid && w_ready) beat_q <= w_last ? '0 : beat_q + 8'd1;
  end

  rs_skid #(
    .Width(AxiDataW + BeatBytes + 1)
  ) u_skid (
    .clk_i,
    .rst_ni,
    .in_valid_i (w_valid),
    .in_ready_o (w_ready),
    .in_data_i  ({aligned, strb, w_last}),
    .out_valid_o(m_axi_wvalid_o),
    .out_ready_i(m_axi_wready_i),
    .out_data_o ({m_axi_wdata_o, m_axi_wstrb_o, m_axi_wlast_o})
  );

  assign beat_o = m_axi_wvalid_o && m_axi_wready_i;

  // Responses.
  rs_fifo #(
    .Width($bits(burst_t)),
    .Depth(MaxOutstanding)
  ) u_open (
    .clk_i,
    .rst_ni,
    .in_valid_i (issue),
    .in_ready_o (open_space),
    .in_data_i  ({burst_last, tag_q, burst_addr}),
    .out_valid_o(open_valid),
    .out_ready_i(m_axi_bvalid_i),
    .out_data_o (open),
    .count_o    (unused_open_count)
  );

  assign m_axi_bready_o = 1'b1;
  assign done_o         = m_axi_bvalid_i && open.last && !m_axi_bresp_i[1] && !halt_i;
  assign error_valid_o  = m_axi_bvalid_i && m_axi_bresp_i[1] && !halt_i;
  assign error_decerr_o = m_axi_bresp_i[0];
  assign error_addr_o   = open.addr;
  assign error_tag_o    = open.tag;

  assign idle_o = !open_valid && (halt_i || (!align_valid && !burst_valid));

  `RS_ASSERT(ResponseToABurst, !m_axi_bvalid_i || open_valid)
  `RS_ASSERT(LastBeatAgrees,
             halt_i || !(aligned_valid && aligned_ready) || aligned_last == (w_last && list_last))
  `RS_ASSERT_STABLE(AwStable, m_axi_awvalid_o, m_axi_awready_i, ({m_axi_awaddr_o, m_axi_awlen_o}))
  `RS_ASSERT_STABLE(WStable, m_axi_wvalid_o, m_axi_wready_i, ({m_axi_wdata_o, m_axi_wstrb_o,
                                                               m_axi_wlast_o}))

endmodule
