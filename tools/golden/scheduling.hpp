// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>

#include "golden/decoded_program.hpp"

namespace reshift::golden {

/// The ring of descriptors, with as few slots as a core may have, and each engine's queue, of a
/// single descriptor.
class DescriptorRing {
 public:
  /// Puts a descriptor into a slot and into its engine's queue; false: one of them has no room.
  bool fetch(std::size_t descriptor, Engine engine);
  /// The descriptor that an engine is at.
  std::optional<std::size_t> at(Engine engine) const {
    return queues_[static_cast<std::size_t>(engine)];
  }
  /// The engine is done with its descriptor.
  void complete(Engine engine);
  bool idle() const;
  /// What each engine is at, for a message.
  std::string text() const;

 private:
  /// Free when its descriptor is complete, an EXEC's when that is in its queue, and all before it
  /// are.
  struct Slot {
    Engine engine;
    bool passed;
  };
  std::array<std::optional<std::size_t>, kEngines> queues_;
  std::deque<Slot> slots_;
};

/// The tokens that engines give one another.
class TokenCounters {
 public:
  explicit TokenCounters(const isa::Init& init);
  /// Whether the tokens that a task waits for are there.
  bool ready(const Task& task) const;
  void take(const Task& task);
  /// Throws Error when a counter overflows.
  void give(const Task& task);

 private:
  unsigned& count(std::size_t from, Engine to) {
    return counts_[from][static_cast<std::size_t>(to)];
  }
  std::array<std::array<unsigned, kEngines>, kEngines> counts_{};  ///< [from][to]
};

}  // namespace reshift::golden
