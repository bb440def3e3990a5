// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <numbers>
#include <random>

namespace reshift {

/// Random numbers that are the same with every standard library, as those of the distributions of
/// <random> are not.
class PortableRandom {
 public:
  explicit PortableRandom(std::uint32_t seed) : engine_(seed) {}

  /// Uniform in [0, 1).
  double uniform() { return static_cast<double>(engine_()) * 0x1p-32; }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }

  /// Mean 0, variance 1: twelve uniform numbers (Irwin-Hall).
  double normal() {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += uniform();
    return sum;
  }

  /// As normal(), for large tensors: four uniform numbers of 16 bits, thus never beyond +-3.5, and
  /// equal on every machine in all bits.
  double quick_normal() {
    std::int64_t sum = -2 * 65535;
    for (int i = 0; i < 2; ++i) {
      const auto bits = engine_();
      sum += static_cast<std::int64_t>((bits & 0xFFFF) + (bits >> 16));
    }
    // Each has a variance of 65536^2 / 12, but for less than a part in 10^9.
    return static_cast<double>(sum) * (std::numbers::sqrt3 / 65536);
  }

 private:
  std::mt19937 engine_;
};

/// A seeded generator with the two questions that tests ask.
class Random : public std::mt19937_64 {
 public:
  using std::mt19937_64::mt19937_64;

  /// A whole number in [low, high], both included.
  std::int64_t uniform(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(*this);
  }
  /// True in `percent` of 100 cases.
  bool chance(int percent) {
    return percent > 0 && ((operator()() >> 32) * 100) >> 32 < static_cast<std::uint64_t>(percent);
  }
};

}  // namespace reshift
