// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/weight_codes.hpp"

#include <algorithm>
#include <cstdlib>

#include "base/error.hpp"
#include "net/numerics.hpp"

namespace reshift {
namespace {

/// Terms that are not negative, without zero.
std::vector<int> magnitudes(int weight_format) {
  if (weight_format == kHalfOctave) return {kHalfOctaves.begin(), kHalfOctaves.end()};
  std::vector<int> terms;
  for (int e = 0; e < weight_format; ++e) terms.push_back(1 << e);
  return terms;
}

}  // namespace

int most_terms(int weight_format) {
  if (is_multiplier(weight_format)) return 1;
  return weight_format == kDigits ? 2 : 4;
}

int largest_power(int weight_format) {
  if (is_multiplier(weight_format)) return 1 << (weight_bits(weight_format) - 2);
  if (weight_format == kDigits) return 4;
  return weight_format == kHalfOctave ? kHalfOctaves.back() : 1 << (weight_format - 1);
}

WeightCodes::WeightCodes(int terms, int weight_format) {
  if (terms > most_terms(weight_format)) {
    throw Error("{} terms a weight, the format has {}", terms, most_terms(weight_format));
  }
  if (is_multiplier(weight_format)) {
    add_integers(terms, code_max(weight_bits(weight_format)));
  } else if (weight_format == kDigits) {
    add_integers(terms, code_max(4 * terms));
  } else {
    add_sums(terms, weight_format);
  }
  for (int half = -2 * largest(); half < 2 * largest(); ++half) {
    const auto above = std::lower_bound(values_.begin(), values_.end(), 0.5 * half);
    const bool below = above != values_.begin() && 0.5 * half - above[-1] < *above - 0.5 * half;
    nearest_.push_back(below ? above[-1] : *above);
  }
}

void WeightCodes::add_integers(int terms, int largest) {
  for (int code = -largest; code <= largest; ++code) {
    values_.push_back(code);
    const int high = terms == 1 ? 0 : (code + kPlane / 2) & -kPlane;
    terms_.push_back({static_cast<std::int16_t>(code - high)});
    if (terms == 2) terms_.back().push_back(static_cast<std::int16_t>(high));
  }
}

void WeightCodes::add_sums(int terms, int weight_format) {
  // Layer by layer: what one more term reaches that fewer could not.
  const std::vector<int> single = magnitudes(weight_format);
  const int largest = terms * single.back();
  std::vector<int> fewest(static_cast<std::size_t>(2 * largest + 1), -1);
  terms_.resize(fewest.size());
  terms_[static_cast<std::size_t>(largest)].assign(static_cast<std::size_t>(terms), 0);
  fewest[static_cast<std::size_t>(largest)] = 0;
  for (int used = 1; used <= terms; ++used) {
    for (int from = -largest; from <= largest; ++from) {
      if (fewest[static_cast<std::size_t>(from + largest)] != used - 1) continue;
      for (const int magnitude : single) {
        for (const int term : {magnitude, -magnitude}) {
          const int to = from + term;
          if (std::abs(to) > largest || fewest[static_cast<std::size_t>(to + largest)] >= 0)
            continue;
          fewest[static_cast<std::size_t>(to + largest)] = used;
          // The newest term first, then those of the shorter sum.
          const auto& shorter = terms_[static_cast<std::size_t>(from + largest)];
          auto& sum = terms_[static_cast<std::size_t>(to + largest)];
          sum.push_back(static_cast<std::int16_t>(term));
          sum.insert(sum.end(), shorter.begin(), shorter.end() - 1);
        }
      }
    }
  }
  for (int code = -largest; code <= largest; ++code) {
    if (fewest[static_cast<std::size_t>(code + largest)] >= 0) values_.push_back(code);
  }
}

}  // namespace reshift
