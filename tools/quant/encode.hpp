// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "net/qnet.hpp"
#include "quant/function_table.hpp"
#include "quant/number_format.hpp"
#include "quant/rounding.hpp"

namespace reshift {

struct Factor {
  std::uint32_t mult = 0;
  std::uint8_t shift = 0;
};

/// mult / 2^shift nearest to a positive factor, mult of mult_w significant bits where the shift
/// allows it. Throws Error naming the operation when there is none.
Factor encode_factor(double factor, int mult_w, const std::string& operation);

/// The res_factor nearest to a positive factor, at least 1. Throws Error naming the operation when
/// it is more than 8, or no power of two where `format` has nothing but those.
std::uint32_t encode_res_factor(double factor, const NumberFormat& format,
                                const std::string& operation);

/// Sets the terms and the channel parameters of a convolution whose tensors have their scales and
/// zero points; op.terms is set. `made`: what the codes of post-processing stand for, those of the
/// output tensor unless a table follows. Throws Error naming the operation when its sums may pass
/// the accumulators of `format`.
void encode_layer(const RoundedLayer& layer, const WeightCodes& code_set, const QNet& net,
                  const Steps& made, const NumberFormat& format, QOp& op);

/// Sets the channel parameters of an average whose tensors have their scales and zero points.
void encode_average(const QNet& net, const Steps& made, const NumberFormat& format, QOp& op);

}  // namespace reshift
