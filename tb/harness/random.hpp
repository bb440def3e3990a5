// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/error.hpp"
#include "base/random.hpp"

namespace reshift {

/// The seed of this run: environment variable RESHIFT_SEED, 1 without it.
inline uint64_t run_seed() {
  const char* text = std::getenv("RESHIFT_SEED");
  if (!text) return 1;
  try {
    return std::stoull(text);
  } catch (const std::exception&) {
    throw Error("RESHIFT_SEED is '{}', not a number", text);
  }
}

/// How often and for how long one side of a handshake makes the other wait.
struct Stalls {
  int percent = 0;     ///< chance that a stall begins, in each cycle without one
  int max_cycles = 1;  ///< its length is 1..max_cycles

  static constexpr Stalls none() { return {}; }
  static constexpr Stalls light() { return {20, 1}; }
  static constexpr Stalls heavy() { return {70, 3}; }
  static constexpr Stalls bursty() { return {5, 40}; }
};

/// Decides cycle by cycle.
class StallSource {
 public:
  StallSource(Stalls stalls, uint64_t seed) : stalls_(stalls), random_(seed) {}

  bool stall() {
    if (stalls_.percent == 0) return false;
    if (left_ == 0) {
      if (!random_.chance(stalls_.percent)) return false;
      left_ = static_cast<int>(random_.uniform(1, stalls_.max_cycles));
    }
    --left_;
    return true;
  }

 private:
  Stalls stalls_;
  Random random_;
  int left_ = 0;
};

}  // namespace reshift
