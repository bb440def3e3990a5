// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

`include "rs_assert.svh"

/// A small processor that runs the control program: one accumulator, a carry, one memory operand per
/// instruction, one adder. docs/control-processor.md describes the instructions. Stages:
///
///   fetch | read the operand | take its part | add | decide | jump
///
/// A store writes, and an event is given, in the stage that adds. The instruction after a jump that is
/// taken is carried out or, when a stall comes between the two, is not. trap_i: the instructions in the
/// stages before the jump are dropped.
///
/// Throughput: one instruction per cycle; a jump that is taken costs four cycles more, five with
/// RamReg.
/// Latency: a store is seen by the third instruction after it. An event that moves a slot is seen by a
/// store to a word of that slot from the second instruction after it on, by a read from the third on.
/// Handshake: in a cycle with stall_i the operand is not read: its instruction and those after it
/// wait. Writes and events are always taken.
/// Assumes: the code obeys these distances, as spec/gen/assembler.py sees to.
module rs_ctrl_cpu
  import rs_ctrl_cpu_pkg::*;
#(
  /// Bits of a byte's offset in a bus burst.
  parameter int unsigned BurstOffsetW = 7,
  /// Bits of a slot's number, 2 to 5.
  parameter int unsigned SlotW = 2,
  /// A register after the code's memory.
  parameter bit RamReg = 1'b1,
  /// Bits of a memory address: slots of 32 words in the upper half. Derived.
  localparam int unsigned AddrW = SlotW + 6
) (
  /// Clock.
  input  logic             clk_i,
  /// Synchronous reset, active low.
  input  logic             rst_ni,
  /// Go to the program's answer to an error of the bus.
  input  logic             trap_i,
  /// The code's memory: latency 1; without a read the instruction stays.
  output logic             code_read_o,
  output logic [PcW-1:0]   pc_o,
  input  instruction_t     instruction_i,
  /// The memory: a read whose data comes a cycle later, unless something else reads; a write.
  input  logic             stall_i,
  output logic             read_o,
  output logic [AddrW-1:0] raddr_o,
  input  logic [31:0]      rdata_i,
  output logic             write_o,
  /// There may be a write in the next cycle.
  output logic             write_next_o,
  output logic [AddrW-1:0] waddr_o,
  output logic [31:0]      wdata_o,
  /// The slots: of the descriptor at hand, of the next one asked for, of the one at fault.
  input  logic [SlotW-1:0] slot_i,
  input  logic [SlotW-1:0] ask_slot_i,
  input  logic [SlotW-1:0] fault_slot_i,
  /// Conditions from outside, in the order of condition_e from WhenNotRunning on.
  input  logic [OutsideConditions-1:0] conditions_i,
  /// An event, with the accumulator on wdata_o.
  output logic             event_valid_o,
  output event_e           event_o
);

  `RS_PARAM_CHECK(Slots, SlotW >= 2 && SlotW <= 5, "SlotW must be 2 to 5")

  // Where the program goes by itself: when the bus answered with an error, when a field is bad.
  localparam logic [PcW-1:0] BusErrorAddr = PcW'(1);
  localparam logic [PcW-1:0] BadFieldAddr = PcW'(2);

  localparam int unsigned RepW = 10;
  localparam int unsigned TableW = AddrW - 5;

  // The instruction in each stage. What is not valid there was jumped over.
  instruction_t code, part_q;
  logic fetched_valid_q, code_valid, part_valid_q, add_valid_q;
  logic code_free, issue, leave, jump_q;
  logic [PcW-1:0] pc_q, jump_to_q;

  assign pc_o = pc_q;

  // A register after the code's memory, or none.
  if (RamReg) begin : gen_code_reg
    instruction_t code_q;
    logic code_valid_q;
    always_ff @(posedge clk_i) begin
      if (!rst_ni || jump_q) code_valid_q <= 1'b0;
      else if (code_free) code_valid_q <= fetched_valid_q;
    end
    always_ff @(posedge clk_i) begin
      if (code_free) code_q <= instruction_i;
    end
    assign code       = code_q;
    assign code_valid = code_valid_q;
    assign code_read_o = code_free || !fetched_valid_q;
  end else begin : gen_no_code_reg
    assign code       = instruction_i;
    assign code_valid = fetched_valid_q;
    assign code_read_o = code_free;
  end

  // Repetition: minus the number of times that are left, and whether addresses count with it. The
  // instruction to be repeated waits until they are set.
  logic [RepW-1:0] rep_q;
  logic counted_q, rep_set, rep_wait, part_rep, add_rep_q, add_repa_q;

  assign part_rep  = part_q.op inside {OpRep, OpRepa};
  assign rep_wait  = (part_valid_q && part_rep) || (add_valid_q && (add_rep_q || add_repa_q));
  assign issue     = code_valid && !stall_i && !rep_wait;
  assign leave     = issue && (rep_q == '0 || &rep_q);
  assign code_free = leave || !code_valid;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      pc_q         <= '0;
      fetched_valid_q <= 1'b0;
      part_valid_q <= 1'b0;
      add_valid_q  <= 1'b0;
    end else begin
      if (jump_q) pc_q <= jump_to_q;
      else if (code_read_o) pc_q <= pc_q + PcW'(1);
      fetched_valid_q <= !jump_q;
      part_valid_q <= issue && !jump_q;
      add_valid_q  <= part_valid_q && !jump_q;
    end
  end

  // Addresses as the memory has them.
  function automatic logic [AddrW-1:0] address(
      input logic [7:0] addr, input logic [SlotW-1:0] slot, input logic [SlotW-1:0] ask_slot,
      input logic [SlotW-1:0] fault_slot, input logic counted, input logic [4:0] count);
    logic [4:0] low;
    low = counted ? count : addr[4:0];
    unique casez (addr[7:5])
      3'b0??:  return {(AddrW - 7)'(0), addr[6:5], low};
      3'b100:  return {1'b1, slot, low};
      3'b101:  return {TableW'(3), 5'(ask_slot)};
      3'b110:  return {TableW'(3), 5'(slot)};
      default: return {TableW'(3), 5'(fault_slot)};
    endcase
  endfunction

  logic [4:0] part_count_q;
  logic       part_counted_q;

  assign read_o  = issue;
  assign raddr_o = address(code.addr, slot_i, ask_slot_i, fault_slot_i, counted_q && rep_q != '0,
                         rep_q[4:0]);

  always_ff @(posedge clk_i) begin
    part_q         <= code;
    part_count_q   <= rep_q[4:0];
    part_counted_q <= counted_q && rep_q != '0;
  end

  // The operand's part.
  function automatic logic [31:0] mask(input width_e width);
    unique case (width)
      Width4:     return 32'h0000000f;
      Width5:     return 32'h0000001f;
      Width8:     return 32'h000000ff;
      WidthOffset: return 32'((1 << BurstOffsetW) - 1);
      Width16:    return 32'h0000ffff;
      Width20:    return 32'h000fffff;
      WidthHigh:  return 32'hffff0000;
      default:    return 32'hffffffff;
    endcase
  endfunction

  typedef enum logic [1:0] {
    AddConstant,
    AddA,
    AddInverse,
    AddDouble
  } add_e;

  logic [31:0] operand, operand_q, constant_q;
  logic [AddrW-1:0] waddr_q;
  add_e add_q;
  logic set_a_q, carry_in_q, carry_on_q, store_q, event_q;
  condition_e condition_q;
  logic [PcW-1:0] add_target_q;
  event_e event_code_q;
  logic constant_op, high_op, free_op;

  assign constant_op = part_q.op inside {OpLd, OpLdh, OpLdf, OpLdn, OpLdi, OpLdhi};
  assign high_op     = part_q.op inside {OpLdh, OpLdhi};
  assign free_op     = part_q.op inside {OpLdi, OpLdhi, OpDbl};  // no operand
  assign operand     = part_q.swap ? {rdata_i[15:0], rdata_i[31:16]} : rdata_i;

  always_ff @(posedge clk_i) begin
    operand_q  <= operand & mask(part_q.width) & {32{!free_op}};
    constant_q <= high_op ? {part_q.value, 16'd0} :
                  {{16{part_q.value[15] && constant_op}}, part_q.value & {16{part_q.op != OpAdc}}};
    waddr_q    <= address(part_q.value[7:0], slot_i, ask_slot_i, fault_slot_i, part_counted_q,
                        part_count_q);
    set_a_q    <= part_q.op inside {OpLd, OpLdh, OpLdf, OpLdn, OpLdi, OpLdhi, OpDbl, OpAdd, OpSub,
                                    OpAdc};
    carry_in_q <= part_q.op == OpSub;
    carry_on_q <= part_q.op == OpAdc;
    store_q    <= part_q.op == OpSt;
    event_q    <= part_q.op == OpOut;
    add_rep_q  <= part_q.op == OpRep;
    add_repa_q <= part_q.op == OpRepa;
    event_code_q <= event_e'(part_q.value[3:0]);
    add_target_q <= part_q.op inside {OpLdf, OpLdn} ? BadFieldAddr : part_q.value[PcW-1:0];
    unique case (part_q.op)
      OpAdd:   add_q <= AddA;
      OpSub:   add_q <= AddInverse;
      OpDbl:   add_q <= AddDouble;
      default: add_q <= AddConstant;
    endcase
    unique case (part_q.op)
      OpBranch, OpAdd, OpSub, OpAdc: condition_q <= condition_e'(part_q.value[15:12]);
      OpLdf:   condition_q <= WhenC;
      OpLdn:   condition_q <= WhenNc;
      default: condition_q <= WhenNever;
    endcase
  end

  // The sum.
  logic [31:0] a_q, addend, sum;
  logic c_q, carry, valid;

  always_comb begin
    unique case (add_q)
      AddConstant: addend = constant_q;
      AddA:        addend = a_q;
      AddInverse:  addend = ~a_q;
      default:     addend = {a_q[30:0], 1'b0};
    endcase
  end
  assign {carry, sum} = 33'(operand_q) + 33'(addend) + 33'(carry_in_q || (carry_on_q && c_q));
  assign valid        = add_valid_q && !jump_q;

  assign write_o      = valid && store_q;
  assign write_next_o = part_valid_q && part_q.op == OpSt;
  assign waddr_o = waddr_q;
  assign wdata_o = a_q;
  assign event_valid_o = valid && event_q;
  assign event_o = event_code_q;
  assign rep_set = valid && (add_rep_q || add_repa_q);

  always_ff @(posedge clk_i) begin
    if (valid && set_a_q) begin
      a_q <= sum;
      c_q <= carry;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || jump_q) begin
      rep_q     <= '0;
      counted_q <= 1'b0;
    end else if (rep_set) begin
      rep_q     <= add_rep_q ? constant_q[RepW-1:0] : a_q[RepW-1:0];
      counted_q <= add_rep_q && constant_q[15];
    end else if (issue && rep_q != '0) begin
      rep_q <= rep_q + RepW'(1);
    end
  end

  // Jumps, on what the instruction left in the accumulator.
  logic branch_q, on_zero_q, on_other_q, zero, holds;
  condition_e when_q;
  logic [3:0] outside_q;  // which of the conditions from outside that is
  logic [PcW-1:0] target_q;

  assign zero = a_q == '0;
  always_comb begin
    unique case (when_q)
      WhenZ, WhenNz, WhenNever: holds = 1'b0;
      WhenAlways:    holds = 1'b1;
      WhenC:         holds = c_q;
      WhenNc:        holds = !c_q;
      WhenBit1clear: holds = !a_q[1];
      default:       holds = conditions_i[outside_q];
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      branch_q <= 1'b0;
      jump_q   <= 1'b0;
    end else begin
      branch_q <= valid;
      jump_q   <= trap_i || (branch_q && !jump_q && (holds || (zero ? on_zero_q : on_other_q)));
    end
  end
  always_ff @(posedge clk_i) begin
    when_q     <= condition_q;
    outside_q  <= 4'(condition_q - WhenNotRunning);
    on_zero_q  <= condition_q == WhenZ;
    on_other_q <= condition_q == WhenNz;
    target_q  <= add_target_q;
    jump_to_q <= trap_i ? BusErrorAddr : target_q;
  end

  logic unused_part;
  assign unused_part = ^part_q;

endmodule
