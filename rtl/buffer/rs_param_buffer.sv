// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// The channel-parameter memory: a ring of M-channel groups that LOAD fills and post-processing reads.
///
/// Throughput: a group in and a group out each cycle. Latency: read 1 cycle.
/// Handshake: the input is a stream that waits for room; reads are always taken.
module rs_param_buffer #(
  /// Channels of a group.
  parameter int unsigned M = 16,
  /// Groups; a power of two.
  parameter int unsigned PmDepth = 64,
  localparam int unsigned PtrW = $clog2(PmDepth) + 1
) (
  input  logic clk_i,
  input  logic rst_ni,

  input  logic            valid_i,
  output logic            ready_o,
  input  logic [M*64-1:0] params_i,

  /// Behind the last group loaded.
  output logic [PtrW-1:0] loaded_o,
  /// The oldest `free_count_i` groups will not be read again.
  input  logic            free_i,
  input  logic [PtrW-1:0] free_count_i,

  input  logic [PtrW-2:0] addr_i,
  output logic [M*64-1:0] params_o
);

  logic [PtrW-1:0] free_ptr_q;
  logic            write;

  assign ready_o = (loaded_o ^ free_ptr_q) != {1'b1, {(PtrW - 1) {1'b0}}};
  assign write   = valid_i && ready_o;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      loaded_o   <= '0;
      free_ptr_q <= '0;
    end else begin
      loaded_o <= loaded_o + PtrW'(write);
      if (free_i) free_ptr_q <= free_ptr_q + free_count_i;
    end
  end

  rs_ram_1r1w #(
    .Width(M * 64),
    .Depth(PmDepth)
  ) u_params (
    .clk_i,
    .write_i(write),
    .waddr_i(loaded_o[PtrW-2:0]),
    .wdata_i(params_i),
    .read_i (1'b1),
    .raddr_i(addr_i),
    .rdata_o(params_o)
  );

endmodule
