// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "isa/isa.hpp"

namespace reshift::cost {

/// When the control program has looked at each descriptor, frame after frame, by the rules of
/// rtl/ctrl/control_program.asm: it asks for a batch of descriptors where the ring has room for
/// one, and then looks at one that is there. In the first frame it does not know where the program
/// ends; it asks for what lies behind the end, and drops that.
class ControlTime {
 public:
  /// A program of `bytes` bytes, its weights included. The start and `init` are done after it.
  /// `hw` must outlive this object.
  ControlTime(const isa::Hardware& hw, std::int64_t bytes, std::size_t frames);

  /// The time when it has looked at the next descriptor.
  std::int64_t look(isa::Opcode opcode);

  /// LOAD has given a command at `asked`, and has its data at `done`. In order.
  void load(std::int64_t asked, std::int64_t done);

  /// All engines have passed that descriptor at `time`, or when they passed the one before it.
  void pass(std::int64_t time);

 private:
  struct Load {
    std::int64_t asked = 0, done = 0;
  };

  std::int64_t room_at() const;
  void ask();
  void drop();

  const isa::Hardware& hw_;
  const std::int64_t slots_, batch_;
  std::size_t passes_left_;           ///< through the program, to ask for, this one included
  std::int64_t limit_;                ///< descriptors of the program, or what may be some
  bool end_known_ = false;            ///< where the program ends
  std::int64_t next_ = 0;             ///< to ask for: its index in the program
  std::int64_t asked_ = 0;            ///< descriptors, over all frames
  std::size_t dropping_ = 0;          ///< of the oldest ones in open_
  std::int64_t looked_ = 0;           ///< at descriptors of the first frame
  std::int64_t now_;                  ///< the control program's
  std::int64_t sent_ = 0;             ///< the last batch, to the bus
  std::deque<std::int64_t> open_;     ///< arrivals of those asked for and not looked at
  std::deque<Load> loads_;            ///< before whose end a batch may come
  std::vector<std::int64_t> passed_;  ///< by slot, over all frames
};

}  // namespace reshift::cost
