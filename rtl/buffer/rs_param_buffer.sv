// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// The channel-parameter memory: a ring of M-blocks that LOAD fills and post-processing reads. Its
/// words hold `Records` channels, so that it stays narrow.
///
/// Throughput: a word in and a word out per cycle.
/// Latency: 1 + RamReg cycles; the word stays.
/// Handshake: the input is a stream that waits for room; reads are always taken.
/// Assumes: only loaded groups are read, and only groups that were loaded are freed.
module rs_param_buffer #(
  /// Channels of a group.
  parameter int unsigned M = 16,
  /// Groups; a power of two.
  parameter int unsigned PmDepth = 64,
  /// Channels of a word; a divisor of M.
  parameter int unsigned Records = 4,
  /// Bits of a multiplier.
  parameter int unsigned MultW = 16,
  /// A register after the memory.
  parameter bit RamReg = 1'b1,
  /// Derived.
  localparam int unsigned PtrW = $clog2(PmDepth) + 1,
  localparam int unsigned Words = M / Records,
  localparam int unsigned WordW = $clog2(Words),
  localparam int unsigned RecordW = 8 * rs_spec_pkg::param_bytes(MultW),
  localparam int unsigned ChannelW = rs_pkg::channel_width(MultW)
) (
  /// Clock.
  input  logic clk_i,
  /// Synchronous reset, active low.
  input  logic rst_ni,

  /// Channel parameters from LOAD.
  input  logic                            valid_i,
  output logic                            ready_o,
  input  logic [Records-1:0][RecordW-1:0] params_i,

  /// Behind the last group loaded.
  output logic [PtrW-1:0] loaded_o,
  /// The oldest `free_count_i` groups will not be read again.
  input  logic            free_i,
  input  logic [PtrW-1:0] free_count_i,

  /// A word: group and position in it.
  input  logic                             read_i,
  input  logic [PtrW-2+WordW:0]            addr_i,
  output logic [Records-1:0][ChannelW-1:0] params_o
);

  `RS_PARAM_CHECK(Depth, rs_pkg::is_power_of_two(PmDepth), "PmDepth must be a power of two")
  `RS_PARAM_CHECK(Records, M % Records == 0, "Records must be a divisor of M")

  localparam int unsigned WordPtrW = PtrW + WordW;

  logic [WordPtrW-1:0] write_ptr_q, write_next_q;  // and the word behind it
  logic [PtrW-1:0]     free_ptr_q;
  logic                write;
  logic [Records-1:0][ChannelW-1:0] params;

  assign loaded_o = write_ptr_q[WordPtrW-1:WordW];
  assign write    = valid_i && ready_o;

  // What becomes free shows a cycle late. Room is worked out for both cases, a write and none: valid
  // comes late.
  localparam logic [PtrW-1:0] Full = {1'b1, {(PtrW - 1) {1'b0}}};

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      write_ptr_q  <= '0;
      write_next_q <= WordPtrW'(1);
      ready_o      <= 1'b0;
      free_ptr_q   <= '0;
    end else begin
      if (write) begin
        write_ptr_q  <= write_next_q;
        write_next_q <= write_next_q + WordPtrW'(1);
      end
      ready_o <= write ? (write_next_q[WordPtrW-1:WordW] ^ free_ptr_q) != Full
                       : (write_ptr_q[WordPtrW-1:WordW] ^ free_ptr_q) != Full;
      if (free_i) free_ptr_q <= free_ptr_q + free_count_i;
    end
  end

  for (genvar r = 0; r < Records; r++) begin : gen_record
    logic [31:0]      bias;
    logic [MultW-1:0] mult;
    logic [5:0]       shift;
    if (rs_spec_pkg::wide_params(MultW)) begin : gen_wide
      rs_spec_pkg::channel_params_wide_t record;
      assign record = params_i[r];
      logic unused_record;
      assign unused_record = ^record;
      assign {shift, mult, bias} = {record.shift, record.mult[MultW-1:0], record.bias};
    end else begin : gen_narrow
      rs_spec_pkg::channel_params_t record;
      assign record = params_i[r];
      logic unused_record;
      assign unused_record = ^record;
      assign {shift, mult, bias} = {record.shift, record.mult[MultW-1:0], record.bias};
    end
    assign params[r] = {shift[5:1], shift[0] ? {1'b0, mult} : {mult, 1'b0}, bias};
  end

  rs_ram_1r1w #(
    .Width($bits(params)),
    .Depth(PmDepth * Words),
    .OutReg(RamReg)
  ) u_params (
    .clk_i,
    .write_i(write),
    .waddr_i(write_ptr_q[WordPtrW-2:0]),
    .wdata_i(params),
    .read_i,
    .raddr_i(addr_i),
    .rdata_o(params_o)
  );

endmodule
