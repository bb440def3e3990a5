// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// One client's half of the read DMA: cuts its commands into bursts, offers a burst only when the
// client's FIFO has room for all its beats, realigns what comes back and keeps it in the FIFO. So
// a client that does not take its data never blocks the bus or another client.
//
//   cmd -> splitter -> burst (credit) .... bus .... beat -> realigner -> FIFO -> data
//
// Byte 0 of the block is byte 0 of beat 0; the bytes behind the block's end are zero.

`include "rs_assert.svh"

module rs_read_client #(
  /// Bits of a bus address.
  parameter int unsigned AxiAddrW = 40,
  /// Bits of a bus beat.
  parameter int unsigned AxiDataW = 64,
  /// Longest burst in beats.
  parameter int unsigned MaxBurst = 16,
  /// Bits of the client's tag, which travels with the bursts.
  parameter int unsigned TagW = 1,
  /// Beats of the FIFO, at least MaxBurst.
  parameter int unsigned FifoBeats = 64
) (
  /// Clock.
  input  logic                clk_i,
  /// Synchronous reset, active low.
  input  logic                rst_ni,
  /// Command: first byte, number of bytes (at least 1), tag.
  input  logic                cmd_valid_i,
  output logic                cmd_ready_o,
  input  logic [AxiAddrW-1:0] cmd_addr_i,
  input  logic [31:0]         cmd_bytes_i,
  input  logic [TagW-1:0]     cmd_tag_i,
  /// Burst for the bus; valid may go down again only by being taken.
  output logic                burst_valid_o,
  input  logic                burst_ready_i,
  output logic [AxiAddrW-1:0] burst_addr_o,
  output logic [7:0]          burst_len_o,
  output logic                burst_last_o,
  output logic [TagW-1:0]     burst_tag_o,
  /// Beat from the bus, in the order of the bursts; last: the last of a command.
  input  logic                beat_valid_i,
  output logic                beat_ready_o,
  input  logic [AxiDataW-1:0] beat_data_i,
  input  logic                beat_last_i,
  /// Realigned block, beat after beat.
  output logic                data_valid_o,
  input  logic                data_ready_i,
  output logic [AxiDataW-1:0] data_o,
  output logic                data_last_o,
  /// No command is inside (data may still be in the FIFO).
  output logic                idle_o
);

  localparam int unsigned ByteW = $clog2(AxiDataW / 8);
  localparam int unsigned CreditW = $clog2(FifoBeats + 1);
  localparam int unsigned Pending = 4;

  if (FifoBeats < MaxBurst) begin : gen_bad_fifo
    $error("rs_read_client: FifoBeats must be at least MaxBurst");
  end

  // How the realigner treats a command.
  typedef struct packed {
    logic [ByteW-1:0] shift;
    logic             prime;
    logic             flush;
    logic [ByteW-1:0] tail;  // last byte of the block in its beat
  } align_t;

  align_t align_in, align;
  logic align_valid, align_space, align_done;
  logic split_ready, split_valid, split_give;
  logic [TagW-1:0] tag_q;
  logic [ByteW-1:0] offset, tail;
  logic [ByteW:0] tail_end;

  // Commands are taken when both the splitter and the list of pending ones have room.
  assign cmd_ready_o = split_ready && align_space;

  assign offset         = cmd_addr_i[ByteW-1:0];
  assign tail           = cmd_bytes_i[ByteW-1:0] - ByteW'(1);
  assign tail_end       = (ByteW + 1)'(tail) + (ByteW + 1)'(offset);
  // Flush: the block has as many beats as the bus transfers; one is made after the last bus beat.
  assign align_in = '{shift: -offset, prime: offset != '0, flush: offset != '0 && !tail_end[ByteW],
                      tail: tail};

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
    .burst_valid_o(split_valid),
    .burst_ready_i(split_give),
    .burst_addr_o,
    .burst_len_o,
    .burst_last_o
  );

  always_ff @(posedge clk_i) begin
    if (cmd_valid_i && cmd_ready_o) tag_q <= cmd_tag_i;
  end
  assign burst_tag_o = tag_q;

  logic [$clog2(Pending+1)-1:0] unused_align_count;
  rs_fifo #(
    .Width($bits(align_t)),
    .Depth(Pending)
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

  assign idle_o = !align_valid;

  // Credits: free FIFO beats that no burst on its way has been promised. A command whose data needs
  // one beat less than the bus transfers gives that one back at its end.
  logic [CreditW-1:0] credit_q, cost;
  logic pop, give_back;

  assign cost          = CreditW'(burst_len_o) + CreditW'(1);
  assign burst_valid_o = split_valid && credit_q >= cost;
  assign split_give    = burst_ready_i && burst_valid_o;
  assign pop           = data_valid_o && data_ready_i;
  assign give_back     = align_done && align.prime && !align.flush;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) credit_q <= CreditW'(FifoBeats);
    else credit_q <= credit_q - (split_give ? cost : '0) + CreditW'(pop) + CreditW'(give_back);
  end

  logic realigned_valid, realigned_last, fifo_space, unused_first;
  logic [AxiDataW-1:0] realigned, mask;

  rs_realign #(
    .DataW(AxiDataW)
  ) u_realign (
    .clk_i,
    .rst_ni,
    .cmd_valid_i(align_valid),
    .cmd_ready_o(align_done),
    .cmd_shift_i(align.shift),
    .cmd_prime_i(align.prime),
    .cmd_flush_i(align.flush),
    .in_valid_i (beat_valid_i),
    .in_ready_o (beat_ready_o),
    .in_data_i  (beat_data_i),
    .in_last_i  (beat_last_i),
    .out_valid_o(realigned_valid),
    .out_ready_i(fifo_space),
    .out_data_o (realigned),
    .out_first_o(unused_first),
    .out_last_o (realigned_last)
  );

  assign mask = realigned_last ? '1 >> {~align.tail, 3'b000} : '1;

  logic [CreditW-1:0] unused_count;
  rs_fifo #(
    .Width(AxiDataW + 1),
    .Depth(FifoBeats)
  ) u_fifo (
    .clk_i,
    .rst_ni,
    .in_valid_i (realigned_valid),
    .in_ready_o (fifo_space),
    .in_data_i  ({realigned_last, realigned & mask}),
    .out_valid_o(data_valid_o),
    .out_ready_i(data_ready_i),
    .out_data_o ({data_last_o, data_o}),
    .count_o    (unused_count)
  );

  `RS_ASSERT(RoomWasReserved, !realigned_valid || fifo_space)
  `RS_ASSERT(CreditsFit, credit_q <= CreditW'(FifoBeats))
  `RS_ASSERT(BeatOfACommand, !beat_valid_i || align_valid)

endmodule
