// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// Fetches descriptors ahead, a batch to a read command, and gives them out in program order with
// their checksums tested. The first pass runs ahead until the sequencer finds `end` (end_i) and
// drops what was fetched too far; from then on it goes round from 1 to `end` for the other frames.
// At most Ahead descriptors are inside, so its commands always find room in the read client's FIFO.

`include "rs_assert.svh"

module rs_fetch
  import rs_spec_pkg::*;
  import rs_ctrl_pkg::*;
#(
  /// Bits of a beat.
  parameter int unsigned AxiDataW = 64,
  /// Descriptors a read command, at most.
  parameter int unsigned Batch = 4,
  /// Descriptors inside, at most: the read client's FIFO holds them.
  parameter int unsigned Ahead = 8
) (
  /// Clock.
  input  logic                clk_i,
  /// Synchronous reset, active low; needed before every start.
  input  logic                rst_ni,
  /// Start at descriptor 0.
  input  logic                start_i,
  /// Program window in descriptors, and number of frames, stable while running.
  input  logic [AddrW-1:0]    prog_base_i,
  input  logic [IndexW-1:0]   prog_descs_i,
  input  logic [31:0]         frames_i,
  /// Read commands, tagged with the first descriptor's index.
  output logic                cmd_valid_o,
  input  logic                cmd_ready_i,
  output logic [AddrW-1:0]    cmd_addr_o,
  output logic [31:0]         cmd_bytes_o,
  output logic [IndexW-1:0]   cmd_tag_o,
  /// Their data.
  input  logic                data_valid_i,
  output logic                data_ready_o,
  input  logic [AxiDataW-1:0] data_i,
  /// Descriptor with index and verdict on its checksum.
  output logic                desc_valid_o,
  input  logic                desc_ready_i,
  output descriptor_t         desc_o,
  output logic [IndexW-1:0]   desc_index_o,
  output logic                desc_sum_ok_o,
  /// With desc_valid_o and desc_ready_i: this descriptor is the `end`.
  input  logic                end_i,
  /// The program window ends before an `end` (at descriptor desc_index_o); stays.
  output logic                overrun_o
);

  localparam int unsigned DescW = 8 * DescriptorBytes;
  localparam int unsigned DescShift = $clog2(DescriptorBytes);
  localparam int unsigned AheadW = $clog2(Ahead + 1);
  localparam int unsigned BeatWords = AxiDataW / 32;
  localparam int unsigned BeatIndexW = $clog2(DescW / AxiDataW);

  logic              run_q;      // there is more to ask for
  logic              known_q;    // the end is known: limit_q is behind it
  logic [IndexW-1:0] limit_q;    // first index not to ask for
  logic [IndexW-1:0] next_q;     // to ask for
  logic [IndexW-1:0] index_q;    // to give out
  logic [31:0]       passes_q;   // to ask for, this one included
  logic [AheadW-1:0] inside_q, inside_d, drop_q, batch;
  logic [IndexW-1:0] left, next_end;
  logic ask, taken, gone, first_end;
  logic cmd_valid_q, desc_full;

  assign left     = limit_q - next_q;
  assign batch    = left < IndexW'(Batch) ? AheadW'(left) : AheadW'(Batch);
  assign next_end = next_q + IndexW'(batch);
  assign ask      = run_q && left != '0 && inside_q <= AheadW'(Ahead - Batch) &&
                    (!cmd_valid_q || cmd_ready_i) && !first_end;

  assign taken     = desc_valid_o && desc_ready_i;
  assign gone      = taken || (desc_full && drop_q != '0);
  assign first_end = taken && end_i && !known_q;
  assign inside_d  = inside_q + (ask ? batch : '0) - AheadW'(gone);
  assign overrun_o = run_q && !known_q && left == '0 && inside_q == '0;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      run_q       <= 1'b0;
      known_q     <= 1'b0;
      inside_q    <= '0;
      drop_q      <= '0;
      cmd_valid_q <= 1'b0;
    end else begin
      inside_q <= inside_d;
      if (cmd_ready_i) cmd_valid_q <= 1'b0;
      if (ask) cmd_valid_q <= 1'b1;
      if (start_i) begin
        run_q <= 1'b1;
      end else if (first_end) begin
        run_q   <= passes_q != 32'd1;
        known_q <= 1'b1;
      end else if (ask && known_q && next_end == limit_q) begin
        run_q <= passes_q != 32'd1;
      end
      if (first_end) drop_q <= inside_d;
      else if (drop_q != '0 && desc_full) drop_q <= drop_q - AheadW'(1);
    end
  end

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      limit_q  <= prog_descs_i;
      next_q   <= '0;
      passes_q <= frames_i;
    end else if (first_end) begin
      limit_q  <= index_q + IndexW'(1);
      next_q   <= IndexW'(1);
      passes_q <= passes_q - 32'd1;
    end else if (ask) begin
      next_q <= next_end;
      if (known_q && next_end == limit_q) begin
        next_q   <= IndexW'(1);
        passes_q <= passes_q - 32'd1;
      end
    end
    if (start_i) index_q <= '0;
    else if (taken) index_q <= end_i ? IndexW'(1) : index_q + IndexW'(1);
    if (ask) begin
      cmd_addr_o  <= prog_base_i + (AddrW'(next_q) << DescShift);
      cmd_bytes_o <= 32'(batch) << DescShift;
      cmd_tag_o   <= next_q;
    end
  end

  assign cmd_valid_o = cmd_valid_q;

  // Beats become descriptors; the words are summed on the way.
  logic unused_last;
  logic [31:0] sum_q, beat_sum;
  logic [BeatIndexW-1:0] beat_q;  // the next beat's place in its descriptor

  rs_resize #(
    .InW(AxiDataW),
    .OutW(DescW)
  ) u_desc (
    .clk_i,
    .rst_ni,
    .clear_i    (1'b0),
    .in_valid_i (data_valid_i),
    .in_ready_o (data_ready_o),
    .in_data_i  (data_i),
    .in_last_i  (1'b0),
    .out_valid_o(desc_full),
    .out_ready_i(desc_ready_i || drop_q != '0),
    .out_data_o (desc_o),
    .out_last_o (unused_last)
  );

  always_comb begin
    beat_sum = '0;
    for (int unsigned k = 0; k < BeatWords; k++) beat_sum += data_i[32*k+:32];
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) beat_q <= '0;
    else if (data_valid_i && data_ready_o) beat_q <= beat_q + BeatIndexW'(1);
  end
  always_ff @(posedge clk_i) begin
    if (data_valid_i && data_ready_o) sum_q <= (beat_q == '0 ? '0 : sum_q) + beat_sum;
  end

  assign desc_valid_o  = desc_full && drop_q == '0;
  assign desc_index_o  = index_q;
  assign desc_sum_ok_o = sum_q == DescriptorSum;

  `RS_ASSERT(NotTooMany, inside_q <= AheadW'(Ahead))
  `RS_ASSERT_STABLE(CmdStable, cmd_valid_o, cmd_ready_i, ({cmd_addr_o, cmd_bytes_o, cmd_tag_o}))

endmodule
