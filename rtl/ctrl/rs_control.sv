// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
//
// The state of the core: start, run, done, error, soft reset. Keeps the first error, counts frames,
// guards progress. Start and soft reset both halt the core, wait until the bus is quiet and pulse
// core_rst_no, so that every run begins from the same state.
//
//   start:      Idle -> Quiet -> Reset -> Run -> Idle (done)
//                                          \--> Error
//   soft reset: any --> Quiet -> Reset -> Idle

`include "rs_assert.svh"

module rs_control
  import rs_spec_pkg::*;
  import rs_ctrl_pkg::*;
#(
  /// Sources of errors; the lowest one wins when several come at once.
  parameter int unsigned Sources = 5
) (
  /// Clock.
  input  logic               clk_i,
  /// Synchronous reset, active low.
  input  logic               rst_ni,
  /// From the registers.
  input  logic               start_i,
  output logic               start_ok_o,
  input  logic               soft_reset_i,
  input  logic [31:0]        frames_i,
  input  logic [31:0]        watchdog_i,
  /// To the registers.
  output state_t             state_o,
  /// Interrupt events: done [0], error [1], frame [2]; a soft reset clears them.
  output logic [2:0]         event_o,
  output logic               clear_irq_o,
  /// To the core: synchronous reset, stop, start the sequencer.
  output logic               core_rst_no,
  output logic               halt_o,
  output logic               go_o,
  /// Clear the counters; count.
  output logic               clear_o,
  output logic               count_o,
  output logic               first_frame_o,
  /// Errors, for one cycle.
  input  error_t [Sources-1:0] error_i,
  /// Descriptor at hand, named by the watchdog.
  input  logic [IndexW-1:0]  index_i,
  /// A frame is complete in memory.
  input  logic               frame_done_i,
  /// Axi write, axi read, store, exec, load, fetch.
  input  logic [5:0]         units_busy_i,
  /// Something moved.
  input  logic               progress_i
);

  localparam int unsigned ResetCycles = 4;

  typedef enum logic [2:0] {
    StIdle,
    StQuiet,
    StReset,
    StRun,
    StError
  } run_e;
  run_e state_q, state_d;
  logic        then_run_q;  // Quiet and Reset lead to Run
  logic [1:0]  reset_q;
  logic done_q, complete, finish, fail, expired;
  logic [31:0] frames_q, idle_q;
  error_t first, kept_q;

  assign start_ok_o = state_q == StIdle && frames_i != '0;
  assign complete   = frames_q == frames_i;
  assign finish     = state_q == StRun && complete && units_busy_i[3:0] == '0;
  assign expired    = watchdog_i != '0 && idle_q == watchdog_i;
  assign fail       = state_q == StRun && (first.valid || expired);

  always_comb begin
    first = '{valid: 1'b0, cause: ErrWatchdog, index: index_i, addr: '0};
    for (int k = int'(Sources) - 1; k >= 0; k--) begin
      if (error_i[k].valid) first = error_i[k];
    end
  end

  always_comb begin
    state_d = state_q;
    unique case (state_q)
      StIdle:  if (start_i) state_d = StQuiet;
      StQuiet: if (units_busy_i[5:4] == '0) state_d = StReset;
      StReset: if (reset_q == 2'(ResetCycles - 1)) state_d = then_run_q ? StRun : StIdle;
      StRun: begin
        if (fail) state_d = StError;
        else if (finish) state_d = StIdle;
      end
      default: state_d = StError;
    endcase
    if (soft_reset_i) state_d = StQuiet;
  end

  // Low from the very first cycle of a reset.
  logic core_rst_q;
  assign core_rst_no = core_rst_q && rst_ni;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q     <= StReset;
      then_run_q  <= 1'b0;
      reset_q     <= '0;
      core_rst_q <= 1'b0;
      halt_o      <= 1'b1;
      go_o        <= 1'b0;
    end else begin
      state_q     <= state_d;
      reset_q     <= state_q == StReset ? reset_q + 2'd1 : '0;
      core_rst_q <= state_d != StReset;
      halt_o      <= state_d inside {StQuiet, StReset, StError};
      go_o        <= state_q == StReset && state_d == StRun;
      if (soft_reset_i) then_run_q <= 1'b0;
      else if (start_i) then_run_q <= 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || soft_reset_i || start_i) begin
      done_q   <= 1'b0;
      frames_q <= '0;
      kept_q   <= '0;
    end else begin
      if (finish) done_q <= 1'b1;
      if (state_q == StRun && frame_done_i) frames_q <= frames_q + 32'd1;
      if (fail) kept_q <= first;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || state_q != StRun || progress_i) idle_q <= '0;
    else idle_q <= idle_q + 32'd1;
  end

  assign clear_o       = start_i || soft_reset_i;
  assign count_o       = then_run_q && !complete && state_q inside {StQuiet, StReset, StRun};
  assign first_frame_o = frames_q == '0;
  assign clear_irq_o   = soft_reset_i;
  assign event_o       = {state_q == StRun && frame_done_i, fail, finish && !fail};

  assign state_o = '{
    units_busy: units_busy_i,
    resetting: state_q inside {StQuiet, StReset} && !then_run_q,
    error: state_q == StError,
    done: done_q,
    busy: state_q == StRun || (state_q inside {StQuiet, StReset} && then_run_q),
    cause: kept_q.cause,
    index: kept_q.index,
    addr: kept_q.addr,
    frames_done: frames_q
  };

  `RS_ASSERT(StartOnlyIfOk, !start_i || start_ok_o)

  logic unused_valid;
  assign unused_valid = kept_q.valid;

endmodule
