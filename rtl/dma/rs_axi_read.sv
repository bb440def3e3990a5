// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// The AXI4 read master (one ID, answers in order): one command after the other becomes bursts,
/// whose beats come out of a FIFO as the bus gave them. A burst begins only when the FIFO has room
/// for the longest one, so data is taken from the bus at once and rready is always high. Up to
/// MaxOutstanding bursts are open, also of several commands.
///
///   command -> splitter -> AR, list of open bursts        R -> FIFO -> beats
///
/// Errors: fault_o for one cycle with the burst's address, and its tag. halt_i: no new burst; the
/// open ones are taken and dropped. It ends with a reset, which may come once idle_o is high.
///
/// Throughput: a beat per cycle.
/// Latency: 2 cycles from the last command word to the address on the bus; 2 + RamReg cycles from a
/// beat on the bus to `beat_o`.
/// Handshake: AXI4; beats are valid/ready; command words only while `busy_o` is low.
/// Assumes: the slave answers in order; the reset comes only while `idle_o`.
module rs_axi_read
  import rs_axi_pkg::*;
#(
  /// Bits of a bus beat.
  parameter int unsigned AxiDataW = 64,
  /// Bursts open at a time, a power of two and one more.
  parameter int unsigned MaxOutstanding = 9,
  /// Longest burst in beats.
  parameter int unsigned MaxBurst = 16,
  /// Beats of the FIFO, a power of two, at least two of the longest bursts.
  parameter int unsigned FifoBeats = 128,
  /// A register after the memory of beats.
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
  /// A bad response, and the command's tag.
  output fault_t              fault_o,
  output logic [TagW-1:0]     fault_tag_o,
  /// A beat was taken from the bus.
  output logic                taken_o,
  /// AXI4 read channels.
  output read_request_t       axi_o,
  input  read_response_t      axi_i,
  input  logic [AxiDataW-1:0] axi_rdata_i
);

  `RS_PARAM_CHECK(Open, rs_pkg::is_power_of_two(MaxOutstanding - 1),
                  "MaxOutstanding must be a power of two and one more")
  `RS_PARAM_CHECK(Fifo, rs_pkg::is_power_of_two(FifoBeats) && FifoBeats >= 2 * MaxBurst,
                  "FifoBeats must be a power of two, at least twice MaxBurst")

  localparam int unsigned ByteW = $clog2(AxiDataW / 8);
  localparam int unsigned BurstW = $clog2(MaxBurst);
  localparam int unsigned CreditW = $clog2(FifoBeats) + 1;

  // An open burst.
  typedef struct packed {
    logic [TagW-1:0]         tag;
    logic [AddrW-1:ByteW] beat;  // address of its first beat
  } burst_t;

  logic [TagW-1:0] tag_q;
  logic begin_burst, open_space, open_valid, open_done, fifo_space;
  burst_t open;

  // Credit: free beats of the FIFO that no burst has been promised.
  logic [CreditW-1:0] credit_q, less;
  logic room, issued, pop_q;

  assign room   = credit_q[CreditW-1:BurstW] != '0;
  assign issued = axi_o.arvalid && axi_i.arready;
  assign less   = issued ? ~CreditW'(axi_o.arlen) : '0;  // -(len + 1)

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      credit_q <= CreditW'(FifoBeats);
      pop_q    <= 1'b0;
    end else begin
      credit_q <= credit_q + less + CreditW'(pop_q);
      pop_q    <= beat_valid_o && beat_ready_i;
    end
  end

  always_ff @(posedge clk_i) begin
    if (set_i[2]) tag_q <= tag_i;
  end

  logic unused_last, unused_begun;
  rs_burst_splitter #(
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
    .valid_o (axi_o.arvalid),
    .ready_i (axi_i.arready),
    .addr_o  (axi_o.araddr),
    .len_o   (axi_o.arlen)
  );

  rs_fifo_ram #(
    .Width($bits(burst_t)),
    .Depth(MaxOutstanding - 1)
  ) u_open (
    .clk_i,
    .rst_ni,
    .in_valid_i (begin_burst),
    .in_ready_o (open_space),
    .in_data_i  ({tag_q, axi_o.araddr[AddrW-1:ByteW]}),
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
    .in_valid_i (axi_i.rvalid && !halt_i),
    .in_ready_o (fifo_space),
    .in_data_i  (axi_rdata_i),
    .out_valid_o(beat_valid_o),
    .out_ready_i(beat_ready_i),
    .out_data_o (beat_o)
  );

  assign axi_o.rready = 1'b1;
  assign taken_o        = axi_i.rvalid;
  assign open_done      = axi_i.rvalid && axi_i.rlast;

  assign fault_o = '{
      valid: axi_i.rvalid && axi_i.rresp[1] && !halt_i,
      decerr: axi_i.rresp[0],
      addr: {open.beat, ByteW'(0)}
  };
  assign fault_tag_o = open.tag;

  assign idle_o = !open_valid && !axi_o.arvalid && (halt_i || !busy_o);

  `RS_ASSERT(AnswerToABurst, !axi_i.rvalid || open_valid)
  `RS_ASSERT(RoomWasReserved, !axi_i.rvalid || fifo_space)
  `RS_ASSERT(CreditsFit, credit_q <= CreditW'(FifoBeats))

endmodule
