// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/exact_addition.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>
#include <vector>

#include "quant/exact_factor.hpp"
#include "quant/minimal_terms.hpp"

namespace reshift {
namespace {

constexpr int kMostFactorTerms = 3, kLargestFactor = 192;
constexpr double kNear = 1.0 / (1 << 9);  // of a code: pairs that a candidate could get wrong
constexpr double kDeviation = kNear / 2;  // of a candidate from the real sum
constexpr int kFixedPointBits = 20;       // behind the point of TensorFlow Lite's larger factor
constexpr int kFewestBits = 13, kMostBits = 30;

/// An operand of the sum: codes count from `zero`, in units of the output's steps.
struct Operand {
  int tensor, zero;
  float scale, ratio;
};

/// What a format makes of two codes, its zero point included, not clamped.
using Adder = std::function<std::int32_t(int, int)>;

/// Step by step in single precision, as DequantizeLinear, Add and QuantizeLinear say. Products are
/// exact in double: nothing is fused that must not be.
Adder onnx_adder(const Operand& a, const Operand& b, const OutputCodes& out) {
  const auto value = [](int steps, float scale) {
    return static_cast<float>(steps * double{scale});
  };
  return [=, &out](int x, int y) {
    const float sum = value(x - a.zero, a.scale) + value(y - b.zero, b.scale);
    return static_cast<std::int32_t>(std::nearbyint(sum / static_cast<float>(out.scale))) +
           out.zero;
  };
}

/// ONNX Runtime's QLinearAdd: two fused multiply-adds from what the zero points make.
Adder fused_adder(const Operand& a, const Operand& b, const OutputCodes& out) {
  const auto file = [&](int code) { return static_cast<float>(code + out.unsigned_by); };
  const auto product = [](float x, float y) { return static_cast<float>(double{x} * double{y}); };
  const float zeros = product(a.ratio, file(a.zero)) + product(b.ratio, file(b.zero));
  const float fixed = file(out.zero) - zeros;
  return [=, &out](int x, int y) {
    const float sum = std::fma(file(y), b.ratio, std::fma(file(x), a.ratio, fixed));
    return static_cast<std::int32_t>(std::nearbyint(sum)) - out.unsigned_by;
  };
}

std::optional<Adder> tflite_adder(const Operand& a, const Operand& b, const OutputCodes& out) {
  const int shift = kFixedPointBits - std::ilogb(std::max(a.ratio, b.ratio));
  if (shift < kFewestBits || shift > kMostBits) return std::nullopt;
  const auto x_factor = std::llrint(std::ldexp(a.ratio, shift));
  const auto y_factor = std::llrint(std::ldexp(b.ratio, shift));
  return [=, &out](int x, int y) {
    const std::int64_t sum = (x - a.zero) * x_factor + (y - b.zero) * y_factor;
    return static_cast<std::int32_t>((sum + (std::int64_t{1} << (shift - 1))) >> shift) + out.zero;
  };
}

class Addition {
 public:
  Addition(const Operand& a, const Operand& b, Adder adder, const QOp& op, const QNet& net)
      : a_(a),
        b_(b),
        adder_(std::move(adder)),
        op_(op),
        net_(net),
        minimal_(net.weight_format, kLargestFactor) {
    op_.post.res_zero = b.zero;
    for_pairs([&](int x, int y) {
      if (near(x, y)) near_.emplace_back(x, y);
    });
  }

  /// Keeps what is better than `best`; sums of few terms first, without a shortcut before those
  /// with one.
  void search(std::optional<FittedAddition>& best) {
    for (const bool shortcut : {false, true}) {
      for (int terms = 1; terms <= kMostFactorTerms; ++terms) {
        for (int n = 1; n <= kLargestFactor; ++n) {
          for (int m = shortcut; m <= (shortcut ? kLargestFactor : 0); ++m) {
            if (best && best->wrong == 0) return;
            if (std::max(minimal_.count(n), minimal_.count(m)) == terms) try_weights(n, m, best);
          }
        }
      }
    }
  }

 private:
  template <typename F>
  void for_pairs(F f) const {
    for (int x = code_min(net_.act_w); x <= code_max(net_.act_w); ++x)
      for (int y = code_min(net_.act_w); y <= code_max(net_.act_w); ++y) f(x, y);
  }

  bool near(int x, int y) const {
    const double sum = (x - a_.zero) * double{a_.ratio} + (y - b_.zero) * double{b_.ratio};
    return std::abs(sum - std::floor(sum) - 0.5) < kNear;
  }

  std::int32_t code(int x, int y) const {
    return std::clamp(adder_(x, y), op_.post.lo, op_.post.hi);
  }

  /// n * a + m * b are summed, what is left of b is the residual.
  void try_weights(int n, int m, std::optional<FittedAddition>& best) {
    const int bits = fraction_bits(net_.act_w);
    const double left = double{b_.ratio} - m * double{a_.ratio} / n;
    const double steps = std::floor(std::ldexp(left, bits));
    for (const double factor : {steps, steps + 1}) {
      if (factor < 1 || factor > max_res_factor(net_.act_w)) continue;
      const double deviation = std::abs(std::ldexp(factor, -bits) - left);
      if (deviation * (1 << net_.act_w) > kDeviation) continue;
      op_.post.res_factor = static_cast<std::uint32_t>(factor);
      const auto sum = [&](int x, int y) { return n * (x - a_.zero) + m * (y - b_.zero); };
      std::vector<CodePoint> points;
      for (const auto& [x, y] : near_) points.push_back({sum(x, y), y, code(x, y)});
      const auto found =
          fit_factor(points, double{a_.ratio} / n, op_.post, net_.act_w, net_.mult_w);
      if (!found || (best && found->wrong >= best->wrong)) continue;
      params_ = found->params;
      if (misses_others(sum)) continue;
      best = {operation(n, m, std::max(minimal_.count(n), minimal_.count(m))), found->wrong};
    }
  }

  /// Whether it makes another code of a pair that is not near to a middle.
  template <typename F>
  bool misses_others(F sum) const {
    bool misses = false;
    for_pairs([&](int x, int y) {
      const auto made = post_process(sum(x, y), y, params_, op_.post, net_.act_w);
      misses = misses || (made != code(x, y) && !near(x, y));
    });
    return misses;
  }

  QOp operation(int n, int m, int terms) {
    QOp op = op_;
    op.input = a_.tensor;
    op.residual = b_.tensor;
    op.terms = terms;
    op.term_values.clear();
    const int channels = net_.tensors[static_cast<std::size_t>(a_.tensor)].channels;
    op.groups = channels;
    if (m != 0) op.shortcut = b_.tensor;
    for (int c = 0; c < channels; ++c) {
      minimal_.append(n, terms, op.term_values);
      for (int i = 0; m != 0 && i < channels; ++i)
        minimal_.append(i == c ? m : 0, terms, op.term_values);
    }
    params_.bias = -(n * a_.zero + m * b_.zero);
    op.params.assign(static_cast<std::size_t>(channels), params_);
    return op;
  }

  const Operand a_, b_;
  const Adder adder_;
  QOp op_;
  const QNet& net_;
  const MinimalTerms minimal_;
  std::vector<std::pair<int, int>> near_;  ///< pairs of codes whose sum is near to a middle
  ChannelParams params_;
};

}  // namespace

std::optional<FittedAddition> exact_addition(const ExactSum& sum, const OutputCodes& out,
                                             const QOp& op, const QNet& net) {
  const auto operand = [&](int tensor) {
    const QTensor& t = net.tensors[static_cast<std::size_t>(tensor)];
    const auto scale = static_cast<float>(t.scale);
    return Operand{tensor, t.zero, scale, scale / static_cast<float>(out.scale)};
  };
  Operand a = operand(sum.op.input), b = operand(sum.op.residual);
  if (sum.residual_is_first) std::swap(a, b);
  std::optional<Adder> adder;
  if (out.round == RoundMode::kHalfEven)
    adder = out.fused ? fused_adder(a, b, out) : onnx_adder(a, b, out);
  if (out.round == RoundMode::kHalfUp) adder = tflite_adder(a, b, out);
  if (!adder) return std::nullopt;
  std::optional<FittedAddition> best;
  Addition(a, b, *adder, op, net).search(best);
  if (best && best->wrong == 0) return best;
  const auto swapped = [&](int x, int y) { return (*adder)(y, x); };
  Addition(b, a, swapped, op, net).search(best);
  return best;
}

}  // namespace reshift
