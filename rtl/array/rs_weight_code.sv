// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// Makes of a weight's code in memory the one that a lane takes, at the edge of the array, once for
/// all columns. A term gets a bit of its own for zero. An integer of four bits becomes two digits,
/// -2 to 2: 4 * high + low; in the upper plane of an integer of eight bits it is one more when the
/// four bits below it, which came in the tile before, were negative.
///
/// Throughput: a code per cycle.
/// Latency: 0 cycles; the carry of a tile into the next one waits in a register.
/// Handshake: none.
/// Assumes: a tile of the upper plane follows that of the lower one.
module rs_weight_code #(
  /// Weight format.
  parameter int unsigned WeightFormat = 7,
  /// Derived.
  localparam int unsigned TermW = rs_spec_pkg::term_width(WeightFormat),
  localparam int unsigned LaneW = rs_spec_pkg::lane_width(WeightFormat)
) (
  /// Clock.
  input  logic clk_i,
  /// A tile is here; of the upper plane.
  input  logic             valid_i,
  input  logic             plane_i,
  /// The code in memory, and in the array.
  input  logic [TermW-1:0] code_i,
  output logic [LaneW-1:0] code_o
);

  if (rs_spec_pkg::is_digits(WeightFormat)) begin : gen_digits
    logic negative_q, carry;
    always_ff @(posedge clk_i) if (valid_i) negative_q <= code_i[TermW-1];
    assign carry = plane_i && negative_q;

    // A bit of the table is one look-up table, an adder would be several.
    assign code_o = rs_pkg::DigitCodes[{carry, code_i}];
  end else begin : gen_terms
    if (rs_spec_pkg::is_multiplier(WeightFormat)) begin : gen_integer
      assign code_o = code_i;
    end else begin : gen_zero
      assign code_o = {&code_i[TermW-2:0], code_i};
    end
    logic unused_plane;
    assign unused_plane = ^{clk_i, valid_i, plane_i};
  end

endmodule
