// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "harness/random.hpp"
#include "unit/models/control_program.hpp"

namespace reshift::ctrl {

/// Writes random programs that obey the rules of the control processor. They never end: they
/// consist of blocks, each of which sets the accumulator, has an effect, and goes on to another.
class ProgramWriter {
 public:
  explicit ProgramWriter(Random& random) : random_(random) {}

  std::vector<Instruction> write() {
    // Reset, bus error, bad field.
    for (int i = 0; i < 3; ++i) jump_somewhere(Condition::kAlways);
    while (code_.size() < kLength - kLongestBlock) block();
    for (const std::size_t at : jumps_) {
      const auto target = blocks_[static_cast<std::size_t>(uniform(0, std::ssize(blocks_) - 1))];
      code_[at].value = static_cast<std::uint16_t>((code_[at].value & 0xf000) | target);
    }
    return code_;
  }

 private:
  static constexpr std::size_t kLength = 512, kLongestBlock = 64;
  using Addresses = std::vector<unsigned>;

  std::int64_t uniform(std::int64_t low, std::int64_t high) { return random_.uniform(low, high); }
  template <typename T, std::size_t N>
  T any(const std::array<T, N>& of) {
    return of[static_cast<std::size_t>(uniform(0, N - 1))];
  }

  void block() {
    blocks_.push_back(code_.size());
    add(setter(1, false));
    effect();
    for (auto n = uniform(1, 12); n > 0; --n) {
      switch (uniform(0, 7)) {
        case 0:
          effect();
          break;
        case 1:
          repetition();
          break;
        case 2:
          jump_somewhere(static_cast<Condition>(uniform(0, 14)));
          break;
        case 3:
          field_test();
          break;
        case 4:
          conditional_sum();
          break;
        default:
          add(setter(1, false));
          break;
      }
    }
    jump_somewhere(Condition::kAlways);
  }

  /// Appends an instruction, the addresses that it stores to, whether it gives an event.
  void add(const Instruction& i, Addresses stored = {}, bool event = false) {
    code_.push_back(i);
    stored_ = {stored_[1], std::move(stored)};
    events_ = {events_[1], event};
    may_have_jumped_ = false;
  }

  /// After a possible jump no instruction may have an effect.
  void leave_jump() {
    if (may_have_jumped_) add(setter(1, false));
  }

  void jump_somewhere(Condition condition) {
    jumps_.push_back(code_.size());
    add({Op::kBranch, Width::kAll, false, 0, with(condition)});
    may_have_jumped_ = true;
  }

  void field_test() {
    Instruction i = reading(any(std::array{Op::kLdf, Op::kLdn}), 1, false);
    i.value = constant();
    add(i);
    may_have_jumped_ = true;
  }

  void conditional_sum() {
    Instruction i = reading(any(std::array{Op::kAdd, Op::kSub, Op::kAdc}), 1, false);
    i.value = with(static_cast<Condition>(uniform(0, 14)));
    jumps_.push_back(code_.size());
    add(i);
    may_have_jumped_ = true;
  }

  void effect() {
    leave_jump();
    if (random_.chance(40)) {
      add({Op::kOut, Width::kAll, false, 0, static_cast<std::uint16_t>(uniform(0, 13))}, {}, true);
    } else {
      store(1, false);
    }
  }

  void store(unsigned times, bool counted) {
    unsigned address = byte();
    while (address >= 0x80 && events_[1]) address = byte();
    add({Op::kSt, Width::kAll, false, 0, static_cast<std::uint16_t>(address)},
        addresses(address, times, counted));
  }

  void repetition() {
    leave_jump();
    const auto times = static_cast<unsigned>(random_.chance(20) ? uniform(30, 40) : uniform(1, 5));
    const bool counted = random_.chance(50);
    if (!counted && random_.chance(30)) {
      add({Op::kLdi, Width::kAll, false, 0, static_cast<std::uint16_t>(-static_cast<int>(times))});
      add({Op::kRepa, Width::kAll, false, 0, 0});
    } else {
      add({Op::kRep, Width::kAll, false, 0,
           static_cast<std::uint16_t>((counted ? 0x8000 : 0) | (1024 - times))});
    }
    if (random_.chance(20)) {
      add({Op::kOut, Width::kAll, false, 0, static_cast<std::uint16_t>(uniform(0, 13))}, {}, true);
    } else if (random_.chance(30)) {
      store(times, counted);
    } else {
      add(setter(times, counted));
    }
  }

  /// An instruction that sets the accumulator and does not jump; a first one needs no accumulator.
  Instruction setter(unsigned times, bool counted) {
    const bool first = code_.size() == blocks_.back();  // what jumps here leaves none
    const Op op = first || random_.chance(40)
                      ? any(std::array{Op::kLd, Op::kLdh, Op::kLdi, Op::kLdhi})
                      : any(std::array{Op::kAdd, Op::kSub, Op::kAdc, Op::kDbl});
    Instruction i = reading(op, times, counted);
    i.value =
        op == Op::kAdd || op == Op::kSub || op == Op::kAdc ? with(Condition::kNever) : constant();
    return i;
  }

  Instruction reading(Op op, unsigned times, bool counted) {
    const auto width = static_cast<Width>(uniform(0, 7));
    unsigned address = byte();
    while (too_soon(addresses(address, times, counted))) address = byte();
    return {op, width, random_.chance(50), static_cast<std::uint8_t>(address), 0};
  }

  /// All addresses that a repeated instruction uses.
  static Addresses addresses(unsigned address, unsigned times, bool counted) {
    if (!counted) return {address};
    Addresses list;
    for (unsigned left = times; left > 0; --left) {
      list.push_back((address & 0xe0) | ((32 - left) & 31));
    }
    return list;
  }

  /// The indices of the slots can be addressed in two ways.
  static bool index(unsigned address) { return address >= 0xa0; }
  static bool same(unsigned a, unsigned b) {
    const auto may_be_index = [](unsigned x) { return index(x) || (x >= 0x60 && x < 0x80); };
    return a == b || ((index(a) || index(b)) && may_be_index(a) && may_be_index(b));
  }

  bool too_soon(const Addresses& read) const {
    for (const unsigned address : read) {
      if (address >= 0x80 && (events_[0] || events_[1])) return true;
      for (const Addresses& stored : stored_) {
        for (const unsigned other : stored) {
          if (same(address, other)) return true;
        }
      }
    }
    return false;
  }

  unsigned byte() { return static_cast<unsigned>(uniform(0, 255)); }
  static std::uint16_t with(Condition condition) {
    return static_cast<std::uint16_t>(static_cast<unsigned>(condition) << 12);
  }
  std::uint16_t constant() {
    return static_cast<std::uint16_t>(random_.chance(20) ? uniform(-2, 2) : uniform(-32768, 32767));
  }

  Random& random_;
  std::vector<Instruction> code_;
  std::vector<std::size_t> blocks_;  ///< where they begin
  std::vector<std::size_t> jumps_;   ///< that have no target yet
  std::array<Addresses, 2> stored_;  ///< by the two instructions before
  std::array<bool, 2> events_{};     ///< given by them
  bool may_have_jumped_ = false;     ///< the one before
};

}  // namespace reshift::ctrl
