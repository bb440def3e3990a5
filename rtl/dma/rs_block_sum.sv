// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// The checksum of a weight block: the sum of its 32-bit words and of a number that makes it a
/// constant. Pieces of the block are added up in a tree with a register after each adder, then to
/// the sum so far.
///
/// Throughput: a piece per cycle.
/// Latency: log2(words of a piece) + 2 cycles from the end to the fault.
/// Handshake: pulses, in order: start, pieces, end; a start may follow an end at once.
/// Assumes: `checksum_i` stays for as many cycles as the tree has stages.
module rs_block_sum #(
  /// Bits of a piece; a power of two of words.
  parameter int unsigned PieceW = 64
) (
  /// Clock.
  input  logic                clk_i,
  /// Synchronous reset, active low.
  input  logic                rst_ni,
  /// A block begins: its checksum.
  input  logic                start_i,
  input  logic [31:0]         checksum_i,
  /// A piece of it, and which of its bytes are there.
  input  logic                piece_valid_i,
  input  logic [PieceW-1:0]   piece_i,
  input  logic [PieceW/8-1:0] piece_bytes_i,
  /// It ends.
  input  logic                end_i,
  /// Its sum is wrong, for one cycle.
  output logic                fault_o
);

  localparam int unsigned Words = PieceW / 32;
  localparam int unsigned Levels = $clog2(Words);

  `RS_PARAM_CHECK(Words, PieceW >= 32 && rs_pkg::is_power_of_two(PieceW),
                  "PieceW must be a power of two, 32 at least")

  typedef struct packed {
    logic start;
    logic add;
    logic last;
  } step_t;
  step_t [Levels:0] step;
  logic [Levels:0][Words-1:0][31:0] part;  // of level l the lower Words >> l are there

  assign step[0] = '{start: start_i, add: piece_valid_i, last: end_i};
  for (genvar w = 0; w < Words; w++) begin : gen_word
    for (genvar b = 0; b < 4; b++) begin : gen_byte
      assign part[0][w][8*b+:8] = piece_i[8*(4*w+b)+:8] & {8{piece_bytes_i[4*w+b]}};
    end
  end
  for (genvar l = 1; l <= Levels; l++) begin : gen_level
    step_t step_q;
    always_ff @(posedge clk_i) begin
      if (!rst_ni) step_q <= '0;
      else step_q <= step[l-1];
    end
    assign step[l] = step_q;
    for (genvar w = 0; w < Words; w++) begin : gen_sum
      if (w < Words >> l) begin : gen_adder
        logic [31:0] sum_q;
        always_ff @(posedge clk_i) sum_q <= part[l-1][2*w] + part[l-1][2*w+1];
        assign part[l][w] = sum_q;
      end else begin : gen_none
        assign part[l][w] = '0;
      end
    end
  end

  logic [31:0] sum_q;
  logic last_q;
  always_ff @(posedge clk_i) begin
    if (step[Levels].start) sum_q <= checksum_i;
    else if (step[Levels].add) sum_q <= sum_q + part[Levels][0];
  end
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      last_q  <= 1'b0;
      fault_o <= 1'b0;
    end else begin
      last_q  <= step[Levels].last;
      fault_o <= last_q && sum_q != rs_spec_pkg::DescriptorSum;
    end
  end

  logic unused_part;
  assign unused_part = ^part;

  `RS_ASSERT(OneStep, $onehot0({start_i, piece_valid_i, end_i}))

endmodule
