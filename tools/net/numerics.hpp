// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
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

/// One term of a weight: 0 or +-2^exponent.
struct Term {
  int sign = 0;  ///< -1, 0 or 1
  int exponent = 0;
  constexpr int value() const { return sign * (1 << exponent); }
  bool operator==(const Term&) const = default;
};

/// Bits of a term code for exponents 0..exponents-1; the all-ones exponent means zero.
constexpr int term_bits(int exponents) {
  int bits = 0;
  while ((1 << bits) < exponents + 1) ++bits;
  return bits + 1;
}

/// Code of a term: sign in the top bit, exponent below, all-ones exponent for zero.
constexpr std::uint32_t encode_term(Term t, int exponents) {
  const int exponent_bits = term_bits(exponents) - 1;
  if (t.sign == 0) return (1u << exponent_bits) - 1;
  return (t.sign < 0 ? 1u << exponent_bits : 0u) | static_cast<std::uint32_t>(t.exponent);
}

constexpr Term decode_term(std::uint32_t code, int exponents) {
  const int exponent_bits = term_bits(exponents) - 1;
  const auto mask = (1u << exponent_bits) - 1;
  if ((code & mask) == mask) return {};
  return {code >> exponent_bits ? -1 : 1, static_cast<int>(code & mask)};
}

}  // namespace reshift
