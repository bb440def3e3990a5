// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0

/// The instructions of the control program (rtl/ctrl/control_program.asm says what they do).
package rs_ctrl_cpu_pkg;

  typedef enum logic [3:0] {
    OpBranch,
    OpLd,
    OpLdh,
    OpLdf,
    OpLdn,
    OpLdi,
    OpLdhi,
    OpDbl,
    OpAdd,
    OpSub,
    OpAdc,
    OpSt,
    OpOut,
    OpRep,
    OpRepa
  } op_e;

  /// How much of a word is used: its low bits, or its high half in place. WidthOffset: the offset of a
  /// byte in a bus burst.
  typedef enum logic [2:0] {
    Width4,
    Width5,
    Width8,
    WidthOffset,
    Width16,
    Width20,
    WidthAll,
    WidthHigh
  } width_e;

  typedef enum logic [3:0] {
    WhenNever,
    WhenAlways,
    WhenZ,
    WhenNz,
    WhenC,
    WhenNc,
    WhenBit1clear,
    WhenNotRunning,
    WhenNoArrival,
    WhenNoRoom,
    WhenNoTick,
    WhenNoProgress,
    WhenWarm,
    WhenWriteError,
    WhenSlverr
  } condition_e;

  /// Events that the program gives.
  typedef enum logic [3:0] {
    PortReady,
    PortRun,
    PortSlot,
    PortAsk,
    PortSkip,
    PortExec,
    PortLoadWeights,
    PortLoadFeatures,
    PortStore,
    PortEnd,
    PortLastEnd,
    PortCredits,
    PortTick,
    PortFail
  } port_e;

  /// An instruction. Addresses below 0x80 are words of the memory; 0x80 + word is in the descriptor
  /// at hand; 0xa0, 0xc0, 0xe0 are the indices of a slot (of the next one asked for, of the one at
  /// hand, of the one at fault).
  typedef struct packed {
    op_e         op;
    width_e      width;
    logic        swap;   // the halves of the word
    logic [7:0]  addr;   // that is read
    logic [15:0] value;  // constant; address stored to; condition [15:12] and target [8:0]
  } instruction_t;

endpackage
