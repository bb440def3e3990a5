// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <bit>
#include <deque>
#include <vector>

#include "net/numerics.hpp"
#include "vectors/module_models.hpp"

namespace reshift {
namespace {

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

/// Whether a code is a two's complement number.
bool is_integer(int format) { return is_multiplier(format) || format == kDigits; }

/// Weight codes; zero with either sign, which the hardware must take.
std::vector<std::uint32_t> random_terms(Random& random, int format, int count) {
  const int bits = weight_bits(format);
  std::vector<std::uint32_t> terms(static_cast<std::size_t>(count));
  for (std::uint32_t& term : terms) {
    const auto any = static_cast<std::uint32_t>(random.uniform(0, (1 << bits) - 1));
    const std::uint32_t zero = encode_weight(0, format);
    const std::uint32_t minus_zero = is_integer(format) ? zero : zero | 1u << (bits - 1);
    term = random.chance(10) ? minus_zero : random.chance(15) ? zero : any;
    if (!weight_fits(decode_weight(term, format), format)) term = zero;
  }
  return terms;
}

/// A digit, -2 to 2, as the array carries it: zero, twice, negative.
std::uint32_t digit_code(int digit) {
  return static_cast<std::uint32_t>((digit == 0) << 2 | (digit == 2 || digit == -2) << 1 |
                                    (digit < 0));
}

/// Weights as the array carries them: a term has a bit of its own above that says zero; an integer
/// of digits is 4 * high + low, with low -2 to 1.
std::vector<std::uint32_t> lane_codes(std::vector<std::uint32_t> terms, int format) {
  for (std::uint32_t& term : terms) {
    const int value = decode_weight(term, format);
    if (format == kDigits) {
      const int low = ((value + 2) & 3) - 2;
      term = digit_code((value - low) / 4) << 3 | digit_code(low);
    } else if (!is_integer(format) && value == 0) {
      term |= 1u << weight_bits(format);
    }
  }
  return terms;
}

/// Activations as the array carries them: with half-octaves the higher bits of three times each
/// above.
std::vector<std::int64_t> lane_acts(const std::vector<int>& acts, const isa::Hardware& hw) {
  std::vector<std::int64_t> lanes(acts.begin(), acts.end());
  if (hw.weight_format != kHalfOctave) return lanes;
  for (std::int64_t& act : lanes) {
    act = (3 * act >> 1) << hw.act_w | (act & ((std::int64_t{1} << hw.act_w) - 1));
  }
  return lanes;
}

constexpr int kCtrlBits = 6;

/// Lanes of a PE that add one after another, and cycles from the first one's activation to the
/// sum.
int chain(const isa::Hardware& hw) { return std::min(hw.c, 8); }
int sum_delay(const isa::Hardware& hw) {
  return 1 + is_multiplier(hw.weight_format) + chain(hw) + (hw.c > chain(hw));
}

/// The identity on the lane of row `m`, when the row belongs to C-block `sub`.
std::vector<std::uint32_t> identity_terms(int m, int c, int sub, int format) {
  std::vector<std::uint32_t> terms(static_cast<std::size_t>(c), encode_weight(0, format));
  if (m / c == sub)
    terms[static_cast<std::size_t>(m % c)] = encode_weight(identity_weight(format), format);
  return terms;
}

std::int64_t dot(const int* acts, const std::uint32_t* terms, int c, int format) {
  std::int64_t sum = 0;
  for (int i = 0; i < c; ++i) sum += acts[i] * decode_weight(terms[i], format);
  return sum;
}

/// The next accumulator after a tile whose sum is `sum`.
std::int64_t accumulate(std::int64_t acc, std::int64_t sum, bool first, bool max, bool enable,
                        const isa::Hardware& hw) {
  if (first) acc = max ? identity_weight(hw.weight_format) * code_min(hw.act_w) : 0;
  if (!enable) return acc;
  return max ? std::max(acc, sum) : acc + sum;
}

class PeTrace {
 public:
  PeTrace(const isa::Hardware& hw, const Random& random)
      : hw_(hw),
        random_(random),
        trace_("rs_pe",
               {{"C", hw.c},
                {"ActW", hw.act_w},
                {"WeightFormat", hw.weight_format},
                {"AccW", hw.acc_w}},
               {{"act_i", act_bits()},
                {"lane_act_i", act_bits()},
                {"weight_i", lane_bits()},
                {"ctrl_i", kCtrlBits}},
               {{"act_o", act_bits()},
                {"weight_o", lane_bits()},
                {"ctrl_o", kCtrlBits},
                {"done_o", 1},
                {"acc_o", hw.acc_w}}) {}

  ModuleTrace run() {
    for (int list = 0; list < 120; ++list) {
      const bool max = random_.chance(30);
      const int tiles = static_cast<int>(random_.uniform(1, 8));
      const int lane = static_cast<int>(random_.uniform(0, hw_.c - 1));
      for (int i = 0; i < tiles; ++i) {
        while (random_.chance(15)) idle();
        cycle(true, i == 0, i == tiles - 1, max, !max || random_.chance(60), lane);
      }
    }
    for (int i = 0; i <= sum_delay(hw_); ++i) idle();
    trace_.cycle(
        {Bits(act_bits(), 0), Bits(act_bits(), 0), Bits(lane_bits(), 0), Bits(kCtrlBits, 0)});
    return std::move(trace_);
  }

 private:
  struct Tile {
    bool valid, first, last, max, enable;
    std::vector<int> acts;
    std::vector<std::uint32_t> terms;
  };

  int act_bits() const { return hw_.c * isa::lane_act_width(hw_); }
  int lane_bits() const { return hw_.c * isa::lane_width(hw_); }

  /// Without `valid` anything may be at the other pins.
  void idle() {
    cycle(false, random_.chance(50), random_.chance(50), random_.chance(50), random_.chance(50), 0);
  }

  /// Lane c sees the tile of c mod chain cycles ago, the accumulator that of sum_delay() cycles
  /// ago.
  void cycle(bool valid, bool first, bool last, bool max, bool enable, int lane) {
    const int delay = sum_delay(hw_);
    history_.push_front({valid, first, last, max, enable, random_codes(random_, hw_.act_w, hw_.c),
                         max ? identity_terms(lane, hw_.c, 0, hw_.weight_format)
                             : random_terms(random_, hw_.weight_format, hw_.c)});
    if (static_cast<int>(history_.size()) > delay + 1) history_.pop_back();
    std::vector<int> acts;
    std::vector<std::uint32_t> terms;
    for (int c = 0; c < hw_.c; ++c) {
      const auto age = static_cast<std::size_t>(c % chain(hw_));
      const Tile& seen = history_[std::min(age, history_.size() - 1)];
      acts.push_back(seen.acts[static_cast<std::size_t>(c)]);
      terms.push_back(seen.terms[static_cast<std::size_t>(c)]);
    }
    const bool filled = static_cast<int>(history_.size()) == delay + 1;
    const Tile& done = history_.back();
    const bool here = filled && done.valid, add = done.enable && (done.first || !done.max);
    const int ctrl = (here && done.first && !done.enable) << 4 | (here && add) << 3 |
                     (here && done.enable && !add) << 2 | (done.first || done.max) << 1 |
                     int{here && done.last};
    const Bits act_line = Bits::packed(isa::lane_act_width(hw_), lane_acts(acts, hw_));
    const Bits weight_line =
        Bits::packed(isa::lane_width(hw_), lane_codes(terms, hw_.weight_format));
    const int now = trace_.now();
    trace_.cycle({act_line, act_line, weight_line, Bits(kCtrlBits, ctrl)});
    trace_.expect(now + 1, "act_o", act_line);
    trace_.expect(now + 1, "weight_o", weight_line);
    trace_.expect(now + 1, "ctrl_o", ctrl);
    trace_.expect(now + 1, "done_o", here && done.last);
    if (!here) return;
    acc_ = accumulate(acc_, dot(done.acts.data(), done.terms.data(), hw_.c, hw_.weight_format),
                      done.first, done.max, done.enable, hw_);
    if (done.last) trace_.expect(now + 1, "acc_o", acc_);
  }

  const isa::Hardware& hw_;
  Random random_;
  ModuleTrace trace_;
  std::deque<Tile> history_;  ///< newest first
  std::int64_t acc_ = 0;
};

class ArrayTrace {
 public:
  ArrayTrace(const isa::Hardware& hw, const Random& random)
      : hw_(hw),
        random_(random),
        latency_(hw.m + 1 + sum_delay(hw)),
        trace_("rs_array",
               {{"M", hw.m},
                {"C", hw.c},
                {"P", hw.p},
                {"ActW", hw.act_w},
                {"WeightFormat", hw.weight_format},
                {"AccW", hw.acc_w}},
               {{"rst_ni", 1},
                {"valid_i", 1},
                {"first_i", 1},
                {"last_i", 1},
                {"max_i", 1},
                {"plane_i", 1},
                {"sub_i", sub_width()},
                {"act_i", hw.p * hw.c * hw.act_w},
                {"tile_i", hw.m * hw.c * weight_bits(hw.weight_format)},
                {"beside_i", 1},
                {"past_i", hw.c * hw.act_w}},
               {{"valid_o", 1}, {"acc_o", hw.m * hw.acc_w}}),
        accs_(static_cast<std::size_t>(hw.p),
              std::vector<std::int64_t>(static_cast<std::size_t>(hw.m))) {}

  ModuleTrace run() {
    // Until the array is empty.
    for (int i = 0; i < latency_ + hw_.p; ++i) idle(true);
    const int begin = trace_.now();
    for (int list = 0; list < 60; ++list) {
      const bool max = random_.chance(30);
      const int tiles = static_cast<int>(random_.uniform(1, 3 * hw_.p));
      for (int i = tiles; i < hw_.p; ++i) idle(false);  // last tiles are at least P cycles apart
      for (int i = 0; i < tiles; ++i) {
        if (random_.chance(10)) idle(false);
        cycle(false, true, i == 0, i == tiles - 1, max, random_sub());
      }
    }
    for (int i = 0; i < latency_ + hw_.p; ++i) idle(false);
    for (int t = begin; t < trace_.now(); ++t) {
      trace_.expect(t, "valid_o", std::find(leaves_.begin(), leaves_.end(), t) != leaves_.end());
    }
    return std::move(trace_);
  }

 private:
  int c_blocks() const { return hw_.m / hw_.c; }
  int sub_width() const { return c_blocks() > 1 ? log2_ceil(c_blocks()) : 1; }
  int random_sub() { return static_cast<int>(random_.uniform(0, c_blocks() - 1)); }

  void idle(bool reset) {
    cycle(reset, false, random_.chance(50), random_.chance(50), random_.chance(50), random_sub());
  }

  void cycle(bool reset, bool valid, bool first, bool last, bool max, int sub) {
    const auto acts = random_codes(random_, hw_.act_w, hw_.p * hw_.c);
    auto tile = random_terms(random_, hw_.weight_format, hw_.m * hw_.c);
    if (max) {
      tile.clear();
      for (int m = 0; m < hw_.m; ++m) {
        const auto row = identity_terms(m, hw_.c, sub, hw_.weight_format);
        tile.insert(tile.end(), row.begin(), row.end());
      }
    }
    const int now = trace_.now();
    trace_.cycle({Bits(1, !reset), Bits(1, valid), Bits(1, first), Bits(1, last), Bits(1, max),
                  Bits(1, 0), Bits(sub_width(), sub), Bits::packed(hw_.act_w, acts),
                  Bits::packed(weight_bits(hw_.weight_format), tile), Bits(1, 0),
                  Bits(hw_.c * hw_.act_w, 0)});
    if (!valid) return;
    for (int p = 0; p < hw_.p; ++p) {
      auto& pixel = accs_[static_cast<std::size_t>(p)];
      for (int m = 0; m < hw_.m; ++m) {
        auto& acc = pixel[static_cast<std::size_t>(m)];
        acc = accumulate(acc,
                         dot(&acts[static_cast<std::size_t>(p * hw_.c)],
                             &tile[static_cast<std::size_t>(m * hw_.c)], hw_.c, hw_.weight_format),
                         first, max, !max || m / hw_.c == sub, hw_);
      }
      if (last) {
        leaves_.push_back(now + latency_ + p);
        trace_.expect(leaves_.back(), "acc_o", Bits::packed(hw_.acc_w, pixel));
      }
    }
  }

  const isa::Hardware& hw_;
  Random random_;
  const int latency_;
  ModuleTrace trace_;
  std::vector<std::vector<std::int64_t>> accs_;
  std::vector<int> leaves_;  ///< cycles in which a pixel leaves
};

}  // namespace

ModuleTrace pe(const isa::Hardware& hw, Random random) { return PeTrace(hw, random).run(); }

ModuleTrace array(const isa::Hardware& hw, Random random) { return ArrayTrace(hw, random).run(); }

}  // namespace reshift
