// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "golden/post_sample.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <ostream>

namespace reshift {

std::ostream& operator<<(std::ostream& out, const PostSample& s) {
  return out << "acc " << s.acc << " bias " << s.channel.bias << " mult " << s.channel.mult
             << " shift " << int{s.channel.shift} << " residual " << s.residual << " - "
             << s.post.res_zero << " * " << s.post.res_factor << (s.post.product ? " product" : "")
             << " round " << static_cast<int>(s.post.round) << " early " << s.post.early
             << " out zero " << s.post.out_zero << " bounds " << s.post.lo << ' ' << s.post.hi;
}

RoundMode random_round(Random& random) { return static_cast<RoundMode>(random.uniform(0, 2)); }

PostParams random_post(const PostWidths& widths, Random& random) {
  PostParams post;
  post.res_zero =
      static_cast<std::int32_t>(random.uniform(code_min(widths.act_w), code_max(widths.act_w)));
  post.round = random_round(random);
  if (widths.early && random.chance(50)) {
    post.early = static_cast<int>(random.uniform(0, kMostEarly));
  }
  post.product = widths.mult_w > 1 && random.chance(25);
  if (!post.product && random.chance(60)) {
    const std::int64_t most = max_res_factor(widths.act_w);
    post.res_factor =
        static_cast<std::uint32_t>(random.uniform(0, random.chance(50) ? most : most / 8));
    if (widths.mult_w == 1) post.res_factor = std::bit_floor(post.res_factor);
  }
  return post;
}

PostSample random_post_sample(const PostWidths& widths, Random& random) {
  const auto [act_w, acc_w, mult_w, early] = widths;
  const auto code = [&] {
    return static_cast<std::int32_t>(random.uniform(code_min(act_w), code_max(act_w)));
  };
  PostSample s;
  s.post = random_post(widths, random);
  const int small = static_cast<int>(random.uniform(0, acc_w - 1));
  const std::int64_t low = -(std::int64_t{1} << (acc_w - 1)) >> small, high = -low - 1;
  s.acc = static_cast<std::int32_t>(random.uniform(low, high));
  const std::int64_t room_low = std::numeric_limits<std::int32_t>::min() - std::min(s.acc, 0);
  const std::int64_t room_high = std::numeric_limits<std::int32_t>::max() - std::max(s.acc, 0);
  s.channel.bias = static_cast<std::int32_t>(
      random.uniform(std::max(2 * low, room_low), std::min(2 * high + 1, room_high)));
  s.channel.mult =
      s.post.product
          ? 1
          : static_cast<std::uint32_t>(random.uniform(0, (std::int64_t{1} << mult_w) - 1));
  const int factor_bits = s.post.product ? act_w : mult_w;
  s.channel.shift = static_cast<std::uint8_t>(
      random.chance(40) ? random.uniform(0, max_shift(mult_w))
                        : std::clamp(acc_w - small + factor_bits - act_w, 0, max_shift(mult_w)));
  s.residual = code();
  s.post.out_zero = code();
  s.post.lo = random.chance(50) ? code_min(act_w) : code();
  s.post.hi = random.chance(50)
                  ? code_max(act_w)
                  : static_cast<std::int32_t>(random.uniform(s.post.lo, code_max(act_w)));
  return s;
}

}  // namespace reshift
