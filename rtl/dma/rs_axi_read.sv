// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// AXI4 read master for several clients (one ID, answers in order). The lowest client with a burst
// ready goes first; a client whose FIFO is full has none ready, so that none waits for another's.
// Up to MaxOutstanding bursts are open. One beat a cycle; every bus output is registered.
//
//   client k: rs_read_client ---burst---> AR register, list of open bursts
//             rs_read_client <---beat---- R skid buffer
//
// Errors: error_valid_o for one cycle with the burst's address and tag. halt_i: no new burst; the
// open ones are taken and dropped. It ends with a reset, which may come once idle_o is high.

`include "rs_assert.svh"

module rs_axi_read #(
  /// Bits of a bus address.
  parameter int unsigned AxiAddrW = 40,
  /// Bits of a bus beat: 64, 128 or 256.
  parameter int unsigned AxiDataW = 64,
  /// Bursts open at a time.
  parameter int unsigned MaxOutstanding = 8,
  /// Longest burst in beats.
  parameter int unsigned MaxBurst = 16,
  /// Number of clients.
  parameter int unsigned Clients = 2,
  /// Bits of a command's tag.
  parameter int unsigned TagW = 1,
  /// FIFO beats of each client.
  parameter logic [Clients-1:0][15:0] FifoBeats = {16'd128, 16'd64}
) (
  /// Clock.
  input  logic                             clk_i,
  /// Synchronous reset, active low; only while idle_o.
  input  logic                             rst_ni,
  /// No new burst, drop what arrives; held until the reset.
  input  logic                             halt_i,
  /// No burst open; nor a command inside, unless halted.
  output logic                             idle_o,
  /// Commands of each client: first byte, bytes (at least 1), tag.
  input  logic [Clients-1:0]               cmd_valid_i,
  output logic [Clients-1:0]               cmd_ready_o,
  input  logic [Clients-1:0][AxiAddrW-1:0] cmd_addr_i,
  input  logic [Clients-1:0][31:0]         cmd_bytes_i,
  input  logic [Clients-1:0][TagW-1:0]     cmd_tag_i,
  /// Data of each client; byte 0 of a block is byte 0 of its first beat, last ends it.
  output logic [Clients-1:0]               data_valid_o,
  input  logic [Clients-1:0]               data_ready_i,
  output logic [Clients-1:0][AxiDataW-1:0] data_o,
  output logic [Clients-1:0]               data_last_o,
  /// A bad response: DECERR or SLVERR, the burst's address, the command's tag.
  output logic                             error_valid_o,
  output logic                             error_decerr_o,
  output logic [AxiAddrW-1:0]              error_addr_o,
  output logic [TagW-1:0]                  error_tag_o,
  /// A beat was taken from the bus.
  output logic                             beat_o,
  /// AXI4 read address: INCR bursts of full beats.
  output logic [AxiAddrW-1:0]              m_axi_araddr_o,
  output logic [7:0]                       m_axi_arlen_o,
  output logic                             m_axi_arvalid_o,
  input  logic                             m_axi_arready_i,
  /// AXI4 read data.
  input  logic [AxiDataW-1:0]              m_axi_rdata_i,
  input  logic [1:0]                       m_axi_rresp_i,
  input  logic                             m_axi_rlast_i,
  input  logic                             m_axi_rvalid_i,
  output logic                             m_axi_rready_o
);

  localparam int unsigned ClientW = (Clients > 1) ? $clog2(Clients) : 1;

  // An open burst.
  typedef struct packed {
    logic [ClientW-1:0]  client;
    logic                last;  // of its command
    logic [TagW-1:0]     tag;
    logic [AxiAddrW-1:0] addr;
  } burst_t;

  // Clients.
  logic [Clients-1:0] burst_valid, burst_ready, burst_last;
  logic [Clients-1:0][AxiAddrW-1:0] burst_addr;
  logic [Clients-1:0][7:0]          burst_len;
  logic [Clients-1:0][TagW-1:0]     burst_tag;
  logic [Clients-1:0] beat_valid, beat_ready, client_idle;
  logic [AxiDataW-1:0]              beat_data;
  logic                             beat_last;

  for (genvar k = 0; k < Clients; k++) begin : gen_client
    rs_read_client #(
      .AxiAddrW(AxiAddrW),
      .AxiDataW(AxiDataW),
      .MaxBurst(MaxBurst),
      .TagW(TagW),
      .FifoBeats(32'(FifoBeats[k]))
    ) u_client (
      .clk_i,
      .rst_ni,
      .cmd_valid_i  (cmd_valid_i[k]),
      .cmd_ready_o  (cmd_ready_o[k]),
      .cmd_addr_i   (cmd_addr_i[k]),
      .cmd_bytes_i  (cmd_bytes_i[k]),
      .cmd_tag_i    (cmd_tag_i[k]),
      .burst_valid_o(burst_valid[k]),
      .burst_ready_i(burst_ready[k]),
      .burst_addr_o (burst_addr[k]),
      .burst_len_o  (burst_len[k]),
      .burst_last_o (burst_last[k]),
      .burst_tag_o  (burst_tag[k]),
      .beat_valid_i (beat_valid[k]),
      .beat_ready_o (beat_ready[k]),
      .beat_data_i  (beat_data),
      .beat_last_i  (beat_last),
      .data_valid_o (data_valid_o[k]),
      .data_ready_i (data_ready_i[k]),
      .data_o       (data_o[k]),
      .data_last_o  (data_last_o[k]),
      .idle_o       (client_idle[k])
    );
  end

  // Address channel.
  logic ar_valid_q, ar_free, issue;
  logic [AxiAddrW-1:0] ar_addr_q;
  logic [7:0] ar_len_q, pick_len;
  burst_t pick, open;
  logic open_space, open_valid, open_done;

  always_comb begin
    pick     = '0;
    pick_len = '0;
    for (int k = int'(Clients) - 1; k >= 0; k--) begin
      if (burst_valid[k]) begin
        pick     = '{client: ClientW'(k), last: burst_last[k], tag: burst_tag[k],
                     addr: burst_addr[k]};
        pick_len = burst_len[k];
      end
    end
  end

  assign ar_free = !ar_valid_q || m_axi_arready_i;
  assign issue   = |burst_valid && ar_free && open_space && !halt_i;
  for (genvar k = 0; k < Clients; k++) begin : gen_ready
    assign burst_ready[k] = issue && pick.client == ClientW'(k);
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) ar_valid_q <= 1'b0;
    else if (ar_free) ar_valid_q <= issue;
  end
  always_ff @(posedge clk_i) begin
    if (issue) begin
      ar_addr_q <= pick.addr;
      ar_len_q  <= pick_len;
    end
  end

  assign m_axi_arvalid_o = ar_valid_q;
  assign m_axi_araddr_o  = ar_addr_q;
  assign m_axi_arlen_o   = ar_len_q;

  logic [$clog2(MaxOutstanding+1)-1:0] unused_open_count;
  rs_fifo #(
    .Width($bits(burst_t)),
    .Depth(MaxOutstanding)
  ) u_open (
    .clk_i,
    .rst_ni,
    .in_valid_i (issue),
    .in_ready_o (open_space),
    .in_data_i  (pick),
    .out_valid_o(open_valid),
    .out_ready_i(open_done),
    .out_data_o (open),
    .count_o    (unused_open_count)
  );

  // Data channel.
  logic r_valid, r_ready, r_last;
  logic [1:0] r_resp;

  rs_skid #(
    .Width(AxiDataW + 3)
  ) u_skid (
    .clk_i,
    .rst_ni,
    .in_valid_i (m_axi_rvalid_i),
    .in_ready_o (m_axi_rready_o),
    .in_data_i  ({m_axi_rdata_i, m_axi_rresp_i, m_axi_rlast_i}),
    .out_valid_o(r_valid),
    .out_ready_i(r_ready),
    .out_data_o ({beat_data, r_resp, r_last})
  );

  for (genvar k = 0; k < Clients; k++) begin : gen_beat
    assign beat_valid[k] = r_valid && open_valid && open.client == ClientW'(k) && !halt_i;
  end
  assign r_ready   = open_valid && (halt_i || |(beat_valid & beat_ready));
  assign beat_o    = r_valid && r_ready;
  assign beat_last = r_last && open.last;
  assign open_done = beat_o && r_last;

  assign error_valid_o  = beat_o && r_resp[1] && !halt_i;
  assign error_decerr_o = r_resp[0];
  assign error_addr_o   = open.addr;
  assign error_tag_o    = open.tag;

  assign idle_o = !open_valid && !ar_valid_q && (halt_i || &client_idle);

  `RS_ASSERT(AnswerToABurst, !r_valid || open_valid)
  `RS_ASSERT_STABLE(ArStable, m_axi_arvalid_o, m_axi_arready_i, ({m_axi_araddr_o, m_axi_arlen_o}))

endmodule
