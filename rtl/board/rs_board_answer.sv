// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// Carries out requests and answers them (docs/board.md). A run replays the steps after the header
/// at the start of memory: core registers to set, the interrupt to wait for, registers and scores
/// to answer with, the class. So the logic is the same for every network. An answer is sent as it
/// comes about; its status is its last byte before the checksum.
///
/// Throughput: a step per some ten cycles; a byte of an answer per byte time of the line.
/// Latency: some ten cycles from a request to the first byte.
/// Handshake: requests and bytes are valid/ready; AXI4-Lite, one access at a time.
/// Assumes: none.
module rs_board_answer
  import rs_spec_pkg::*;
  import rs_board_pkg::*;
#(
  /// What the board says of itself: clock, bytes of memory, shape of the core as in CAP_SHAPE.
  parameter int unsigned ClockHz = 100000000,
  parameter int unsigned MemBytes = 32768,
  parameter logic [31:0] Shape = '0
) (
  /// Clock.
  input  logic             clk_i,
  /// Synchronous reset, active low.
  input  logic             rst_ni,
  /// Request, taken when its answer is complete.
  input  logic             request_valid_i,
  output logic             request_ready_o,
  input  request_t         request_i,
  /// Word of memory by byte address; the answer comes with mem_rvalid_i.
  output logic             mem_valid_o,
  input  logic             mem_ready_i,
  output logic [SpanW-1:0] mem_addr_o,
  input  logic             mem_rvalid_i,
  input  logic [WordW-1:0] mem_rdata_i,
  /// AXI4-Lite master, one access at a time.
  output logic [11:0]      m_axil_addr_o,
  output logic             m_axil_awvalid_o,
  input  logic             m_axil_awready_i,
  output logic [31:0]      m_axil_wdata_o,
  output logic             m_axil_wvalid_o,
  input  logic             m_axil_wready_i,
  input  logic [1:0]       m_axil_bresp_i,
  input  logic             m_axil_bvalid_i,
  output logic             m_axil_arvalid_o,
  input  logic             m_axil_arready_i,
  input  logic [31:0]      m_axil_rdata_i,
  input  logic [1:0]       m_axil_rresp_i,
  input  logic             m_axil_rvalid_i,
  /// The core's interrupt.
  input  logic             irq_i,
  /// Bytes for the line.
  output logic             tx_valid_o,
  input  logic             tx_ready_i,
  output logic [7:0]       tx_data_o,
  /// For lamps: a run is going on, the last answer's status was not ok, the last class's low bits.
  output logic             running_o,
  output logic             failed_o,
  output logic [5:0]       class_o
);

  // The first byte of an answer.
  localparam logic [7:0] AnswerSync = 8'h5A;
  localparam int unsigned StepW = 6;
  localparam logic [StepW-1:0] FirstStep = StepW'(4);  // after the header
  localparam logic [SpanW-1:0] HelloBytes = SpanW'(16);

  typedef enum logic [3:0] {
    StIdle,
    StFetch,
    StHead,
    StHello,
    StStep,
    StSet,
    StGet,
    StLeft,
    StByte,
    StOctet,
    StRank,
    StStatus,
    StPut,
    StDone
  } state_e;

  state_e state_q, from_q;  // from: what StPut sends the value of
  logic [WordW-1:0] word_q;  // read last
  step_t step;
  logic [StepW-1:0] pc_q;   // word at hand: the header's first one, then steps
  logic asked_q;            // the memory has taken the read
  logic [SpanW-1:0] addr_q, length;
  logic [SpanW:0] left_q;  // bytes to go, less one: negative at the end
  logic [15:0] skip_q;     // bytes after each M that are no scores
  logic word_end;
  logic [31:0] value_q, hello;
  logic [2:0] bytes_q;
  logic [15:0] index_q, class_q;  // of the score at hand, of the best one
  logic [7:0] best_q;
  logic is_run, magic_ok, better, waited, put, step_done;
  board_status_e status_q;
  logic send_ready, send_done;

  assign step     = step_t'(word_q);
  assign is_run   = request_i.command == BoardCommandRun;
  assign word_end = (addr_q[7:0] | ~(Shape[7:0] - 8'd1)) == '1;
  assign magic_ok = word_q[31:0] == BoardMagic;
  assign better   = index_q == '0 || $signed(value_q[7:0]) > $signed(best_q);

  assign mem_valid_o = (state_q == StFetch || (state_q == StByte && !left_q[SpanW])) && !asked_q;
  assign mem_addr_o  = state_q == StFetch ? SpanW'({pc_q, 3'd0}) : addr_q;

  // A start that the core refused brings no interrupt.
  assign waited = irq_i || status_q != BoardStatusOk;

  // Bytes of the answer, known before the first of them is sent.
  always_comb begin
    length = '0;
    if (status_q == BoardStatusOk) begin
      unique case (request_i.command)
        BoardCommandHello: length = HelloBytes;
        BoardCommandRead:  length = request_i.bytes;
        BoardCommandRun:   length = magic_ok ? step.arg : '0;
        default:           length = '0;
      endcase
    end
  end

  always_comb begin
    unique case (pc_q[1:0])
      2'd0:    hello = BoardMagic;
      2'd1:    hello = ClockHz;
      2'd2:    hello = MemBytes;
      default: hello = Shape;
    endcase
  end

  rs_board_send u_send (
    .clk_i,
    .rst_ni,
    .in_valid_i(state_q == StPut),
    .in_ready_o(send_ready),
    .in_data_i (value_q),
    .in_bytes_i(bytes_q),
    .in_last_i (from_q == StStatus),
    .done_o    (send_done),
    .tx_valid_o,
    .tx_ready_i,
    .tx_data_o
  );
  assign put = state_q == StPut && send_ready;

  always_comb begin
    unique case (state_q)
      StStep:  step_done = step.op == BoardStepClass || (step.op == BoardStepWait && waited);
      StSet:   step_done = m_axil_bvalid_i;
      StGet:   step_done = m_axil_rvalid_i;
      StByte:  step_done = left_q[SpanW] && is_run;
      default: step_done = 1'b0;
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q          <= StIdle;
      asked_q          <= 1'b0;
      m_axil_awvalid_o <= 1'b0;
      m_axil_wvalid_o  <= 1'b0;
      m_axil_arvalid_o <= 1'b0;
    end else begin
      if (mem_rvalid_i) asked_q <= 1'b0;
      else if (mem_valid_o && mem_ready_i) asked_q <= 1'b1;
      if (m_axil_awready_i) m_axil_awvalid_o <= 1'b0;
      if (m_axil_wready_i) m_axil_wvalid_o <= 1'b0;
      if (m_axil_arready_i) m_axil_arvalid_o <= 1'b0;

      unique case (state_q)
        StIdle:  if (request_valid_i) state_q <= is_run ? StFetch : StHead;
        StFetch: if (mem_rvalid_i) state_q <= pc_q == '0 ? StHead : StStep;
        StStep: begin
          unique case (step.op)
            BoardStepSet: begin
              m_axil_awvalid_o <= 1'b1;
              m_axil_wvalid_o  <= 1'b1;
              state_q          <= StSet;
            end
            BoardStepWait: if (waited) state_q <= StFetch;
            BoardStepGet: begin
              m_axil_arvalid_o <= 1'b1;
              state_q          <= StGet;
            end
            BoardStepBytes: state_q <= StLeft;
            BoardStepClass: state_q <= StPut;
            default:        state_q <= StStatus;
          endcase
        end
        StSet: if (m_axil_bvalid_i) state_q <= StFetch;
        StGet: if (m_axil_rvalid_i) state_q <= StPut;
        StByte: begin
          if (left_q[SpanW]) state_q <= is_run ? StFetch : StStatus;
          else if (mem_rvalid_i) state_q <= StOctet;
        end
        StRank: state_q <= StLeft;
        StLeft: state_q <= StByte;
        StHead, StHello, StOctet, StStatus: state_q <= StPut;
        StPut: begin
          if (send_ready) begin
            unique case (from_q)
              StHead: begin
                state_q <= StStatus;
                if (status_q == BoardStatusOk && request_i.command != BoardCommandWrite) begin
                  state_q <= is_run ? StFetch : request_i.command[0] ? StLeft : StHello;
                end
              end
              StHello:  state_q <= pc_q[1:0] == '0 ? StStatus : StHello;
              StOctet:  state_q <= StRank;
              StStatus: state_q <= StDone;
              default:  state_q <= StFetch;
            endcase
          end
        end
        StDone:  if (send_done) state_q <= StIdle;
        default: state_q <= StIdle;
      endcase
    end
  end

  // The first bad thing is the answer's status.
  logic core_error_q;  // the value that was sent has a bit that tells of an error
  always_ff @(posedge clk_i) begin
    core_error_q <= put && from_q == StGet && (value_q & step.value) != '0;
    if (state_q == StIdle) begin
      status_q <= request_i.status;
    end else if (status_q == BoardStatusOk) begin
      if (state_q == StHead && is_run && !magic_ok) status_q <= BoardStatusNoProgram;
      if (state_q == StSet && m_axil_bvalid_i && m_axil_bresp_i[1]) status_q <= BoardStatusRefused;
      if (state_q == StGet && m_axil_rvalid_i && m_axil_rresp_i[1]) status_q <= BoardStatusRefused;
      if (core_error_q) status_q <= BoardStatusCoreError;
    end
  end

  // What to send.
  always_ff @(posedge clk_i) begin
    if (state_q != StPut) begin
      from_q  <= state_q;
      bytes_q <= 3'd4;
    end
    unique case (state_q)
      StHead:  value_q <= {length, AnswerSync};
      StHello: value_q <= hello;
      StStep: begin
        value_q <= {16'd0, class_q | {16{status_q != BoardStatusOk}}};
        bytes_q <= 3'd2;
      end
      StGet:   value_q <= m_axil_rdata_i;
      StOctet: begin
        value_q <= {24'd0, word_q[8*addr_q[2:0]+:8]};
        bytes_q <= 3'd1;
      end
      StStatus: begin
        value_q <= {28'd0, status_q};
        bytes_q <= 3'd1;
      end
      default: ;
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (mem_rvalid_i) word_q <= mem_rdata_i;

    if (state_q == StIdle) pc_q <= '0;
    else if (state_q == StHead && is_run) pc_q <= FirstStep;
    else if (step_done || state_q == StHello) pc_q <= pc_q + StepW'(1);

    unique case (state_q)
      StHead: begin
        addr_q <= request_i.addr;
        left_q <= {1'b0, request_i.bytes};
        skip_q <= '0;
      end
      StStep: begin
        addr_q  <= step.arg;
        left_q  <= (SpanW + 1)'(step.value[15:0]);
        skip_q  <= step.value[31:16];
        index_q <= '0;
      end
      StLeft: left_q <= left_q - (SpanW + 1)'(1);
      StRank: begin
        addr_q  <= addr_q + (word_end ? SpanW'(skip_q) : '0) + SpanW'(1);
        index_q <= index_q + 16'd1;
        if (better) best_q <= value_q[7:0];
      end
      default: ;
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      failed_o <= 1'b0;
      class_q  <= '0;
    end else begin
      if (state_q == StStatus) failed_o <= status_q != BoardStatusOk;
      if (state_q == StRank && is_run && better) class_q <= index_q;
    end
  end

  assign class_o         = class_q[5:0];
  assign m_axil_addr_o   = step.arg[11:0];
  assign m_axil_wdata_o  = step.value;
  assign request_ready_o = state_q == StDone && send_done;
  assign running_o       = state_q != StIdle && is_run;

  `RS_ASSERT_STABLE(AwStable, m_axil_awvalid_o, m_axil_awready_i, m_axil_addr_o)
  `RS_ASSERT_STABLE(WStable, m_axil_wvalid_o, m_axil_wready_i, m_axil_wdata_o)
  `RS_ASSERT_STABLE(ArStable, m_axil_arvalid_o, m_axil_arready_i, m_axil_addr_o)

  logic unused_step;
  assign unused_step = ^{step.reserved, step.arg[SpanW-1:12], m_axil_bresp_i[0], m_axil_rresp_i[0]};

endmodule
