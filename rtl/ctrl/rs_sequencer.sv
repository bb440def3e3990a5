// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// Runs a program: takes descriptors from rs_fetch, has each checked, and puts it into the queue of
// its engine; `begin` sets the tokens, `end` puts a marker into STORE's queue and moves the input
// and output windows to the next frame. Goes on to the next frame without waiting for anything.
// Three cycles a descriptor. The first bad descriptor stops it until the reset.

`include "rs_assert.svh"

module rs_sequencer
  import rs_spec_pkg::*;
  import rs_ctrl_pkg::*;
#(
  /// Parameters of the core, see docs/interfaces.md.
  parameter int unsigned M = 4,
  parameter int unsigned C = 4,
  parameter int unsigned P = 3,
  parameter int unsigned ActW = 8,
  parameter int unsigned ExpN = 7,
  parameter int unsigned FbDepth = 16384,
  parameter int unsigned WmDepth = 4096,
  parameter int unsigned PmDepth = 512,
  parameter int unsigned AxiDataW = 64,
  /// Descriptors fetched ahead, at most.
  parameter int unsigned Ahead = 8
) (
  /// Clock.
  input  logic                clk_i,
  /// Synchronous reset, active low; needed before every start.
  input  logic                rst_ni,
  /// Start the program.
  input  logic                start_i,
  /// From start to the dispatch of the last `end`.
  output logic                busy_o,
  /// Windows and frames, stable while running.
  input  config_t             config_i,
  /// Index of the descriptor at hand.
  output logic [IndexW-1:0]   index_o,
  /// Bad descriptor.
  output error_t              error_o,
  /// Set the tokens.
  output logic                credits_valid_o,
  output logic [3:0]          load_credits_o,
  output logic [3:0]          exec_credits_o,
  /// Descriptor reads.
  output logic                cmd_valid_o,
  input  logic                cmd_ready_i,
  output logic [AddrW-1:0]    cmd_addr_o,
  output logic [31:0]         cmd_bytes_o,
  output logic [IndexW-1:0]   cmd_tag_o,
  input  logic                data_valid_i,
  output logic                data_ready_o,
  input  logic [AxiDataW-1:0] data_i,
  /// To LOAD's and STORE's queue.
  output logic                load_valid_o,
  input  logic                load_ready_i,
  output logic                store_valid_o,
  input  logic                store_ready_i,
  output transfer_t           transfer_o,
  /// EXEC's queue.
  output logic                exec_valid_o,
  input  logic                exec_ready_i,
  output desc_exec_t          exec_o
);

  localparam int unsigned QueueDepth = 4;
  // An exec descriptor without its reserved end and its checksum.
  localparam int unsigned ExecW = 640;

  typedef enum logic [1:0] {
    StIdle,
    StWait,
    StAct,
    StStop
  } state_e;
  state_e state_q, state_d;

  descriptor_t         desc;
  desc_begin_t         as_begin;
  desc_load_weights_t  as_weights;
  desc_load_features_t as_features;  // store_features has the same fields
  logic desc_valid, desc_ready, sum_ok, overrun, at_end, last_frame;
  logic [IndexW-1:0]   index;
  error_e              cause;
  logic [31:0]         frames_q;  // to run, this one included
  logic [AddrW-1:0] in_base_q, out_base_q;
  logic exec_push, exec_space;
  logic [ExecW-1:0]    exec_item;
  logic [$clog2(QueueDepth+1)-1:0] unused_count;

  assign as_begin    = desc;
  assign as_weights  = desc;
  assign as_features = desc;

  rs_fetch #(
    .AxiDataW(AxiDataW),
    .Ahead(Ahead)
  ) u_fetch (
    .clk_i,
    .rst_ni,
    .start_i,
    .prog_base_i  (config_i.prog_base),
    .prog_descs_i (config_i.prog_size[31-:IndexW]),
    .frames_i     (config_i.frames),
    .cmd_valid_o,
    .cmd_ready_i,
    .cmd_addr_o,
    .cmd_bytes_o,
    .cmd_tag_o,
    .data_valid_i,
    .data_ready_o,
    .data_i,
    .desc_valid_o (desc_valid),
    .desc_ready_i (desc_ready),
    .desc_o       (desc),
    .desc_index_o (index),
    .desc_sum_ok_o(sum_ok),
    .end_i        (at_end),
    .overrun_o    (overrun)
  );

  rs_check #(
    .M(M),
    .C(C),
    .P(P),
    .ActW(ActW),
    .ExpN(ExpN),
    .FbDepth(FbDepth),
    .WmDepth(WmDepth),
    .PmDepth(PmDepth)
  ) u_check (
    .clk_i,
    .check_i (state_q == StWait && desc_valid),
    .desc_i  (desc),
    .sum_ok_i(sum_ok),
    .first_i (index == '0),
    .cause_o (cause)
  );

  assign at_end     = as_begin.opcode == OpEnd;
  assign last_frame = frames_q == 32'd1;
  assign index_o    = index;
  assign busy_o     = state_q != StIdle;

  always_comb begin
    state_d         = state_q;
    desc_ready      = 1'b0;
    load_valid_o    = 1'b0;
    store_valid_o   = 1'b0;
    exec_push       = 1'b0;
    credits_valid_o = 1'b0;
    error_o         = '{valid: 1'b0, cause: cause, index: index, addr: '0};
    unique case (state_q)
      StIdle: if (start_i) state_d = StWait;
      StWait: begin
        if (desc_valid) begin
          state_d = StAct;
        end else if (overrun) begin
          error_o.valid = 1'b1;
          error_o.cause = ErrBadWindow;
          state_d       = StStop;
        end
      end
      StAct: begin
        if (cause != ErrNone) begin
          error_o.valid = 1'b1;
          state_d       = StStop;
        end else begin
          unique case (as_begin.opcode)
            OpBegin: begin
              credits_valid_o = 1'b1;
              desc_ready      = 1'b1;
            end
            OpLoadWeights, OpLoadFeatures: begin
              load_valid_o = 1'b1;
              desc_ready   = load_ready_i;
            end
            OpExec: begin
              exec_push  = 1'b1;
              desc_ready = exec_space;
            end
            default: begin  // store_features, end
              store_valid_o = 1'b1;
              desc_ready    = store_ready_i;
            end
          endcase
          if (desc_ready) state_d = at_end && last_frame ? StIdle : StWait;
        end
      end
      default: state_d = StStop;
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) state_q <= StIdle;
    else state_q <= state_d;
  end

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      frames_q   <= config_i.frames;
      in_base_q  <= config_i.in_base;
      out_base_q <= config_i.out_base;
    end else if (desc_ready && at_end) begin
      frames_q   <= frames_q - 32'd1;
      in_base_q  <= in_base_q + AddrW'(config_i.in_stride);
      out_base_q <= out_base_q + AddrW'(config_i.out_stride);
    end
  end

  assign load_credits_o = as_begin.load_credits;
  assign exec_credits_o = as_begin.exec_credits;

  rs_fifo #(
    .Width(ExecW),
    .Depth(QueueDepth)
  ) u_exec_queue (
    .clk_i,
    .rst_ni,
    .in_valid_i (exec_push),
    .in_ready_o (exec_space),
    .in_data_i  (desc[ExecW-1:0]),
    .out_valid_o(exec_valid_o),
    .out_ready_i(exec_ready_i),
    .out_data_o (exec_item),
    .count_o    (unused_count)
  );
  assign exec_o = 1024'(exec_item);

  always_comb begin
    transfer_o              = '0;
    transfer_o.weights      = as_begin.opcode == OpLoadWeights;
    transfer_o.marker       = at_end;
    transfer_o.wait_exec    = as_begin.wait_exec;
    transfer_o.post_exec    = as_begin.post_exec;
    transfer_o.index        = index;
    transfer_o.window       = out_base_q;
    transfer_o.window_bytes = config_i.out_stride;
    transfer_o.offset       = as_features.offset;
    transfer_o.bytes        = as_weights.bytes;
    transfer_o.count        = as_features.groups;
    transfer_o.words        = as_features.words;
    transfer_o.base         = as_features.base;
    unique case (as_begin.opcode)
      OpLoadWeights: begin
        transfer_o.window       = config_i.prog_base;
        transfer_o.window_bytes = config_i.prog_size;
        transfer_o.offset       = as_weights.offset;
        transfer_o.count        = as_weights.entries;
        transfer_o.words        = 16'(as_weights.param_groups);
      end
      OpLoadFeatures: begin
        transfer_o.window       = in_base_q;
        transfer_o.window_bytes = config_i.in_stride;
      end
      default: ;
    endcase
  end

  logic unused_fields;
  assign unused_fields = ^{as_begin, as_weights, as_features, desc};

endmodule
