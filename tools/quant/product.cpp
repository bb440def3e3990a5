// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/product.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"

namespace reshift {
namespace {

constexpr int kTerms = 2;  // a depthwise list of one tap: the second term costs next to nothing
constexpr int kMostShift = 47;

}  // namespace

ProductFactor product_factor(double factor, int exponents, const std::string& operation) {
  const int highest = 1 << (exponents - 1);
  const int shift = exponents - 1 - static_cast<int>(std::floor(std::log2(factor)));
  if (!(factor > 0) || shift < 0 || shift > kMostShift) {
    throw Error("operation {}: a factor of {} between its tensors cannot be represented", operation,
                factor);
  }
  const double wanted = std::ldexp(factor, shift);  // from `highest` to twice that
  int second = 0;
  for (int term = 1; term <= highest; term *= 2) {
    if (highest + term <= wanted) second = term;
  }
  return {highest + second, shift};
}

void encode_product(const ProductFactor& factor, const QNet& net, QOp& op) {
  const QTensor& x = net.tensors[static_cast<std::size_t>(op.input)];
  const QTensor& r = net.tensors[static_cast<std::size_t>(op.residual)];
  const int highest = 1 << (net.exponents - 1);
  op.groups = x.channels;
  op.terms = kTerms;
  for (int c = 0; c < x.channels; ++c) {
    op.term_values.push_back(static_cast<std::int16_t>(highest));
    op.term_values.push_back(static_cast<std::int16_t>(factor.weight - highest));
    op.params.push_back({-x.zero * factor.weight, 1, static_cast<std::uint8_t>(factor.shift)});
  }
  op.post.product = true;
  op.post.res_zero = r.zero;
  op.post.res_factor = 0;
}

}  // namespace reshift
