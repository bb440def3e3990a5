// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// The state of the core: start, run, done, error, soft reset. Start and soft reset both halt the
/// core, wait until the bus is quiet, pulse core_rst_no and let the control program prepare itself,
/// so that every run begins from the same state. An error of the bus halts the core at once; it
/// shows as an error when the control program has written cause and descriptor. An error in a weight
/// block is treated like one.
///
///   start:      Idle -> Quiet -> Reset -> Prepare -> Run -> Idle (done)
///                                                     \--> Stop --> Error
///   soft reset: any --> Quiet -> Reset -> Prepare -> Idle
///
/// Throughput: a command at a time.
/// Latency: a reset reaches the core 1 cycle late and lasts 4 cycles at a start, otherwise 256 or as
/// long as the feature buffer takes to be cleared.
/// Handshake: events and commands are pulses of one cycle; states are levels.
/// Assumes: `start_i` only while `start_ok_o`; the core empties its pipelines within 256 cycles.
module rs_core_state
  import rs_ctrl_pkg::*;
  import rs_axi_pkg::AddrW;
  import rs_axi_pkg::fault_t;
#(
  /// Feature-buffer words a bank.
  parameter int unsigned FbDepth = 16384,
  /// Bits of the number of a descriptor slot.
  parameter int unsigned SlotW = 2
) (
  /// Clock.
  input  logic             clk_i,
  /// Synchronous reset, active low.
  input  logic             rst_ni,
  /// From the registers.
  input  logic             start_i,
  output logic             start_ok_o,
  input  logic             soft_reset_i,
  input  logic             frames_ok_i,
  /// To the registers.
  output state_t           state_o,
  /// Interrupt events: done [0], error [1], frame [2]; a soft reset clears them.
  output logic [2:0]       event_o,
  output logic             clear_irq_o,
  /// To the core: synchronous reset, stop.
  output logic             core_rst_no,
  output logic             halt_o,
  /// To the control program: the reset was that of the whole core; the program runs; the bus
  /// answered with an error, what is known of it, and of a read the slot of the descriptor.
  output logic             cold_o,
  output logic             run_o,
  output trap_t            trap_o,
  output logic [SlotW-1:0] trap_slot_o,
  /// From the control program: prepared; cause and descriptor of an error are written.
  input  logic             ready_i,
  input  logic             fail_i,
  /// Clear the counters; count; the first frame is not complete.
  output logic             clear_o,
  output logic             count_o,
  output logic             first_frame_o,
  /// Error responses to reads and writes; of a read the slot of the descriptor.
  input  fault_t           read_fault_i,
  input  logic [SlotW-1:0] read_fault_slot_i,
  input  fault_t           write_fault_i,
  /// A weight block has an error, and the slot of its descriptor.
  input  block_fault_t     block_fault_i,
  input  logic [SlotW-1:0] block_fault_slot_i,
  /// A frame is complete in memory; it is the last.
  input  logic             frame_done_i,
  input  logic             last_done_i,
  /// What has work.
  input  busy_t            units_busy_i
);

  // A start finds the core at rest; other resets last until what was under way has left its pipelines
  // (see rs_array).
  localparam int unsigned StartCycles = 4;
  localparam int unsigned ResetCycles = FbDepth < 252 ? 256 : FbDepth + 4;

  typedef enum logic [2:0] {
    StIdle,
    StQuiet,
    StReset,
    StPrepare,
    StRun,
    StStop,
    StError
  } run_e;
  run_e state_q, state_d;
  logic then_run_q;  // Quiet, Reset and Prepare lead to Run
  logic [$clog2(ResetCycles)-1:0] reset_q;
  logic reset_over;
  logic quiet_q;
  logic done_q, complete_q, first_q, finish, bus_error, running, fail;
  logic [AddrW-1:0] addr_q;
  logic trap_q, write_q, slverr_q, block_q;
  logic [SlotW-1:0] slot_q;

  assign start_ok_o = state_q == StIdle && frames_ok_i;
  assign running    = state_q == StRun;
  assign reset_over = reset_q == $bits(reset_q)'((then_run_q ? StartCycles : ResetCycles) - 1);
  assign finish     = running && complete_q && units_busy_i.engines == '0;
  assign bus_error  = running &&
                      (read_fault_i.valid || write_fault_i.valid || block_fault_i.valid);
  assign fail       = fail_i && state_q inside {StRun, StStop};

  always_comb begin
    state_d = state_q;
    unique case (state_q)
      StIdle:    if (start_i) state_d = StQuiet;
      StQuiet:   if (quiet_q) state_d = StReset;
      StReset:   if (reset_over) state_d = StPrepare;
      StPrepare: if (ready_i) state_d = then_run_q ? StRun : StIdle;
      StRun: begin
        if (fail) state_d = StError;
        else if (bus_error) state_d = StStop;
        else if (finish) state_d = StIdle;
      end
      StStop:    if (fail) state_d = StError;
      default:   state_d = StError;
    endcase
    if (soft_reset_i) state_d = StQuiet;
  end

  // From a register, because it goes everywhere: a reset reaches the core a cycle late. The first one,
  // at configuration, does not.
  initial core_rst_no = 1'b0;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q    <= StReset;
      then_run_q <= 1'b0;
      reset_q    <= '0;
      core_rst_no <= 1'b0;
      halt_o     <= 1'b1;
      quiet_q    <= 1'b0;
      cold_o     <= 1'b1;
      trap_q     <= 1'b0;
    end else begin
      state_q    <= state_d;
      reset_q    <= state_q == StReset ? reset_q + 1'b1 : '0;
      // The bus is quiet, asked for as long as nothing new begins.
      quiet_q    <= state_q == StQuiet && units_busy_i.bus == '0;
      core_rst_no <= state_d != StReset;
      halt_o     <= !(state_d inside {StIdle, StPrepare, StRun});
      if (soft_reset_i) then_run_q <= 1'b0;
      else if (start_i) then_run_q <= 1'b1;
      if (ready_i) cold_o <= 1'b0;
      trap_q <= bus_error && state_d == StStop;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || soft_reset_i || start_i) begin
      done_q     <= 1'b0;
      complete_q <= 1'b0;
      first_q    <= 1'b1;
      addr_q     <= '0;
    end else begin
      if (finish && !bus_error) done_q <= 1'b1;
      if (running && last_done_i) complete_q <= 1'b1;
      if (running && frame_done_i) first_q <= 1'b0;
      if (bus_error && (read_fault_i.valid || write_fault_i.valid)) begin
        addr_q <= write_fault_i.valid ? write_fault_i.addr : read_fault_i.addr;
      end
    end
  end
  always_ff @(posedge clk_i) begin
    if (bus_error) begin
      write_q  <= write_fault_i.valid;
      block_q  <= !write_fault_i.valid && !read_fault_i.valid;
      slverr_q <= write_fault_i.valid ? !write_fault_i.decerr :
                  read_fault_i.valid ? !read_fault_i.decerr : block_fault_i.streams;
      slot_q   <= read_fault_i.valid ? read_fault_slot_i : block_fault_slot_i;
    end
  end

  logic starting;
  assign starting = state_q inside {StQuiet, StReset, StPrepare};

  assign run_o         = running;
  assign trap_o        = '{valid: trap_q, block: block_q, write: write_q, slverr: slverr_q};
  assign trap_slot_o   = slot_q;
  assign clear_o       = start_i || soft_reset_i;
  assign count_o       = then_run_q && !complete_q && (starting || running);
  assign first_frame_o = first_q;
  assign clear_irq_o   = soft_reset_i;
  assign event_o       = {3{!soft_reset_i}} &
                         {running && frame_done_i, fail, finish && !fail && !bus_error};

  assign state_o = '{
    units_busy: units_busy_i,
    resetting: starting && !then_run_q,
    error: state_q == StError,
    done: done_q,
    busy: running || state_q == StStop || (starting && then_run_q),
    addr: addr_q
  };

  `RS_ASSERT(StartOnlyIfOk, !start_i || start_ok_o)

endmodule
