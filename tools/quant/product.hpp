// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/qnet.hpp"

namespace reshift {

/// A product of two tensors: y = x * r, by post-processing: (w * (x - zero of x)) * (r - zero of r)
/// / 2^shift, w a weight of two terms, or one. A step of y is then a fixed multiple of that of x
/// and r.
struct ProductFactor {
  int weight = 1;
  int shift = 0;
};

/// The factor nearest to `factor` (scale of x * scale of r / scale of y), not above it: y's range
/// never shrinks. Throws Error naming the operation when there is none.
ProductFactor product_factor(double factor, int weight_format, const std::string& operation);

/// Sets terms, parameters and post-processing of an operation whose tensors have their scales and
/// zero points: input x, residual r, output y.
void encode_product(const ProductFactor& factor, const QNet& net, QOp& op);

}  // namespace reshift
