// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "compile/weight_format.hpp"

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "base/error.hpp"
#include "base/integer.hpp"

namespace reshift {
namespace {

constexpr int kMostTerms = 16;  // of a network

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

/// As many equal tiles as the largest weight needs.
void to_integers(int format, QOp& op) {
  const std::vector<int> weights = weights_of(op);
  const int bits = weight_bits(format);
  int tiles = 1;
  for (const int weight : weights) {
    if (!weight_fits(weight, format)) {
      tiles = std::max(tiles, ceil_div(std::abs(weight), code_max(bits)));
    }
  }
  op.terms = tiles;
  op.term_values.clear();
  for (int weight : weights) {
    for (int t = 0; t < tiles; ++t) {
      const int part =
          std::clamp(weight, tiles == 1 ? code_min(bits) : -code_max(bits), code_max(bits));
      op.term_values.push_back(static_cast<std::int16_t>(part));
      weight -= part;
    }
  }
}

/// Four bits, and where that is not enough the rest in upper planes: one for eight bits. A tile of
/// an upper plane has one less where the tile before is negative, so that not all can have +-8.
void to_digits(QOp& op) {
  constexpr int kMost = 7 * kPlane;
  const std::vector<int> weights = weights_of(op);
  int upper = 0;
  for (const int weight : weights) {
    if (weight_fits(weight, kDigits)) continue;
    const bool eight_bits = weight >= code_min(8) && weight <= code_max(8);
    upper = std::max(upper, eight_bits ? 1 : ceil_div(std::abs(weight) + kPlane / 2, kMost));
  }
  op.terms = 1 + upper;
  op.term_values.clear();
  for (const int weight : weights) {
    int high = upper == 0 ? 0 : (weight + kPlane / 2) & -kPlane;
    op.term_values.push_back(static_cast<std::int16_t>(weight - high));
    for (int t = 0; t < upper; ++t) {
      const int part = upper == 1 ? high : std::clamp(high, -kMost, kMost);
      op.term_values.push_back(static_cast<std::int16_t>(part));
      high -= part;
    }
  }
}

/// Sums of powers of two that are half-octaves take one tile.
void join_terms(QOp& op) {
  const std::vector<int> weights = weights_of(op);
  const auto fits = [](int weight) { return weight_fits(weight, kHalfOctave); };
  if (!std::all_of(weights.begin(), weights.end(), fits)) return;
  op.terms = 1;
  op.term_values.assign(weights.begin(), weights.end());
}

std::string to_half_octaves(const isa::Hardware& hw, QOp& op) {
  join_terms(op);
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
  if (hw.weight_format == kHalfOctave) return to_half_octaves(hw, op);
  if (is_multiplier(hw.weight_format) || hw.weight_format == kDigits) {
    hw.weight_format == kDigits ? to_digits(op) : to_integers(hw.weight_format, op);
    return op.terms <= kMostTerms
               ? ""
               : fmt::format("weights that take {} tiles each, {} at most", op.terms, kMostTerms);
  }
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
