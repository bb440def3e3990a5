// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// AXI4 read master (one ID, answers in order): one command after the other becomes bursts, whose
// beats come out of a FIFO as the bus gave them. A burst begins only when the FIFO has room for
// the longest one, so data is taken from the bus at once and rready is always high. Up to
// MaxOutstanding bursts are open, also of several commands. One beat a cycle.
//
//   command -> splitter -> AR, list of open bursts        R -> FIFO -> beats
//
// Errors: error_valid_o for one cycle with the burst's address and tag. halt_i: no new burst; the
// open ones are taken and dropped. It ends with a reset, which may come once idle_o is high.

`include "rs_assert.svh"

module rs_axi_read #(
  /// Bits of a bus address.
  parameter int unsigned AxiAddrW = 40,
  /// Bits of a bus beat: 32, 64, 128 or 256.
  parameter int unsigned AxiDataW = 64,
  /// Bursts open at a time, a power of two and one more.
  parameter int unsigned MaxOutstanding = 9,
  /// Longest burst in beats.
  parameter int unsigned MaxBurst = 16,
  /// Beats of the FIFO, a power of two, at least two of the longest bursts.
  parameter int unsigned FifoBeats = 128,
  /// A register behind the memory of beats.
  parameter bit RamReg = 1'b1,
  /// Bits of a command's tag.
  parameter int unsigned TagW = 1
) (
  /// Clock.
  input  logic                clk_i,
  /// Synchronous reset, active low; only while idle_o.
  input  logic                rst_ni,
  /// No new burst, drop what arrives; held until the reset.
  input  logic                halt_i,
  /// No burst open; nor a command inside, unless halted.
  output logic                idle_o,
  /// Command words, see rs_burst_splitter; the tag comes with the last.
  input  logic [31:0]         word_i,
  input  logic [2:0]          set_i,
  input  logic [TagW-1:0]     tag_i,
  output logic                busy_o,
  /// Beats of the commands.
  output logic                beat_valid_o,
  input  logic                beat_ready_i,
  output logic [AxiDataW-1:0] beat_o,
  /// A bad response: DECERR or SLVERR, the burst's address, the command's tag.
  output logic                error_valid_o,
  output logic                error_decerr_o,
  output logic [AxiAddrW-1:0] error_addr_o,
  output logic [TagW-1:0]     error_tag_o,
  /// A beat was taken from the bus.
  output logic                taken_o,
  /// AXI4 read address: INCR bursts of full beats.
  output logic [AxiAddrW-1:0] m_axi_araddr_o,
  output logic [7:0]          m_axi_arlen_o,
  output logic                m_axi_arvalid_o,
  input  logic                m_axi_arready_i,
  /// AXI4 read data.
  input  logic [AxiDataW-1:0] m_axi_rdata_i,
  input  logic [1:0]          m_axi_rresp_i,
  input  logic                m_axi_rlast_i,
  input  logic                m_axi_rvalid_i,
  output logic                m_axi_rready_o
);

  localparam int unsigned ByteW = $clog2(AxiDataW / 8);
  localparam int unsigned BurstW = $clog2(MaxBurst);
  localparam int unsigned CreditW = $clog2(FifoBeats) + 1;

  if (FifoBeats < 2 * MaxBurst) begin : gen_bad_fifo
    $error("rs_axi_read: FifoBeats must be at least twice MaxBurst");
  end

  // An open burst.
  typedef struct packed {
    logic [TagW-1:0]         tag;
    logic [AxiAddrW-1:ByteW] beat;  // address of its first beat
  } burst_t;

  logic [TagW-1:0] tag_q;
  logic begin_burst, open_space, open_valid, open_done, fifo_space;
  burst_t open;

  // Credit: free beats of the FIFO that no burst has been promised.
  logic [CreditW-1:0] credit_q, cost;
  logic room, issued, pop_q;

  assign room   = credit_q[CreditW-1:BurstW] != '0;
  assign issued = m_axi_arvalid_o && m_axi_arready_i;
  assign cost   = issued ? CreditW'(m_axi_arlen_o) + CreditW'(1) : '0;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      credit_q <= CreditW'(FifoBeats);
      pop_q    <= 1'b0;
    end else begin
      credit_q <= credit_q - cost + CreditW'(pop_q);
      pop_q    <= beat_valid_o && beat_ready_i;
    end
  end

  always_ff @(posedge clk_i) begin
    if (set_i[2]) tag_q <= tag_i;
  end

  logic unused_last, unused_begun;
  rs_burst_splitter #(
    .AxiAddrW(AxiAddrW),
    .AxiDataW(AxiDataW),
    .MaxBurst(MaxBurst)
  ) u_splitter (
    .clk_i,
    .rst_ni,
    .word_i,
    .set_i,
    .busy_o,
    .enable_i(room && open_space && !halt_i),
    .begin_o (begin_burst),
    .last_o  (unused_last),
    .begun_o (unused_begun),
    .valid_o (m_axi_arvalid_o),
    .ready_i (m_axi_arready_i),
    .addr_o  (m_axi_araddr_o),
    .len_o   (m_axi_arlen_o)
  );

  rs_fifo_ram #(
    .Width($bits(burst_t)),
    .Depth(MaxOutstanding - 1)
  ) u_open (
    .clk_i,
    .rst_ni,
    .in_valid_i (begin_burst),
    .in_ready_o (open_space),
    .in_data_i  ({tag_q, m_axi_araddr_o[AxiAddrW-1:ByteW]}),
    .out_valid_o(open_valid),
    .out_ready_i(open_done),
    .out_data_o (open)
  );

  rs_fifo_ram #(
    .Width(AxiDataW),
    .Depth(FifoBeats),
    .OutReg(RamReg)
  ) u_fifo (
    .clk_i,
    .rst_ni,
    .in_valid_i (m_axi_rvalid_i && !halt_i),
    .in_ready_o (fifo_space),
    .in_data_i  (m_axi_rdata_i),
    .out_valid_o(beat_valid_o),
    .out_ready_i(beat_ready_i),
    .out_data_o (beat_o)
  );

  assign m_axi_rready_o = 1'b1;
  assign taken_o        = m_axi_rvalid_i;
  assign open_done      = m_axi_rvalid_i && m_axi_rlast_i;

  assign error_valid_o  = m_axi_rvalid_i && m_axi_rresp_i[1] && !halt_i;
  assign error_decerr_o = m_axi_rresp_i[0];
  assign error_addr_o   = {open.beat, ByteW'(0)};
  assign error_tag_o    = open.tag;

  assign idle_o = !open_valid && !m_axi_arvalid_o && (halt_i || !busy_o);

  `RS_ASSERT(AnswerToABurst, !m_axi_rvalid_i || open_valid)
  `RS_ASSERT(RoomWasReserved, !m_axi_rvalid_i || fifo_space)
  `RS_ASSERT(CreditsFit, credit_q <= CreditW'(FifoBeats))

endmodule
