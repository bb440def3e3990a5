// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "harness/bench.hpp"
#include "harness/random.hpp"

namespace reshift {

/// Offers items to a valid/ready stream input of the model, in order, with random gaps.
/// `put` sets the payload pins from an item.
template <typename Item>
class StreamDriver : public Agent {
 public:
  using Put = std::function<void(const Item&)>;

  StreamDriver(uint8_t& valid, const uint8_t& ready, Put put, Stalls stalls = {},
               uint64_t seed = run_seed())
      : valid_(valid), ready_(ready), put_(std::move(put)), stalls_(stalls, seed) {
    valid_ = 0;
  }

  void push(Item item) { waiting_.push_back(std::move(item)); }
  /// True when the model has taken everything.
  bool idle() const { return waiting_.empty(); }
  uint64_t taken() const { return taken_; }
  /// The model is being reset: forget what was not taken.
  void abandon() {
    waiting_.clear();
    offered_ = false;
    valid_ = 0;
  }

  void sample() override {
    if (!valid_ || !ready_) return;
    waiting_.pop_front();
    ++taken_;
    offered_ = false;
  }

  void drive() override {
    if (!offered_ && !waiting_.empty() && !stalls_.stall()) {
      put_(waiting_.front());
      offered_ = true;
    }
    valid_ = offered_;
  }

 private:
  uint8_t& valid_;
  const uint8_t& ready_;
  Put put_;
  StallSource stalls_;
  std::deque<Item> waiting_;
  uint64_t taken_ = 0;
  bool offered_ = false;
};

/// Takes items from a valid/ready stream output of the model, with random stalls, and hands each to
/// `sink`. Throws Error when the model takes back or changes an item that waits.
/// `get` reads the payload pins; Item needs ==.
template <typename Item>
class StreamMonitor : public Agent {
 public:
  using Get = std::function<Item()>;
  using Sink = std::function<void(const Item&)>;

  StreamMonitor(const uint8_t& valid, uint8_t& ready, Get get, Sink sink, Stalls stalls = {},
                uint64_t seed = run_seed())
      : valid_(valid),
        ready_(ready),
        get_(std::move(get)),
        sink_(std::move(sink)),
        stalls_(stalls, seed ^ 0x9e3779b97f4a7c15ull) {
    ready_ = 0;
  }

  uint64_t received() const { return received_; }
  /// The model is being reset: what waits may go.
  void abandon() { waiting_.reset(); }

  void sample() override {
    if (waiting_ && (!valid_ || !(get_() == *waiting_))) {
      throw Error("stream output changed while it waited for ready (item {})", received_);
    }
    waiting_.reset();
    if (!valid_) return;
    if (!ready_) {
      waiting_ = get_();
      return;
    }
    ++received_;
    sink_(get_());
  }

  void drive() override { ready_ = !stalls_.stall(); }

 private:
  const uint8_t& valid_;
  uint8_t& ready_;
  Get get_;
  Sink sink_;
  StallSource stalls_;
  std::optional<Item> waiting_;
  uint64_t received_ = 0;
};

}  // namespace reshift
