// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "vectors/modules.hpp"

#include <algorithm>
#include <vector>

#include "golden/post_sample.hpp"
#include "golden/raster_model.hpp"
#include "isa/fields.hpp"
#include "vectors/module_models.hpp"

namespace reshift {
namespace {

ModuleTrace post_lane(const isa::Hardware& hw, Random random) {
  constexpr int kLatency = 9;
  ModuleTrace trace("rs_post_lane", {{"ActW", hw.act_w}, {"AccW", hw.acc_w}, {"MultW", hw.mult_w}},
                    {{"acc_i", hw.acc_w},
                     {"bias_i", 32},
                     {"mult_i", hw.mult_w + 1},
                     {"shift_i", 5},
                     {"residual_valid_i", 1},
                     {"product_i", 1},
                     {"residual_i", hw.act_w},
                     {"res_zero_i", hw.act_w},
                     {"res_factor_i", hw.act_w + 12},
                     {"round_i", 2},
                     {"out_zero_i", hw.act_w},
                     {"lo_i", hw.act_w},
                     {"hi_i", hw.act_w}},
                    {{"code_o", hw.act_w}});
  constexpr int kSamples = 1000;
  std::vector<PostSample> samples;
  for (int i = 0; i < kSamples; ++i) {
    samples.push_back(random_post_sample({hw.act_w, hw.acc_w, hw.mult_w}, random));
  }
  // Each input belongs to the sample that is in the stage which uses it.
  for (int t = 0; t < kSamples + kLatency; ++t) {
    const auto stage = [&](int s) -> const PostSample& {
      return samples[static_cast<std::size_t>(std::clamp(t - s + 1, 0, kSamples - 1))];
    };
    const ChannelParams& channel = stage(1).channel;
    trace.cycle({Bits(hw.acc_w, stage(1).acc), Bits(32, channel.bias),
                 Bits(hw.mult_w + 1, static_cast<std::int64_t>(kept_mult(channel))),
                 Bits(5, channel.shift / 2), Bits(1, stage(1).post.reads_residual()),
                 Bits(1, stage(1).post.product), Bits(hw.act_w, stage(2).residual),
                 Bits(hw.act_w, stage(2).post.res_zero),
                 Bits(hw.act_w + 12, stage(5).post.res_factor),
                 Bits(2, static_cast<std::int64_t>(stage(8).post.round)),
                 Bits(hw.act_w, stage(8).post.out_zero), Bits(hw.act_w, stage(8).post.lo),
                 Bits(hw.act_w, stage(8).post.hi)});
    if (t < kLatency) continue;
    const PostSample& done = samples[static_cast<std::size_t>(t - kLatency)];
    trace.expect(t, "code_o",
                 post_process(done.acc, done.residual, done.channel, done.post, hw.act_w));
  }
  return trace;
}

/// A descriptor of an operation for the raster; the fields it does not use are anything.
Bits raster_op(Random& random, const Raster& raster, int in_height, int in_width) {
  isa::Descriptor d;
  for (auto& word : d) word = static_cast<std::uint32_t>(random());
  namespace exec = isa::exec;
  isa::set(d, exec::kGroups, raster.groups);
  isa::set(d, exec::kPitch, raster.pitch);
  isa::set(d, exec::kOutHeight, raster.out_height);
  isa::set(d, exec::kOutWidth, raster.out_width);
  isa::set(d, exec::kDstPolyphase, raster.polyphase);
  isa::set(d, exec::kSkipRows, raster.skip_rows);
  isa::set(d, exec::kSkipColumns, raster.skip_columns);
  isa::set(d, exec::kInHeight, in_height);
  isa::set(d, exec::kInWidth, in_width);
  return Bits::packed(32, d);
}

ModuleTrace raster_counter(const isa::Hardware& hw, Random random) {
  constexpr int kOpW = 32 * isa::kDescriptorWords;
  ModuleTrace trace(
      "rs_raster_counter", {{"P", hw.p}},
      {{"rst_ni", 1}, {"op_valid_i", 1}, {"op_i", kOpW}, {"ready_i", 1}},
      {{"op_ready_o", 1}, {"step_o", 1}, {"pixel_o", 10}, {"window_y_o", 11}, {"window_x_o", 11}});
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

ModuleTrace column_window(const isa::Hardware& hw, Random random) {
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

ModuleTrace tap_mask(const isa::Hardware& hw, Random random) {
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

}  // namespace

nlohmann::ordered_json write_modules(const isa::Hardware& hw, std::uint64_t seed,
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
