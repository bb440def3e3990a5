// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/product.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

#include "base/error.hpp"
#include "quant/weight_codes.hpp"

namespace reshift {
namespace {

constexpr int kMostShift = 47;

/// A depthwise list of one tap: the second term costs next to nothing.
int product_terms(int weight_format) { return std::min(2, most_terms(weight_format)); }

}  // namespace

ProductFactor product_factor(double factor, int weight_format, const std::string& operation) {
  // The largest power of two of which all up to nearly twice of it are reached.
  const WeightCodes codes(product_terms(weight_format), weight_format);
  const int lowest = static_cast<int>(std::bit_ceil(static_cast<unsigned>(codes.largest()))) / 2;
  const int shift = std::ilogb(lowest) - static_cast<int>(std::floor(std::log2(factor)));
  if (!(factor > 0) || shift < 0 || shift > kMostShift) {
    throw Error("operation {}: a factor of {} between its tensors cannot be represented", operation,
                factor);
  }
  const double wanted = std::ldexp(factor, shift);  // from `lowest` to twice that
  const auto above = std::upper_bound(codes.values().begin(), codes.values().end(), wanted);
  return {above[-1], shift};
}

void encode_product(const ProductFactor& factor, const QNet& net, QOp& op) {
  const QTensor& x = net.tensors[static_cast<std::size_t>(op.input)];
  const QTensor& r = net.tensors[static_cast<std::size_t>(op.residual)];
  op.groups = x.channels;
  op.terms = product_terms(net.weight_format);
  const WeightCodes codes(op.terms, net.weight_format);
  const std::vector<std::int16_t>& terms = codes.terms_of(factor.weight);
  for (int c = 0; c < x.channels; ++c) {
    op.term_values.insert(op.term_values.end(), terms.begin(), terms.end());
    op.params.push_back({-x.zero * factor.weight, 1, static_cast<std::uint8_t>(factor.shift)});
  }
  op.post.product = true;
  op.post.res_zero = r.zero;
  op.post.res_factor = 0;
}

}  // namespace reshift
