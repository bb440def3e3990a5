// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <limits>

/// The integer arithmetic of the accelerator, defined once (docs/architecture.md, "Numbers").
namespace reshift {

/// What becomes of a number in the middle between two codes.
enum class RoundMode : std::uint8_t { kHalfUp, kHalfEven, kHalfAway };

/// An integer from t / 2^bits and something more, below one unit of t, when `more` is set: rounded
/// to the nearest. bits is 1 or more, |t| at most 2^62 + 2^61.
constexpr std::int64_t round_fraction(std::int64_t t, bool more, int bits, RoundMode mode) {
  const std::int64_t half = std::int64_t{1} << (bits - 1);
  const bool up = mode == RoundMode::kHalfUp || more ||
                  (mode == RoundMode::kHalfEven ? (t >> bits & 1) != 0 : t >= 0);
  return (t + half - (up ? 0 : 1)) >> bits;
}

/// Requantisation of one output channel: its factor is mult / 2^shift.
struct ChannelParams {
  std::int32_t bias = 0;
  std::uint32_t mult = 0;
  std::uint8_t shift = 0;
  bool operator==(const ChannelParams&) const = default;
};

/// Largest shift beside multipliers of so many bits, which are 16 or 32.
constexpr int max_shift(int mult_w) { return mult_w > 16 ? 63 : 47; }

/// Fraction bits of a residual's factor, and of the sum that is rounded.
constexpr int fraction_bits(int act_w) { return act_w + 8; }

/// The largest factor of a residual, 8: then its part of the output fits in act_w + 4 bits before
/// the point, which is what the hardware keeps of it.
constexpr std::uint32_t max_res_factor(int act_w) {
  return std::uint32_t{8} << fraction_bits(act_w);
}

/// PostParams::early of a code that counts one step of the output, and the most that it is.
constexpr int kEarlyOne = 12, kMostEarly = 15;

/// Lowest and highest activation code of `act_w` bits.
constexpr std::int32_t code_min(int act_w) { return -(1 << (act_w - 1)); }
constexpr std::int32_t code_max(int act_w) { return (1 << (act_w - 1)) - 1; }

/// The part of post-processing that is the same for all channels of an operation.
struct PostParams {
  std::int32_t out_zero = 0;
  std::int32_t lo = 0, hi = 0;  ///< inclusive output bounds
  std::int32_t res_zero = 0;
  std::uint32_t res_factor = 0;  ///< units of 2^-fraction_bits; 0: nothing is added
  RoundMode round = RoundMode::kHalfUp;
  bool product = false;  ///< the residual multiplies; every mult is 1 then, res_factor 0
  /// Not 0: a sum is rounded to a code of its own before the residual is added, which counts
  /// 2^(early - kEarlyOne) steps of the output.
  int early = 0;
  bool reads_residual() const { return product || res_factor != 0; }
  bool operator==(const PostParams&) const = default;
};

/// Output code of one accumulator, rounded once but for `early`; `residual` is the residual's code,
/// if it is read. |acc + bias| is at most 2^31.
constexpr std::int32_t post_process(std::int64_t acc, std::int32_t residual, const ChannelParams& c,
                                    const PostParams& p, int act_w) {
  const std::int64_t read = std::int64_t{residual} - p.res_zero;
  const std::int64_t product = (acc + c.bias) * (p.product ? read : std::int64_t{c.mult});
  const std::int64_t added = p.product ? 0 : read * p.res_factor;
  // With the fraction bits. What would not fit is beyond the codes, whatever is added to it.
  const int bits = fraction_bits(act_w);
  const int left = std::max(bits - c.shift, 0), right = std::max(c.shift - bits, 0);
  const std::int64_t most =
      right > 0 ? std::numeric_limits<std::int64_t>::max() : std::int64_t{1} << (62 - left);
  std::int64_t scaled = std::clamp(product, -most, most) << left >> right;
  bool more = (product & ((std::int64_t{1} << right) - 1)) != 0;
  if (p.early > 0) {
    const std::int64_t code = std::clamp<std::int64_t>(round_fraction(scaled, more, bits, p.round),
                                                       code_min(act_w), code_max(act_w));
    scaled = code * (std::int64_t{1} << (bits + p.early - kEarlyOne));
    more = false;
  }
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(
      round_fraction(scaled + added, more, bits, p.round) + p.out_zero, p.lo, p.hi));
}

/// Weight formats, as the hardware parameter WeightFormat. 3 to 15: that many powers of two, a term
/// is 0 or +-2^e. 128 + n: the multiplier baseline, a signed integer of n bits.
constexpr int kHalfOctave = 16;  ///< a term is 0 or +- one of kHalfOctaves
constexpr int kDigits = 17;      ///< an integer of 4 bits; or of 8 bits, in two planes
constexpr bool is_multiplier(int format) { return format >= 128; }
/// Whether a term is a signed power of two.
constexpr bool is_power_of_two(int format) { return format < kHalfOctave; }

constexpr std::array<int, 7> kHalfOctaves{2, 3, 4, 6, 8, 12, 16};

/// The weight of the identity: all others are multiples of it, or parts.
constexpr int identity_weight(int format) { return format == kHalfOctave ? 2 : 1; }

/// What the upper plane of an integer of 8 bits counts.
constexpr int kPlane = 16;

/// Bits of a weight code.
constexpr int weight_bits(int format) {
  if (is_multiplier(format)) return format - 128;
  if (!is_power_of_two(format)) return 4;
  return 1 + std::bit_width(static_cast<unsigned>(format));
}

constexpr int decode_weight(std::uint32_t code, int format) {
  const int sign_bit = weight_bits(format) - 1;
  const bool negative = code >> sign_bit & 1;
  const std::uint32_t low = code & ((1u << sign_bit) - 1);
  if (is_multiplier(format) || format == kDigits) {
    return static_cast<int>(low) - (negative ? 1 << sign_bit : 0);
  }
  if (low == (1u << sign_bit) - 1) return 0;
  const int magnitude = format == kHalfOctave ? kHalfOctaves[low] : 1 << low;
  return negative ? -magnitude : magnitude;
}

/// Code of a weight that fits. A term has its sign in the top bit and its number below, the
/// exponent or the place in kHalfOctaves; the number of all ones means zero. An integer is a two's
/// complement number.
constexpr std::uint32_t encode_weight(int value, int format) {
  const int bits = weight_bits(format);
  if (is_multiplier(format) || format == kDigits) {
    return static_cast<std::uint32_t>(value) & ((1u << bits) - 1);
  }
  if (value == 0) return (1u << (bits - 1)) - 1;
  const int magnitude = value < 0 ? -value : value;
  const auto number =
      format == kHalfOctave
          ? std::find(kHalfOctaves.begin(), kHalfOctaves.end(), magnitude) - kHalfOctaves.begin()
          : std::countr_zero(static_cast<unsigned>(magnitude));
  return (value < 0 ? 1u << (bits - 1) : 0u) | static_cast<std::uint32_t>(number);
}

/// Whether one code holds the value.
constexpr bool weight_fits(int value, int format) {
  const int bits = weight_bits(format);
  if (is_multiplier(format) || format == kDigits) {
    return value >= code_min(bits) && value <= code_max(bits);
  }
  const int magnitude = value < 0 ? -value : value;
  if (format == kHalfOctave) {
    return magnitude == 0 ||
           std::find(kHalfOctaves.begin(), kHalfOctaves.end(), magnitude) != kHalfOctaves.end();
  }
  return magnitude == 0 ||
         (std::has_single_bit(static_cast<unsigned>(magnitude)) && magnitude >> format == 0);
}

/// Whether it is a tile's part of a weight, as a network has it: what a code holds; of digits, in
/// the upper plane, multiples of kPlane up to 8 of them.
constexpr bool term_fits(int value, int format) {
  return weight_fits(value, format) ||
         (format == kDigits && value % kPlane == 0 && value >= -8 * kPlane && value <= 8 * kPlane);
}

}  // namespace reshift
