// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "base/error.hpp"
#include "harness/random.hpp"
#include "isa/fields.hpp"
#include "isa/isa.hpp"
#include "unit/models/control_program.hpp"
#include "unit/models/ctrl_cpu_model.hpp"

namespace reshift::ctrl {

/// How the surroundings of the control program behave.
struct Behaviour {
  int latency = 30;   ///< instructions from a request to its first descriptor
  int hold = 5;       ///< instructions for which an engine keeps a descriptor
  bool hang = false;  ///< engines never finish, nothing moves
};

/// The address that a label names.
consteval unsigned address_of(std::string_view name) {
  for (const Label& label : kLabels) {
    if (label.name == name) return label.address;
  }
  throw "no such label";
}

/// What is around the control program, for a run of it on the model: registers, the ring of slots,
/// a memory with a program's descriptors, and engines that are done with a descriptor after a
/// while.
class ControlHost {
 public:
  /// A descriptor as it was handed to an engine.
  struct Dispatch {
    Event event;
    std::uint32_t value;         ///< of the event
    std::uint32_t index;         ///< in the program, as the control program would report it
    isa::Descriptor words;       ///< the slot, with the command that the program has put there
    std::uint64_t instructions;  ///< from looking for it to this event
  };
  struct Failure {
    isa::Error cause;
    std::uint32_t index;

    bool operator==(const Failure&) const = default;
  };

  explicit ControlHost(const isa::Hardware& hardware)
      : hw(hardware),
        code_(control_program(hw)),
        slots_(static_cast<unsigned>(isa::ring_slots(hw))),
        batch_(static_cast<unsigned>(isa::ring_batch(hw))),
        model({code_, kLabels}, isa::clog2(slots_), isa::clog2(kMaxBurst * hw.axi_data_w / 8)) {
    model.memory.assign(model.memory.size(), 0xdeadbeef);
  }

  /// A word that software sees or writes.
  std::uint32_t& word(std::uint8_t address) { return model.memory.at(address); }

  void reset(bool warm) {
    model.reset();
    failure.reset();
    ready = running = done_ = tick_ = progress_ = false;
    warm_ = warm;
    looked_ = filled_ = asked_ = free_ = 0;
    unsent_ = 0;
    requests_.clear();
    held_ = 0;
    run_until([&] { return ready; });
  }

  /// Starts the program and lets it run until it is through, or stops with an error.
  void run(const std::vector<isa::Descriptor>& program, const Behaviour& behaviour = {}) {
    start(program, behaviour);
    run_until([&] { return failure || done_; });
  }
  void start(const std::vector<isa::Descriptor>& program, const Behaviour& behaviour) {
    program_ = program;
    behaviour_ = behaviour;
    dispatched.clear();
    credits.clear();
    skipped = 0;
    running = true;
  }
  void steps(int n) {
    for (int i = 0; i < n; ++i) step();
  }
  /// The bus answers with an error, a read of the descriptor in this slot or a write; or there is
  /// one in the weight block of this slot.
  void bus_error(bool block, bool write, bool slverr, unsigned slot) {
    block_error_ = block;
    write_error_ = write;
    slverr_ = slverr;
    fault_slot_ = slot % slots_;
    model.trap();
    run_until([&] { return failure.has_value(); });
  }
  /// The slot of the descriptor that was handed over last.
  unsigned last_slot() const { return (looked_ - 1) % slots_; }

  template <typename Condition>
  void run_until(Condition done, int limit = 200000) {
    for (int i = 0; !done(); ++i) {
      if (i == limit) throw Error("the control program did not come to an end");
      step();
    }
  }

  const isa::Hardware hw;

 private:
  static constexpr int kMaxBurst = 16;

  std::array<Instruction, std::tuple_size_v<decltype(control_program(isa::Hardware{}))>> code_;
  unsigned slots_, batch_;

 public:
  CtrlCpuModel model;
  bool ready = false, running = false;
  std::optional<Failure> failure;
  std::vector<Dispatch> dispatched;  ///< without those that are for nobody
  std::vector<std::uint32_t> credits;
  int skipped = 0;  ///< those

 private:
  /// A read of descriptors that is under way.
  struct Request {
    std::uint64_t first;  ///< index in the program
    unsigned count;
    int due;
  };

  void step() {
    if (model.pc() == address_of("arrival")) since_ = model.instructions;
    const auto effect = model.step(inputs());
    if (effect && effect->event) on(*effect->event, effect->value);
    ++time_;
    if (time_ % 64 == 0) tick_ = true;
    deliver();
    release();
  }

  CtrlCpuModel::Inputs inputs() const {
    const std::array<bool, 9> holds{!running,
                                    filled_ == looked_,
                                    unsent_ > 0 || asked_ - free_ > slots_ - batch_,
                                    !tick_,
                                    !progress_,
                                    warm_,
                                    write_error_,
                                    slverr_,
                                    block_error_};
    unsigned conditions = 0;
    for (unsigned i = 0; i < holds.size(); ++i) conditions |= unsigned{holds[i]} << i;
    return {.slot = looked_ % slots_,
            .ask_slot = asked_ % slots_,
            .fault_slot = fault_slot_,
            .conditions = conditions};
  }

  void on(Event event, std::uint32_t value) {
    switch (event) {
      case Event::kReady:
        ready = true;
        break;
      case Event::kRun:
        break;
      case Event::kSlot:
        ++asked_;
        ++batch_asked_;
        break;
      case Event::kAsk:
        ask();
        break;
      case Event::kCredits:
        credits.push_back(value);
        break;
      case Event::kTick:
        tick_ = progress_ = false;
        break;
      case Event::kFail:
        failure =
            Failure{static_cast<isa::Error>(word(word::kErrCause)), word(word::kErrDescriptor)};
        break;
      case Event::kSkip:
        ++skipped;
        ++looked_;
        break;
      default:
        dispatch(event, value);
        break;
    }
  }

  std::size_t slot_address(unsigned position) const { return 32 * (slots_ + position % slots_); }

  void dispatch(Event event, std::uint32_t value) {
    Dispatch d{event, value, word(word::kIndexNow), {}, model.instructions - since_};
    const std::size_t from = slot_address(looked_);
    for (std::size_t i = 0; i < d.words.size(); ++i) d.words[i] = model.memory[from + i];
    dispatched.push_back(d);
    ++looked_;
    if (event == Event::kLastEnd) {
      done_ = true;
      running = false;  // as rs_core_state has it
    }
  }

  /// The command says where the descriptors lie and how many bytes to read from the burst's begin
  /// on.
  void ask() {
    const std::uint64_t base = word(word::kProgBaseLo) | std::uint64_t{word(word::kProgBaseHi)}
                                                             << 32;
    const std::uint64_t address = word(word::kFetchLo) | std::uint64_t{word(word::kFetchHi)} << 32;
    const unsigned bytes = batch_asked_ * isa::kDescriptorBytes;
    const unsigned burst = kMaxBurst * static_cast<unsigned>(hw.axi_data_w) / 8;
    if (word(word::kFetchSize) != -(bytes + static_cast<unsigned>(address % burst))) {
      throw Error("descriptors: the length of the read is wrong");
    }
    if ((address - base) % isa::kDescriptorBytes != 0) throw Error("descriptors: a wrong address");
    const std::uint64_t first = (address - base) / isa::kDescriptorBytes;
    if ((first + batch_asked_) * isa::kDescriptorBytes > word(word::kProgSize)) {
      throw Error("descriptors: a read beyond the window");
    }
    requests_.push_back({first, batch_asked_, behaviour_.latency});
    unsent_ = 3;
    batch_asked_ = 0;
  }

  void deliver() {
    if (unsent_ > 0) --unsent_;
    if (requests_.empty()) return;
    Request& request = requests_.front();
    if (--request.due > 0) return;
    const std::size_t to = slot_address(filled_);
    const isa::Descriptor nothing{};
    const isa::Descriptor& d = request.first < program_.size() ? program_[request.first] : nothing;
    for (std::size_t i = 0; i < d.size(); ++i) model.memory[to + i] = d[i];
    ++filled_;
    ++request.first;
    progress_ = true;
    request.due = 4;
    if (--request.count == 0) requests_.pop_front();
  }

  void release() {
    if (free_ == looked_ || behaviour_.hang) return;
    if (++held_ < behaviour_.hold) return;
    held_ = 0;
    ++free_;
    progress_ = true;
  }

  Behaviour behaviour_;
  std::vector<isa::Descriptor> program_;
  std::deque<Request> requests_;
  unsigned looked_ = 0, filled_ = 0, asked_ = 0, free_ = 0;  ///< positions in the ring
  unsigned batch_asked_ = 0, fault_slot_ = 0;
  int unsent_ = 0, held_ = 0;
  bool done_ = false, tick_ = false, progress_ = false, warm_ = false;
  bool block_error_ = false, write_error_ = false, slverr_ = false;
  std::uint64_t time_ = 0, since_ = 0;
};

}  // namespace reshift::ctrl
