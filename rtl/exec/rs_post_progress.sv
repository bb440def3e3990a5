// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// Tells who waits for pixels and operations to be written: the issuer, the token counters, the
/// parameter memory.
///
/// Throughput: a pixel per cycle.
/// Latency: 1 cycle.
/// Handshake: none.
/// Assumes: none.
module rs_post_progress #(
  /// Pixels of a group.
  parameter int unsigned P = 8,
  /// Groups of the parameter memory.
  parameter int unsigned PmDepth = 64,
  /// Derived.
  localparam int unsigned PtrW = $clog2(PmDepth) + 1
) (
  /// Clock.
  input  logic clk_i,
  /// Synchronous reset, active low.
  input  logic rst_ni,

  /// A pixel will be in the memory before anything that its progress allows can read it.
  input  logic              early_i,
  input  rs_pkg::progress_t early_pixel_i,
  /// A pixel is written.
  input  logic              done_i,
  input  rs_pkg::progress_t done_pixel_i,

  /// Pixels written of the oldest operation under way, in whole pixel groups; completion.
  output logic [23:0]     written_o,
  output logic            complete_o,
  /// Tokens, and parameters that are not needed any more.
  output logic            post_load_o,
  output logic            post_store_o,
  output logic            params_free_o,
  output logic [PtrW-1:0] params_free_count_o
);

  logic op_end;
  assign op_end = done_i && done_pixel_i.op_end;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      written_o     <= '0;
      complete_o    <= 1'b0;
      post_load_o   <= 1'b0;
      post_store_o  <= 1'b0;
      params_free_o <= 1'b0;
    end else begin
      complete_o <= early_i && early_pixel_i.op_end;
      if (early_i && early_pixel_i.op_end) written_o <= '0;
      else if (early_i && early_pixel_i.group_end) written_o <= written_o + 24'(P);
      post_load_o   <= op_end && done_pixel_i.post_load;
      post_store_o  <= op_end && done_pixel_i.post_store;
      params_free_o <= op_end;
    end
  end

  always_ff @(posedge clk_i) params_free_count_o <= PtrW'(done_pixel_i.m_blocks);

  logic unused_progress;
  assign unused_progress = ^{early_pixel_i, done_pixel_i};

endmodule
