// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// A FIFO in block RAM with first-word fall-through. The memory's output is the FIFO's output; with
/// OutReg, it is the older one of two registers after the memory.
///
/// Throughput: a word in and a word out per cycle.
/// Latency: 2 cycles when empty, 3 with OutReg.
/// Handshake: valid/ready; `in_ready_o` and `out_valid_o` come from registers, and with OutReg
/// `out_ready_i` goes to pointers only.
/// Assumes: none.
module rs_fifo_ram #(
  /// Bits of a word.
  parameter int unsigned Width = 64,
  /// Words of the memory, a power of two; the output holds one more, three with OutReg.
  parameter int unsigned Depth = 128,
  /// Registers after the memory.
  parameter bit OutReg = 1'b0
) (
  /// Clock.
  input  logic             clk_i,
  /// Synchronous reset, active low.
  input  logic             rst_ni,
  /// Input stream.
  input  logic             in_valid_i,
  output logic             in_ready_o,
  input  logic [Width-1:0] in_data_i,
  /// Output stream.
  output logic             out_valid_o,
  input  logic             out_ready_i,
  output logic [Width-1:0] out_data_o
);

  `RS_PARAM_CHECK(Depth, rs_pkg::is_power_of_two(Depth), "Depth must be a power of two")

  localparam int unsigned PtrW = $clog2(Depth) + 1;

  logic [PtrW-1:0] wptr_q, rptr_q;  // a bit more than an address: full and empty differ
  logic valid_q, push, read, take;  // a word stands in the memory's output; it is taken
  logic [Width-1:0] word;

  assign in_ready_o = (wptr_q ^ rptr_q) != {1'b1, {(PtrW - 1) {1'b0}}};
  assign push       = in_valid_i && in_ready_o;
  assign read       = wptr_q != rptr_q && (!valid_q || take);

  if (OutReg) begin : gen_out_reg
    logic [1:0][Width-1:0] word_q;
    logic
        in_q, out_q, full_q, fill, pop;  // the register to fill next, the older one; both are full
    assign take       = !full_q;
    assign fill       = valid_q && take;
    assign pop        = out_valid_o && out_ready_i;
    assign out_data_o = word_q[out_q];
    always_ff @(posedge clk_i) begin
      if (!rst_ni) begin
        in_q        <= 1'b0;
        out_q       <= 1'b0;
        full_q      <= 1'b0;
        out_valid_o <= 1'b0;
      end else begin
        in_q        <= in_q ^ fill;
        out_q       <= out_q ^ pop;
        full_q      <= !pop && (full_q || (out_valid_o && fill));
        out_valid_o <= fill || full_q || (out_valid_o && !pop);
      end
    end
    // Whatever stands at the memory's output, as long as there is room for it.
    always_ff @(posedge clk_i) begin
      for (int unsigned k = 0; k < 2; k++) if (take && in_q == 1'(k)) word_q[k] <= word;
    end
  end else begin : gen_no_out_reg
    assign out_valid_o = valid_q;
    assign out_data_o  = word;
    assign take        = out_ready_i;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      wptr_q  <= '0;
      rptr_q  <= '0;
      valid_q <= 1'b0;
    end else begin
      if (push) wptr_q <= wptr_q + PtrW'(1);
      if (read) rptr_q <= rptr_q + PtrW'(1);
      valid_q <= read || (valid_q && !take);
    end
  end

  rs_ram_1r1w #(
    .Width(Width),
    .Depth(Depth)
  ) u_ram (
    .clk_i,
    .write_i(push),
    .waddr_i(wptr_q[PtrW-2:0]),
    .wdata_i(in_data_i),
    .read_i (read),
    .raddr_i(rptr_q[PtrW-2:0]),
    .rdata_o(word)
  );

  `RS_ASSERT_STABLE(OutStable, out_valid_o, out_ready_i, out_data_o)

endmodule
