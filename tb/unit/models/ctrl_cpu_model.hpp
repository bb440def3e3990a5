// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "unit/models/control_program.hpp"

namespace reshift::ctrl {

/// Whether an instruction may jump, and on what.
constexpr Condition jump_condition(const Instruction& i) {
  switch (i.op) {
    case Op::kLdf:
      return Condition::kC;
    case Op::kLdn:
      return Condition::kNc;
    case Op::kBranch:
    case Op::kAdd:
    case Op::kSub:
    case Op::kAdc:
      return static_cast<Condition>(i.value >> 12);
    default:
      return Condition::kNever;
  }
}

constexpr bool sets_accumulator(const Instruction& i) {
  return i.op != Op::kBranch && i.op != Op::kSt && i.op != Op::kOut && i.op != Op::kRep &&
         i.op != Op::kRepa;
}

constexpr bool has_effect(const Instruction& i) {
  return i.op == Op::kSt || i.op == Op::kOut || i.op == Op::kRep || i.op == Op::kRepa;
}

/// A program and its labels, which must stay alive.
struct Code {
  std::span<const Instruction> instructions;
  std::span<const Label> labels{};

  /// An address as "label + n".
  std::string where(std::size_t pc) const {
    const Label* nearest = nullptr;
    for (const Label& label : labels) {
      if (label.address <= pc && (!nearest || label.address >= nearest->address)) nearest = &label;
    }
    if (!nearest) return std::to_string(pc);
    return std::string(nearest->name) + " + " + std::to_string(pc - nearest->address);
  }
};

/// How often each instruction was carried out, and how often each jump was taken or not. Outcomes:
/// of every instruction that it is carried out, of a conditional jump also that it is taken and
/// that it is not.
class Coverage {
 public:
  /// The program's labels must stay alive.
  explicit Coverage(const Code& code) : names_{.instructions = {}, .labels = code.labels} {
    for (const Instruction& i : code.instructions) {
      const Condition condition = jump_condition(i);
      counts_.push_back(
          {.conditional = condition != Condition::kNever && condition != Condition::kAlways});
    }
  }

  void carried_out(std::size_t pc) { ++counts_[pc].carried_out; }
  void decided(std::size_t pc, bool taken) {
    ++(taken ? counts_[pc].taken : counts_[pc].not_taken);
  }

  /// Adds what another run of the same program covered.
  void add(const Coverage& other) {
    for (std::size_t pc = 0; pc < counts_.size(); ++pc) {
      counts_[pc].carried_out += other.counts_[pc].carried_out;
      counts_[pc].taken += other.counts_[pc].taken;
      counts_[pc].not_taken += other.counts_[pc].not_taken;
    }
  }

  std::size_t instructions() const { return counts_.size(); }
  /// Conditional jumps.
  std::size_t jumps() const {
    return static_cast<std::size_t>(std::ranges::count(counts_, true, &Counts::conditional));
  }
  std::size_t outcomes() const { return instructions() + 2 * jumps(); }

  /// The outcomes that never happened, each with where it is in the program.
  std::vector<std::string> missing() const {
    std::vector<std::string> list;
    for (std::size_t pc = 0; pc < counts_.size(); ++pc) {
      const Counts& n = counts_[pc];
      if (n.carried_out == 0) list.push_back(names_.where(pc) + " was never carried out");
      if (!n.conditional) continue;
      if (n.taken == 0) list.push_back(names_.where(pc) + " never jumped");
      if (n.not_taken == 0) list.push_back(names_.where(pc) + " never went on");
    }
    return list;
  }

 private:
  struct Counts {
    bool conditional = false;
    std::uint64_t carried_out = 0, taken = 0, not_taken = 0;
  };

  Code names_;
  std::vector<Counts> counts_;
};

/// The control processor at the level of its instructions: what a program can rely on, without
/// cycles. A program that relies on more (see docs/control-processor.md) is refused with Error.
class CtrlCpuModel {
 public:
  /// Pins that the program can see.
  struct Inputs {
    unsigned slot = 0, ask_slot = 0, fault_slot = 0;
    unsigned conditions = 0;  ///< bit i: condition kFirstOutside + i holds
  };
  /// A word written to memory, or an event, with the accumulator if it has a value.
  struct Effect {
    std::optional<Event> event;
    unsigned address = 0;  ///< of the word
    std::uint32_t value = 0;

    bool operator==(const Effect&) const = default;
  };

  /// Slots: 2^slot_bits; a bus burst has 2^burst_offset_bits bytes.
  CtrlCpuModel(Code code, int slot_bits, int burst_offset_bits)
      : memory(std::size_t{64} << slot_bits),
        coverage(code),
        code_(code),
        slot_bits_(slot_bits),
        burst_mask_((std::uint32_t{1} << burst_offset_bits) - 1) {}

  void reset() { go(0); }
  /// The bus answered with an error.
  void trap() { go(kBusError); }

  /// Carries out one instruction (one repetition of it).
  std::optional<Effect> step(const Inputs& inputs) {
    if (pc_ >= code_.instructions.size()) throw Error("the program ran past its end");
    const Instruction& i = code_.instructions[pc_];
    coverage.carried_out(pc_);
    ++instructions;
    const bool repeated = left_ > 0;
    const unsigned count = (32 - left_) & 31;
    const auto counted = [&](unsigned address) {
      return repeated && counted_ ? (address & 0xe0) | count : address;
    };
    if (repeated &&
        (jump_condition(i) != Condition::kNever || i.op == Op::kRep || i.op == Op::kRepa)) {
      fail("is repeated, but jumps or repeats");
    }
    if (left_ > 0) --left_;
    std::optional<Effect> effect;
    Trace trace;
    if (sets_accumulator(i)) {
      add(i, reads(i) ? operand(i, counted(i.addr), inputs) : 0);
    } else if (i.op == Op::kSt) {
      const unsigned address = store_address(counted(i.value & 0xff), inputs);
      effect = Effect{.event = {}, .address = address, .value = accumulator()};
      memory[address] = effect->value;
      trace.stored = address;
    } else if (i.op == Op::kOut) {
      const auto event = static_cast<Event>(i.value & 15);
      const bool has_value = kEventValue.at(i.value & 15);
      effect = Effect{.event = event, .address = 0, .value = has_value ? accumulator() : 0};
      trace.event = true;
    }
    before_ = {before_[1], trace};
    if (repeated && left_ > 0) return effect;
    const Condition condition = jump_condition(i);
    const bool jumps = holds(condition, inputs);
    if (condition != Condition::kNever) coverage.decided(pc_, jumps);
    if (jumps) {
      jump(i.op == Op::kLdf || i.op == Op::kLdn ? kBadField : i.value & 0x1ffu);
    } else {
      if (i.op == Op::kRep) repeat(-i.value & 1023, (i.value & 0x8000) != 0);
      if (i.op == Op::kRepa) repeat(-accumulator() & 1023, false);
      ++pc_;
    }
    return effect;
  }

  std::size_t pc() const { return pc_; }

  std::vector<std::uint32_t> memory;
  Coverage coverage;
  std::uint64_t instructions = 0;  ///< carried out, each repetition once

 private:
  static constexpr unsigned kBusError = 1, kBadField = 2;
  static constexpr unsigned kIndices = 0x60;  ///< address of the indices of the slots

  /// What an instruction did that the next ones do not see at once.
  struct Trace {
    std::optional<unsigned> stored;
    bool event = false;
  };

  [[noreturn]] void fail(const char* what) const {
    throw Error("control processor: the instruction at {} {}", code_.where(pc_), what);
  }

  void go(unsigned pc) {
    pc_ = pc;
    a_.reset();
    carry_.reset();
    left_ = 0;
    before_ = {};
  }

  /// The instruction after one that jumps may be carried out or not.
  void jump(unsigned target) {
    if (pc_ + 1 < code_.instructions.size()) {
      const Instruction& next = code_.instructions[pc_ + 1];
      coverage.carried_out(pc_ + 1);
      if (has_effect(next)) fail("jumps, and the one after it has an effect");
      if (sets_accumulator(next)) {
        a_.reset();
        carry_.reset();
      }
    }
    pc_ = target;
    before_ = {};
  }

  void repeat(unsigned times, bool counted) {
    left_ = times;
    counted_ = counted;
  }

  std::uint32_t accumulator() const {
    if (!a_) fail("uses the accumulator, which may have been set after a jump");
    return *a_;
  }
  bool carry() const {
    if (!carry_) fail("uses the carry, which may have been set after a jump");
    return *carry_;
  }

  bool holds(Condition condition, const Inputs& inputs) const {
    switch (condition) {
      case Condition::kNever:
        return false;
      case Condition::kAlways:
        return true;
      case Condition::kZ:
        return accumulator() == 0;
      case Condition::kNz:
        return accumulator() != 0;
      case Condition::kC:
        return carry();
      case Condition::kNc:
        return !carry();
      case Condition::kBit1clear:
        return (accumulator() & 2) == 0;
      default:
        return (inputs.conditions >> (static_cast<int>(condition) - kFirstOutside) & 1) != 0;
    }
  }

  static bool reads(const Instruction& i) {
    return i.op != Op::kLdi && i.op != Op::kLdhi && i.op != Op::kDbl;
  }

  /// The word of the memory that an address of the instruction set means.
  unsigned word(unsigned address, const Inputs& inputs) const {
    const unsigned low = address & 31;
    switch (address >> 5) {
      case 4:
        return (32u << slot_bits_) + (inputs.slot << 5) + low;
      case 5:
        return kIndices + inputs.ask_slot;
      case 6:
        return kIndices + inputs.slot;
      case 7:
        return kIndices + inputs.fault_slot;
      default:
        return address;
    }
  }

  unsigned store_address(unsigned address, const Inputs& inputs) const {
    if (address >= 0x80 && before_[1].event) fail("stores to a slot right after an event");
    return word(address, inputs);
  }

  std::uint32_t operand(const Instruction& i, unsigned address, const Inputs& inputs) const {
    const unsigned from = word(address, inputs);
    for (const Trace& trace : before_) {
      if (address >= 0x80 && trace.event) fail("reads a slot too soon after an event");
      if (trace.stored == from) fail("reads a word too soon after its store");
    }
    std::uint32_t value = memory[from];
    if (i.swap) value = value << 16 | value >> 16;
    switch (i.width) {
      case Width::k4:
        return value & 0xf;
      case Width::k5:
        return value & 0x1f;
      case Width::k8:
        return value & 0xff;
      case Width::kOffset:
        return value & burst_mask_;
      case Width::k16:
        return value & 0xffff;
      case Width::k20:
        return value & 0xfffff;
      case Width::kHigh:
        return value & 0xffff0000;
      case Width::kAll:
        break;
    }
    return value;
  }

  void add(const Instruction& i, std::uint32_t operand) {
    const auto constant = static_cast<std::uint32_t>(static_cast<std::int16_t>(i.value));
    std::uint64_t sum = operand;
    switch (i.op) {
      case Op::kAdd:
        sum += accumulator();
        break;
      case Op::kSub:
        sum += std::uint64_t{~accumulator()} + 1;
        break;
      case Op::kAdc:
        sum += carry() ? 1 : 0;
        break;
      case Op::kDbl:
        sum += accumulator() << 1;
        break;
      case Op::kLdh:
      case Op::kLdhi:
        sum += std::uint32_t{i.value} << 16;
        break;
      default:
        sum += constant;
        break;
    }
    a_ = static_cast<std::uint32_t>(sum);
    carry_ = sum >> 32 != 0;
  }

  Code code_;
  int slot_bits_;
  std::uint32_t burst_mask_;
  std::size_t pc_ = 0;
  std::optional<std::uint32_t> a_;  ///< nothing: what it is depends on stalls
  std::optional<bool> carry_;
  unsigned left_ = 0;  ///< repetitions of the instruction at hand
  bool counted_ = false;
  std::array<Trace, 2> before_{};  ///< of the two instructions before
};

}  // namespace reshift::ctrl
