// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/weight_format.hpp"

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "base/error.hpp"
#include "base/integer.hpp"

namespace reshift {
namespace {

std::vector<int> weights_of(const QOp& op) {
  std::vector<int> weights(op.term_values.size() / index(op.terms));
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = op.weight(i);
  return weights;
}

/// The first term that no tile of a format holds, or 0.
int unfit_term(const QOp& op, int format) {
  const auto unfit = std::find_if(op.term_values.begin(), op.term_values.end(),
                                  [&](int term) { return !weight_fits(term, format); });
  return unfit == op.term_values.end() ? 0 : *unfit;
}

std::string to_integers(const isa::Hardware& hw, QOp& op) {
  const std::vector<int> weights = weights_of(op);
  for (const int weight : weights) {
    if (!weight_fits(weight, hw.weight_format)) {
      return fmt::format("the weight {}, more than {} bits", weight, weight_bits(hw.weight_format));
    }
  }
  op.terms = 1;
  op.term_values.assign(weights.begin(), weights.end());
  return "";
}

std::string to_digits(QOp& op) {
  const std::vector<int> weights = weights_of(op);
  const auto [least, most] = std::minmax_element(weights.begin(), weights.end());
  if (weights.empty() || (weight_fits(*least, kDigits) && weight_fits(*most, kDigits))) {
    op.terms = 1;
    op.term_values.assign(weights.begin(), weights.end());
    return "";
  }
  if (*least < code_min(8) || *most > code_max(8)) {
    return fmt::format("weights from {} to {}, more than 8 bits", *least, *most);
  }
  op.terms = 2;
  op.term_values.clear();
  for (const int weight : weights) {
    const int high = (weight + kPlane / 2) & -kPlane;
    op.term_values.push_back(static_cast<std::int16_t>(weight - high));
    op.term_values.push_back(static_cast<std::int16_t>(high));
  }
  return "";
}

std::string to_half_octaves(const isa::Hardware& hw, QOp& op) {
  if (unfit_term(op, kHalfOctave) == 0) return "";
  for (auto& term : op.term_values) term = static_cast<std::int16_t>(2 * term);
  if (const int term = unfit_term(op, kHalfOctave); term != 0) {
    return fmt::format(
        "the term {}, which half-octaves do not have: quantise the network with `--format half`",
        term / 2);
  }
  for (ChannelParams& p : op.params) {
    if (std::abs(std::int64_t{p.bias}) >= std::int64_t{1} << 30 ||
        p.shift >= max_shift(hw.mult_w)) {
      return "a bias or shift too large to be doubled for half-octaves";
    }
    p.bias *= 2;
    ++p.shift;
  }
  return "";
}

}  // namespace

std::string to_format(const isa::Hardware& hw, QOp& op) {
  if (op.kind != QKind::kConv) return "";
  if (is_multiplier(hw.weight_format)) return to_integers(hw, op);
  if (hw.weight_format == kDigits) return to_digits(op);
  if (hw.weight_format == kHalfOctave) return to_half_octaves(hw, op);
  if (const int term = unfit_term(op, hw.weight_format); term != 0) {
    return fmt::format("the term {}, not a power of two below 2^{}", term, hw.weight_format);
  }
  return "";
}

QNet in_format(const isa::Hardware& hw, const QNet& original) {
  QNet net = original;
  net.weight_format = hw.weight_format;
  std::string reasons;
  for (QOp& op : net.ops) {
    if (const std::string reason = to_format(hw, op); !reason.empty()) {
      reasons += fmt::format("\n  operation {}: {}", op.name, reason);
    }
  }
  if (!reasons.empty()) {
    throw Error("the weights of network {} do not fit {}:{}", net.name, hw.name, reasons);
  }
  return net;
}

}  // namespace reshift
