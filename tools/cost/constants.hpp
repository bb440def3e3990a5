// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "isa/isa.hpp"

/// What things cost in clock cycles. tb/core/cost_test.cpp measures each constant on the simulated
/// cores, with their performance counters, and allows a difference that it states. "Measured" is
/// what it printed for 4x4x3, for 16x16x8, and for a core with serial post-processing. Those of the
/// control program's parts were read off the events of its processor in waveforms of both cores;
/// cost_test.cpp and random_cost_test.cpp compare what they come to in whole frames.
namespace reshift::cost {

// The core. These are the figures of program_time.hpp.

/// From the address of a read to its data: what the expected cycles assume of the memory.
inline constexpr std::int64_t kMemoryLatency = 40;
/// From the token that a transfer waits for to its first data, the memory's answer included.
/// Measured with kExecStart: 61, 59 and 61 for LOAD, 60, 59 and 60 for STORE.
inline constexpr std::int64_t kTransferStart = kMemoryLatency + 15;
/// Of LOAD, in which it takes no data: between two commands, and between two of the three sections
/// of a weight block. What both and the words of two descriptors add to a load of weights and its
/// EXEC is measured together, see descriptor_cycles().
inline constexpr std::int64_t kCommandGap = 7;
inline constexpr std::int64_t kSectionGap = 4;
/// From the token that an EXEC waits for to its first micro-op.
inline constexpr std::int64_t kExecStart = 6;
/// Between one EXEC's last micro-op and the next one's first, when nothing holds it up. Measured:
/// 0.
inline constexpr std::int64_t kExecGap = 1;
/// The control program's (control_time.hpp). From the start to its first request for descriptors.
inline constexpr std::int64_t kControlStart = 80;
/// To ask for a batch, and for each descriptor of it; from the end of the program to its begin.
inline constexpr std::int64_t kAsk = 18;
inline constexpr std::int64_t kAskSlot = 16;
inline constexpr std::int64_t kNextPass = 35;
/// Beats that LOAD's addresses are ahead of its data: so long before the end of a transfer the bus
/// takes the address of the next.
inline constexpr std::int64_t kReadAhead = 128;
/// To look at a descriptor: to check it and to work out its addresses.
inline constexpr std::int64_t kLookLoad = 132;
inline constexpr std::int64_t kLookWeights = kLookLoad + 10;  // and LOAD's words of the block
inline constexpr std::int64_t kLookExec = 132;
inline constexpr std::int64_t kLookStore = 168;
inline constexpr std::int64_t kLookEnd = 103;
/// To drop one that was asked for behind the end.
inline constexpr std::int64_t kDrop = 28;
/// From there to the first micro-op of an EXEC that waits for nothing: its words are copied.
inline constexpr std::int64_t kExecCopy = 29;
/// Of a descriptor in the middle of a program, all of that.
inline constexpr std::int64_t kDescriptor = 150;
/// Stages from a row's sum to its pixel in the feature buffer, see drain_cycles(). Measured: 17,
/// 17, and 15 less post_cycles().
inline constexpr std::int64_t kDrainStages = 17;
/// More of them, where there are tables behind post-processing.
inline constexpr std::int64_t kTableStages = 2;
/// More of them, and of the array's entry, where codes have bounds and sums are rounded early.
inline constexpr std::int64_t kRequantiseStages = 5;
/// More of them, where several pixels go through queues.
inline constexpr std::int64_t kQueueStages = 3;

// Post-processing with fewer lanes than channels, see post_cycles(): 512 of them for 5 pixels of
// two passes each; measured: 486.

/// A pass: as many bits as a usual shift has, one per cycle.
inline constexpr std::int64_t kPostShift = 24;
/// A pass: the steps around multiplier and shift, and two bits beside the multiplier's own.
inline constexpr std::int64_t kPostPass = 9;
/// From an M-block's last pass to the next one's first. Measured: 6 where M-blocks follow one
/// another.
inline constexpr std::int64_t kPostPipeline = 32;

// The planner's, coarser: it compares thousands of plans before any has descriptors.

/// From an EXEC's last micro-op to the data of a transfer that waits for it: the drain of an array
/// of 16 x 8 and kTransferStart. Measured: 82 and 102.
inline constexpr std::int64_t kExecToTransfer = 110;
/// From one EXEC's last micro-op to the next one's first: between kExecGap, which needs no pixel of
/// the EXEC before, and the drain, which needs all.
inline constexpr std::int64_t kExecFill = 24;
/// An EXEC of its own is worth while from this many cycles on: kDescriptor for it, and as much as
/// keeps the control program ahead.
inline constexpr std::int64_t kWorthADescriptor = 256;

}  // namespace reshift::cost
