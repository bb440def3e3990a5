// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

/// The integer arithmetic of the accelerator, defined once (docs/architecture.md, "Numbers").
namespace reshift {

/// (x + half) >> s: round half up, arithmetic. s in 0..47, |x| < 2^62.
constexpr std::int64_t round_shift(std::int64_t x, int s) {
  return s == 0 ? x : (x + (std::int64_t{1} << (s - 1))) >> s;
}

/// Requantisation of one output channel.
struct ChannelParams {
  std::int32_t bias = 0;
  std::uint16_t mult = 0;
  std::uint8_t shift = 0;  ///< 0..47
  bool operator==(const ChannelParams&) const = default;
};

/// The part of post-processing that is the same for all channels of an operation.
struct PostParams {
  std::int32_t out_zero = 0;
  std::int32_t lo = 0, hi = 0;  ///< inclusive output bounds
  std::int32_t res_zero = 0;
  std::uint16_t res_mult = 0;  ///< 0: no residual
  std::uint8_t res_shift = 0;  ///< 0..31
  bool operator==(const PostParams&) const = default;
};

/// Whether the residual's factor is at most 8: then its part of the output fits in act_w + 4 bits,
/// which is what the hardware keeps of it.
constexpr bool residual_factor_ok(const PostParams& p) {
  return p.res_mult <= std::int64_t{8} << p.res_shift;
}

/// Output code of one accumulator; `residual` is the residual's code (ignored when res_mult is 0).
constexpr std::int32_t post_process(std::int64_t acc, std::int32_t residual, const ChannelParams& c,
                                    const PostParams& p) {
  const std::int64_t u = round_shift((acc + c.bias) * c.mult, c.shift);
  const std::int64_t v =
      round_shift((std::int64_t{residual} - p.res_zero) * p.res_mult, p.res_shift);
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(u + v + p.out_zero, p.lo, p.hi));
}

/// Lowest and highest activation code of `act_w` bits.
constexpr std::int32_t code_min(int act_w) { return -(1 << (act_w - 1)); }
constexpr std::int32_t code_max(int act_w) { return (1 << (act_w - 1)) - 1; }

/// Weight formats, as the hardware parameter ExpN: up to 15 is the number of exponents of a term,
/// which is 0 or +-2^e; 128 + n is the multiplier baseline, a signed integer of n bits.
constexpr bool is_multiplier(int format) { return format >= 128; }

/// Bits of a weight code.
constexpr int weight_bits(int format) {
  if (is_multiplier(format)) return format - 128;
  return 1 + std::bit_width(static_cast<unsigned>(format));
}

/// Whether one code holds the value.
constexpr bool weight_fits(int value, int format) {
  if (is_multiplier(format)) {
    return value >= code_min(weight_bits(format)) && value <= code_max(weight_bits(format));
  }
  const auto magnitude = static_cast<unsigned>(value < 0 ? -value : value);
  return magnitude == 0 || (std::has_single_bit(magnitude) && magnitude >> format == 0);
}

/// Code of a weight that fits. A term has its sign in the top bit and the exponent below; the
/// exponent of all ones means zero. An integer is a two's complement number.
constexpr std::uint32_t encode_weight(int value, int format) {
  const int bits = weight_bits(format);
  if (is_multiplier(format)) return static_cast<std::uint32_t>(value) & ((1u << bits) - 1);
  if (value == 0) return (1u << (bits - 1)) - 1;
  const auto magnitude = static_cast<unsigned>(value < 0 ? -value : value);
  return (value < 0 ? 1u << (bits - 1) : 0u) |
         static_cast<std::uint32_t>(std::countr_zero(magnitude));
}

constexpr int decode_weight(std::uint32_t code, int format) {
  const int sign_bit = weight_bits(format) - 1;
  const bool negative = code >> sign_bit & 1;
  const std::uint32_t low = code & ((1u << sign_bit) - 1);
  if (is_multiplier(format)) return static_cast<int>(low) - (negative ? 1 << sign_bit : 0);
  if (low == (1u << sign_bit) - 1) return 0;
  return negative ? -(1 << low) : 1 << low;
}

}  // namespace reshift
