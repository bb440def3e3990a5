// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "vectors/modules.hpp"

#include <algorithm>
#include <bit>
#include <deque>
#include <limits>
#include <vector>

#include "harness/random.hpp"
#include "net/numerics.hpp"
#include "spec/fields.hpp"
#include "unit/models/raster_model.hpp"
#include "vectors/module_trace.hpp"

namespace reshift {
namespace {

constexpr int kResetCycles = 3;

int log2_ceil(int n) { return std::bit_width(static_cast<unsigned>(n - 1)); }

int random_code(Random& random, int act_w) {
  if (random.chance(20)) return random.chance(50) ? code_min(act_w) : code_max(act_w);
  return static_cast<int>(random.uniform(code_min(act_w), code_max(act_w)));
}

std::vector<int> random_codes(Random& random, int act_w, int count) {
  std::vector<int> codes(static_cast<std::size_t>(count));
  for (int& code : codes) code = random_code(random, act_w);
  return codes;
}

/// Term codes; zero with either sign, which the hardware must take.
std::vector<std::uint32_t> random_terms(Random& random, int exponents, int count) {
  std::vector<std::uint32_t> terms(static_cast<std::size_t>(count));
  for (std::uint32_t& term : terms) {
    const int weight = (random.chance(50) ? 1 : -1) * (1 << random.uniform(0, exponents - 1));
    const std::uint32_t minus_zero =
        encode_weight(0, exponents) | 1u << (weight_bits(exponents) - 1);
    term =
        random.chance(10) ? minus_zero : encode_weight(random.chance(15) ? 0 : weight, exponents);
  }
  return terms;
}

/// Terms as the array carries them, zero marked by a bit of its own above.
std::vector<std::uint32_t> lane_codes(std::vector<std::uint32_t> terms, int exponents) {
  for (std::uint32_t& term : terms) {
    if (decode_weight(term, exponents) == 0) term |= 1u << weight_bits(exponents);
  }
  return terms;
}

/// Lanes of a PE that add one after another, and cycles from the first one's activation to the
/// sum.
int chain(const spec::Hardware& hw) { return std::min(hw.c, 8); }
int sum_delay(const spec::Hardware& hw) { return 1 + chain(hw) + (hw.c > chain(hw)); }

/// +1 on the lane of row `m`, when the row belongs to C-block `sub`.
std::vector<std::uint32_t> identity_terms(int m, int c, int sub, int exponents) {
  std::vector<std::uint32_t> terms(static_cast<std::size_t>(c), encode_weight(0, exponents));
  if (m / c == sub) terms[static_cast<std::size_t>(m % c)] = encode_weight(1, exponents);
  return terms;
}

std::int64_t dot(const int* acts, const std::uint32_t* terms, int c, int exponents) {
  std::int64_t sum = 0;
  for (int i = 0; i < c; ++i) sum += acts[i] * decode_weight(terms[i], exponents);
  return sum;
}

/// The next accumulator after a tile whose sum is `sum`.
std::int64_t accumulate(std::int64_t acc, std::int64_t sum, bool first, bool max, bool enable,
                        int act_w) {
  if (first) acc = max ? code_min(act_w) : 0;
  if (!enable) return acc;
  return max ? std::max(acc, sum) : acc + sum;
}

ModuleTrace pe(const spec::Hardware& hw, Random random) {
  const int lane_w = weight_bits(hw.exponents) + 1, delay = sum_delay(hw);
  const int act_bits = hw.c * hw.act_w, weight_bits_all = hw.c * lane_w;
  ModuleTrace trace("rs_pe",
                    {{"C", hw.c}, {"ActW", hw.act_w}, {"ExpN", hw.exponents}, {"AccW", hw.acc_w}},
                    {{"act_i", act_bits}, {"weight_i", weight_bits_all}, {"ctrl_i", 5}},
                    {{"act_o", act_bits},
                     {"weight_o", weight_bits_all},
                     {"ctrl_o", 5},
                     {"done_o", 1},
                     {"acc_o", hw.acc_w}});
  struct Tile {
    bool valid, first, last, max, enable;
    std::vector<int> acts;
    std::vector<std::uint32_t> terms;
  };
  std::deque<Tile> history;  // newest first
  std::int64_t acc = 0;
  // Lane c sees the tile of c mod chain cycles ago, the accumulator that of `delay` cycles ago.
  // Without `valid` anything may be at the other pins.
  const auto cycle = [&](bool valid, bool first, bool last, bool max, bool enable, int lane) {
    history.push_front({valid, first, last, max, enable, random_codes(random, hw.act_w, hw.c),
                        max ? identity_terms(lane, hw.c, 0, hw.exponents)
                            : random_terms(random, hw.exponents, hw.c)});
    if (static_cast<int>(history.size()) > delay + 1) history.pop_back();
    std::vector<int> acts;
    std::vector<std::uint32_t> terms;
    for (int c = 0; c < hw.c; ++c) {
      const auto age = static_cast<std::size_t>(c % chain(hw));
      const Tile& seen = history[std::min(age, history.size() - 1)];
      acts.push_back(seen.acts[static_cast<std::size_t>(c)]);
      terms.push_back(seen.terms[static_cast<std::size_t>(c)]);
    }
    const bool filled = static_cast<int>(history.size()) == delay + 1;
    const Tile& done = history.back();
    const bool here = filled && done.valid, add = done.enable && (done.first || !done.max);
    const int ctrl = (here && done.first && !done.enable) << 4 | (here && add) << 3 |
                     (here && done.enable && !add) << 2 | (done.first || done.max) << 1 |
                     int{here && done.last};
    const Bits act_line = Bits::packed(hw.act_w, acts);
    const Bits weight_line = Bits::packed(lane_w, lane_codes(terms, hw.exponents));
    const int now = trace.now();
    trace.cycle({act_line, weight_line, Bits(5, ctrl)});
    trace.expect(now + 1, "act_o", act_line);
    trace.expect(now + 1, "weight_o", weight_line);
    trace.expect(now + 1, "ctrl_o", ctrl);
    trace.expect(now + 1, "done_o", here && done.last);
    if (!here) return;
    acc = accumulate(acc, dot(done.acts.data(), done.terms.data(), hw.c, hw.exponents), done.first,
                     done.max, done.enable, hw.act_w);
    if (done.last) trace.expect(now + 1, "acc_o", acc);
  };
  const auto idle = [&] {
    cycle(false, random.chance(50), random.chance(50), random.chance(50), random.chance(50), 0);
  };
  for (int list = 0; list < 120; ++list) {
    const bool max = random.chance(30);
    const int tiles = static_cast<int>(random.uniform(1, 8));
    const int lane = static_cast<int>(random.uniform(0, hw.c - 1));
    for (int i = 0; i < tiles; ++i) {
      while (random.chance(15)) idle();
      cycle(true, i == 0, i == tiles - 1, max, !max || random.chance(60), lane);
    }
  }
  for (int i = 0; i <= delay; ++i) idle();
  trace.cycle({Bits(act_bits, 0), Bits(weight_bits_all, 0), Bits(5, 0)});
  return trace;
}

ModuleTrace array(const spec::Hardware& hw, Random random) {
  const int term_w = weight_bits(hw.exponents), c_blocks = hw.m / hw.c;
  const int sub_w = c_blocks > 1 ? log2_ceil(c_blocks) : 1;
  ModuleTrace trace("rs_array",
                    {{"M", hw.m},
                     {"C", hw.c},
                     {"P", hw.p},
                     {"ActW", hw.act_w},
                     {"ExpN", hw.exponents},
                     {"AccW", hw.acc_w}},
                    {{"rst_ni", 1},
                     {"valid_i", 1},
                     {"first_i", 1},
                     {"last_i", 1},
                     {"max_i", 1},
                     {"sub_i", sub_w},
                     {"act_i", hw.p * hw.c * hw.act_w},
                     {"tile_i", hw.m * hw.c * term_w}},
                    {{"valid_o", 1}, {"acc_o", hw.m * hw.acc_w}});
  const int latency = hw.m + 1 + sum_delay(hw);
  std::vector<std::vector<std::int64_t>> accs(
      static_cast<std::size_t>(hw.p), std::vector<std::int64_t>(static_cast<std::size_t>(hw.m)));
  std::vector<int> leaves;  // cycles in which a pixel leaves
  const auto cycle = [&](bool reset, bool valid, bool first, bool last, bool max, int sub) {
    const auto acts = random_codes(random, hw.act_w, hw.p * hw.c);
    auto tile = random_terms(random, hw.exponents, hw.m * hw.c);
    if (max) {
      tile.clear();
      for (int m = 0; m < hw.m; ++m) {
        const auto row = identity_terms(m, hw.c, sub, hw.exponents);
        tile.insert(tile.end(), row.begin(), row.end());
      }
    }
    const int now = trace.now();
    trace.cycle({Bits(1, !reset), Bits(1, valid), Bits(1, first), Bits(1, last), Bits(1, max),
                 Bits(sub_w, sub), Bits::packed(hw.act_w, acts), Bits::packed(term_w, tile)});
    if (!valid) return;
    for (int p = 0; p < hw.p; ++p) {
      auto& pixel = accs[static_cast<std::size_t>(p)];
      for (int m = 0; m < hw.m; ++m) {
        auto& acc = pixel[static_cast<std::size_t>(m)];
        acc = accumulate(acc,
                         dot(&acts[static_cast<std::size_t>(p * hw.c)],
                             &tile[static_cast<std::size_t>(m * hw.c)], hw.c, hw.exponents),
                         first, max, !max || m / hw.c == sub, hw.act_w);
      }
      if (last) {
        leaves.push_back(now + latency + p);
        trace.expect(leaves.back(), "acc_o", Bits::packed(hw.acc_w, pixel));
      }
    }
  };
  const auto idle = [&](bool reset) {
    cycle(reset, false, random.chance(50), random.chance(50), random.chance(50),
          static_cast<int>(random.uniform(0, c_blocks - 1)));
  };
  // Until the array is empty.
  for (int i = 0; i < latency + hw.p; ++i) idle(true);
  const int begin = trace.now();
  for (int list = 0; list < 60; ++list) {
    const bool max = random.chance(30);
    const int tiles = static_cast<int>(random.uniform(1, 3 * hw.p));
    for (int i = tiles; i < hw.p; ++i) idle(false);  // last tiles are at least P cycles apart
    for (int i = 0; i < tiles; ++i) {
      if (random.chance(10)) idle(false);
      cycle(false, true, i == 0, i == tiles - 1, max,
            static_cast<int>(random.uniform(0, c_blocks - 1)));
    }
  }
  for (int i = 0; i < latency + hw.p; ++i) idle(false);
  for (int t = begin; t < trace.now(); ++t) {
    trace.expect(t, "valid_o", std::find(leaves.begin(), leaves.end(), t) != leaves.end());
  }
  return trace;
}

struct PostSample {
  std::int32_t acc = 0, residual = 0;
  ChannelParams channel;
  PostParams post;
};

PostSample random_post_sample(const spec::Hardware& hw, Random& random) {
  const auto code = [&] {
    return static_cast<std::int32_t>(random.uniform(code_min(hw.act_w), code_max(hw.act_w)));
  };
  PostSample s;
  // Sums of any size; the shift mostly such that the result is inside the bounds.
  const int small = static_cast<int>(random.uniform(0, hw.acc_w - 1));
  const std::int64_t low = -(std::int64_t{1} << (hw.acc_w - 1)) >> small, high = -low - 1;
  s.acc = static_cast<std::int32_t>(random.uniform(low, high));
  const std::int64_t room_low = std::numeric_limits<std::int32_t>::min() - std::min(s.acc, 0);
  const std::int64_t room_high = std::numeric_limits<std::int32_t>::max() - std::max(s.acc, 0);
  s.channel.bias = static_cast<std::int32_t>(
      random.uniform(std::max(2 * low, room_low), std::min(2 * high + 1, room_high)));
  s.channel.mult = static_cast<std::uint16_t>(random.uniform(0, 65535));
  s.channel.shift = static_cast<std::uint8_t>(
      random.chance(40) ? random.uniform(0, 47)
                        : std::clamp(hw.acc_w - small + 16 - hw.act_w, 0, 47));
  s.residual = code();
  s.post.res_zero = code();
  s.post.res_shift = static_cast<std::uint8_t>(random.uniform(0, 31));
  const std::int64_t largest = std::min<std::int64_t>(std::int64_t{8} << s.post.res_shift, 65535);
  s.post.res_mult = static_cast<std::uint16_t>(random.chance(30) ? 0 : random.uniform(0, largest));
  s.post.out_zero = code();
  s.post.lo = random.chance(50) ? code_min(hw.act_w) : code();
  s.post.hi = random.chance(50)
                  ? code_max(hw.act_w)
                  : static_cast<std::int32_t>(random.uniform(s.post.lo, code_max(hw.act_w)));
  return s;
}

ModuleTrace post_lane(const spec::Hardware& hw, Random random) {
  constexpr int kLatency = 7;
  // As rs_pkg::scale: the last bit of the shift is in the multiplier.
  const auto scale = [](int mult, int shift) {
    return std::int64_t{shift / 2} << 17 | (shift % 2 == 0 ? 2 * mult : mult);
  };
  ModuleTrace trace("rs_post_lane", {{"ActW", hw.act_w}, {"AccW", hw.acc_w}},
                    {{"acc_i", hw.acc_w},
                     {"bias_i", 32},
                     {"scale_i", 22},
                     {"residual_valid_i", 1},
                     {"residual_i", hw.act_w},
                     {"res_zero_i", hw.act_w},
                     {"res_mult_i", 17},
                     {"res_shift_i", 4},
                     {"out_zero_i", hw.act_w},
                     {"lo_i", hw.act_w},
                     {"hi_i", hw.act_w}},
                    {{"code_o", hw.act_w}});
  constexpr int kSamples = 1000;
  std::vector<PostSample> samples;
  for (int i = 0; i < kSamples; ++i) samples.push_back(random_post_sample(hw, random));
  // Each input belongs to the sample that is in the stage which uses it.
  for (int t = 0; t < kSamples + kLatency; ++t) {
    const auto stage = [&](int s) -> const PostSample& {
      return samples[static_cast<std::size_t>(std::clamp(t - s + 1, 0, kSamples - 1))];
    };
    trace.cycle({Bits(hw.acc_w, stage(1).acc), Bits(32, stage(1).channel.bias),
                 Bits(22, scale(stage(1).channel.mult, stage(1).channel.shift)),
                 Bits(1, stage(1).post.res_mult != 0), Bits(hw.act_w, stage(2).residual),
                 Bits(hw.act_w, stage(2).post.res_zero),
                 Bits(17, scale(stage(2).post.res_mult, stage(2).post.res_shift) & 0x1ffff),
                 Bits(4, stage(3).post.res_shift / 2), Bits(hw.act_w, stage(5).post.out_zero),
                 Bits(hw.act_w, stage(6).post.lo), Bits(hw.act_w, stage(6).post.hi)});
    if (t < kLatency) continue;
    const PostSample& done = samples[static_cast<std::size_t>(t - kLatency)];
    trace.expect(t, "code_o", post_process(done.acc, done.residual, done.channel, done.post));
  }
  return trace;
}

/// A descriptor of an operation for the raster; the fields it does not use are anything.
Bits raster_op(Random& random, const Raster& raster, int in_height, int in_width) {
  spec::Descriptor d;
  for (auto& word : d) word = static_cast<std::uint32_t>(random());
  namespace exec = spec::exec;
  spec::set(d, exec::kGroups, raster.groups);
  spec::set(d, exec::kPitch, raster.pitch);
  spec::set(d, exec::kOutHeight, raster.out_height);
  spec::set(d, exec::kOutWidth, raster.out_width);
  spec::set(d, exec::kDstPolyphase, raster.polyphase);
  spec::set(d, exec::kInHeight, in_height);
  spec::set(d, exec::kInWidth, in_width);
  return Bits::packed(32, d);
}

ModuleTrace raster_counter(const spec::Hardware& hw, Random random) {
  constexpr int kOpW = 32 * spec::kDescriptorWords;
  ModuleTrace trace(
      "rs_raster_counter", {{"P", hw.p}},
      {{"rst_ni", 1}, {"op_valid_i", 1}, {"op_i", kOpW}, {"ready_i", 1}},
      {{"op_ready_o", 1}, {"step_o", 1}, {"pixel_o", 8}, {"window_y_o", 11}, {"window_x_o", 11}});
  const auto cycle = [&](bool reset, const Bits& op, bool valid, bool ready) {
    trace.cycle({Bits(1, !reset), Bits(1, valid), op, Bits(1, ready)});
  };
  const Bits nothing(kOpW, 0);
  for (int i = 0; i < kResetCycles; ++i) cycle(true, nothing, false, true);
  constexpr int kRasters = 8;
  for (int i = 0; i < kRasters; ++i) {
    const Raster raster = random_raster(random, hw.p, 9, 1);
    const int in_height = static_cast<int>(random.uniform(1, 40));
    const int in_width = static_cast<int>(random.uniform(1, 40));
    trace.expect(trace.now(), "op_ready_o", 1);
    trace.expect(trace.now(), "step_o", 0);
    cycle(false, raster_op(random, raster, in_height, in_width), true, random.chance(50));
    trace.expect(trace.now(), "op_ready_o", 0);
    trace.expect(trace.now(), "step_o", 0);
    cycle(false, nothing, false, random.chance(50));
    for (const Raster::Pixel& pixel : raster.walk()) {
      bool step = false;
      do {
        const int now = trace.now();
        const bool ready = !random.chance(i % 2 == 0 ? 0 : 40);
        step = ready || !pixel.first_p;  // a group is walked without a pause
        trace.expect(now, "op_ready_o", 0);
        trace.expect(now, "step_o", step);
        trace.expect(now, "pixel_o", pixel_bits(raster, pixel));
        trace.expect(now, "window_y_o", window_bits(pixel.y, in_height));
        trace.expect(now, "window_x_o", window_bits(pixel.x, in_width));
        cycle(false, nothing, false, ready);
      } while (!step);
    }
  }
  for (int i = 0; i < 3; ++i) {
    trace.expect(trace.now(), "step_o", 0);
    cycle(false, nothing, false, true);
  }
  return trace;
}

ModuleTrace column_window(const spec::Hardware& hw, Random random) {
  constexpr int kWindowW = 11;
  ModuleTrace trace(
      "rs_column_window", {{"P", hw.p}},
      {{"rst_ni", 1},
       {"step_i", 1},
       {"last_p_i", 1},
       {"y_i", kWindowW},
       {"x_i", kWindowW},
       {"next_i", 1}},
      {{"ready_o", 1}, {"valid_o", 1}, {"y_o", hw.p * kWindowW}, {"x_o", hw.p * kWindowW}});
  const auto window = [&] { return static_cast<int>(random.uniform(0, (1 << kWindowW) - 1)); };
  const auto cycle = [&](bool reset, bool step, bool last, int y, int x, bool next) {
    trace.cycle({Bits(1, !reset), Bits(1, step), Bits(1, last), Bits(kWindowW, y),
                 Bits(kWindowW, x), Bits(1, next)});
  };
  for (int i = 0; i < kResetCycles; ++i) cycle(true, false, false, window(), window(), false);
  // Pixels without a pause; each group is issued with a single micro-op, as soon as it is there,
  // and its windows show a cycle later.
  const int groups = 100;
  for (int g = 0; g < groups; ++g) {
    Bits ys, xs;
    for (int p = 0; p < hw.p; ++p) {
      const int y = window(), x = window();
      ys.push(kWindowW, y);
      xs.push(kWindowW, x);
      trace.expect(trace.now(), "ready_o", 1);
      trace.expect(trace.now(), "valid_o", g > 0 && p == 0);
      cycle(false, true, p == hw.p - 1, y, x, g > 0 && p == 0);
    }
    trace.expect(trace.now() + 1, "y_o", ys);
    trace.expect(trace.now() + 1, "x_o", xs);
  }
  trace.expect(trace.now(), "valid_o", 1);
  cycle(false, false, false, 0, 0, true);
  trace.expect(trace.now(), "valid_o", 0);
  cycle(false, false, false, 0, 0, false);
  return trace;
}

ModuleTrace tap_mask(const spec::Hardware& hw, Random random) {
  constexpr int kLatency = 4, kWindowW = 11;
  ModuleTrace trace("rs_tap_mask", {{"P", hw.p}, {"Latency", kLatency}},
                    {{"y_i", hw.p * kWindowW}, {"x_i", hw.p * kWindowW}, {"dy_i", 5}, {"dx_i", 5}},
                    {{"keep_o", hw.p}});
  constexpr int kTaps = 400;
  for (int t = 0; t < kTaps + kLatency; ++t) {
    const int height = static_cast<int>(random.chance(20) ? 4095 : random.uniform(1, 9));
    const int width = static_cast<int>(random.chance(20) ? 4095 : random.uniform(1, 9));
    const int dy = static_cast<int>(random.uniform(-16, 15));
    const int dx = static_cast<int>(random.uniform(-16, 15));
    Bits y, x, keep;
    for (int p = 0; p < hw.p; ++p) {
      // Around the borders, where the tap is just inside or outside.
      const auto near = [&](int size, int d) {
        const std::int64_t border = random.chance(50) ? -d : size - 1 - d;
        return static_cast<int>(std::clamp<std::int64_t>(border + random.uniform(-1, 1), 0, 4095));
      };
      const int at_y = near(height, dy), at_x = near(width, dx);
      keep.push(1, at_y + dy >= 0 && at_y + dy < height && at_x + dx >= 0 && at_x + dx < width);
      y.push(kWindowW, window_bits(at_y, height));
      x.push(kWindowW, window_bits(at_x, width));
    }
    if (t < kTaps) trace.expect(trace.now() + kLatency, "keep_o", keep);
    trace.cycle({y, x, Bits(5, dy), Bits(5, dx)});
  }
  return trace;
}

ModuleTrace uop_fetch(const spec::Hardware&, Random random) {
  constexpr int kDepth = 16, kAddrW = 4, kPtrW = kAddrW + 1;
  ModuleTrace trace("rs_uop_fetch", {{"WmDepth", kDepth}},
                    {{"rst_ni", 1},
                     {"op_valid_i", 1},
                     {"op_uops_i", 20},
                     {"op_groups_i", 20},
                     {"op_keep_i", 1},
                     {"loaded_i", kPtrW},
                     {"header_i", 32},
                     {"uop_ready_i", 1}},
                    {{"op_ready_o", 1},
                     {"header_read_o", 1},
                     {"header_addr_o", kAddrW},
                     {"uop_valid_o", 1},
                     {"uop_header_o", 32},
                     {"uop_tile_o", kAddrW},
                     {"uop_list_end_o", 1},
                     {"uop_last_group_o", 1}});
  std::vector<std::uint32_t> ring(kDepth);
  int base = 0, loaded = 0;  // micro-ops since reset
  int told = 0, seen = 0;    // loaded, as the walker was told in the cycle before, as it knows it
  std::uint32_t shown = 0;   // header read last
  bool keep = false;         // the next operation walks the same list
  const auto cycle = [&](bool reset, int uops, int groups) {
    trace.cycle({Bits(1, !reset), Bits(1, uops > 0),
                 Bits(20, uops > 0 ? uops : random.uniform(0, 20)),
                 Bits(20, uops > 0 ? groups : random.uniform(0, 20)),
                 Bits(1, uops > 0 ? keep : random.chance(50)), Bits(kPtrW, loaded), Bits(32, shown),
                 Bits(1, 1)});
    seen = told;
    told = loaded;
  };
  for (int i = 0; i < kResetCycles; ++i) cycle(true, 0, 0);
  std::vector<int> reads_at;
  const int begin = trace.now();
  constexpr int kOps = 40;
  int uops = 0, groups = 0;
  const auto draw = [&] {
    if (!keep) uops = static_cast<int>(random.uniform(1, kDepth));
    keep = random.chance(30);
    groups = static_cast<int>(random.uniform(1, 4));
  };
  for (int op = 0; op < kOps; ++op) {
    draw();
    trace.expect(trace.now(), "op_ready_o", 1);
    cycle(false, uops, groups);
    for (int g = 0; g < groups; ++g) {
      for (int i = 0; i < uops; ++i) {
        const int address = (base + i) % kDepth;
        // LOAD has brought everything, or brings a micro-op now and then, at the latest when waited
        // for.
        const auto load = [&] {
          ring[static_cast<std::size_t>(loaded % kDepth)] = static_cast<std::uint32_t>(random());
          ++loaded;
        };
        if (op % 2 == 0) {
          while (loaded < base + uops) load();
        }
        while (seen <= base + i) {
          trace.expect(trace.now(), "op_ready_o", 0);
          const bool arrives = loaded <= base + i && random.chance(40);
          cycle(false, 0, 0);
          if (arrives) load();
        }
        const int now = trace.now();
        const bool list_end = i + 1 == uops, last_group = g + 1 == groups;
        const std::uint32_t header = ring[static_cast<std::size_t>(address)];
        reads_at.push_back(now);
        trace.expect(now, "header_addr_o", address);
        trace.expect(now + 2, "uop_header_o", header);
        trace.expect(now + 2, "uop_tile_o", address);
        trace.expect(now + 2, "uop_list_end_o", list_end);
        trace.expect(now + 2, "uop_last_group_o", last_group);
        trace.expect(now, "op_ready_o", list_end && last_group);
        cycle(false, 0, 0);
        shown = header;  // the memory answers a cycle later
      }
    }
    if (!keep) base += uops;
  }
  for (int i = 0; i < 3; ++i) cycle(false, 0, 0);
  for (int t = begin; t < trace.now(); ++t) {
    const auto read = [&](int when) {
      return std::find(reads_at.begin(), reads_at.end(), when) != reads_at.end();
    };
    trace.expect(t, "header_read_o", read(t));
    trace.expect(t, "uop_valid_o", read(t - 2));
  }
  return trace;
}

}  // namespace

nlohmann::ordered_json write_modules(const spec::Hardware& hw, std::uint64_t seed,
                                     const std::filesystem::path& folder) {
  auto entries = nlohmann::ordered_json::array();
  std::uint64_t number = 0;
  for (const auto make :
       {pe, array, post_lane, raster_counter, column_window, tap_mask, uop_fetch}) {
    const ModuleTrace trace = make(hw, Random(seed * 1'000'003 + ++number));
    entries.push_back(trace.write(folder / trace.module()));
  }
  return entries;
}

}  // namespace reshift
