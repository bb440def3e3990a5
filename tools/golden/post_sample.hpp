// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <iosfwd>

#include "base/random.hpp"
#include "net/numerics.hpp"

/// Random numbers for post-processing, for benches and test vectors.
namespace reshift {

struct PostSample {
  std::int32_t acc = 0, residual = 0;
  ChannelParams channel;
  PostParams post;
};
std::ostream& operator<<(std::ostream& out, const PostSample& sample);

/// Widths of activations, accumulators and multipliers, in bits; whether sums may be rounded early.
struct PostWidths {
  int act_w, acc_w, mult_w;
  bool early = false;
};

RoundMode random_round(Random& random);
/// Everything of an operation but its bounds and the output's zero point: with a residual to add,
/// to multiply, or none.
PostParams random_post(const PostWidths& widths, Random& random);
/// Sums of any size; the shift mostly such that the result is inside the bounds.
PostSample random_post_sample(const PostWidths& widths, Random& random);

/// The multiplier as the core keeps it (rs_pkg::channel_width): the last bit of the shift is in it.
constexpr std::uint64_t kept_mult(const ChannelParams& c) {
  return c.shift % 2 == 0 ? std::uint64_t{c.mult} * 2 : c.mult;
}

}  // namespace reshift
