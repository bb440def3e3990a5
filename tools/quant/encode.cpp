// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/encode.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/error.hpp"

namespace reshift {

Factor encode_factor(double factor, int mult_w, const std::string& operation) {
  const double most = std::ldexp(1.0, mult_w) - 1;
  int shift =
      std::min(max_shift(mult_w), mult_w - 1 - static_cast<int>(std::floor(std::log2(factor))));
  if (shift >= 0 && std::round(std::ldexp(factor, shift)) > most) --shift;
  const double mult = std::round(std::ldexp(factor, std::max(shift, 0)));
  if (shift < 0 || mult < 1) {
    throw Error(
        "operation {}: a step of what is summed is {:.3g} steps of the output, which is outside of "
        "what a scale factor holds ({:.3g} to {}). The output has one range for all channels, and "
        "this one's values or weights are of another magnitude by far: look for outliers in its "
        "weights and bias (a batch norm of a channel that never varies), and clip or rescale them "
        "in the float network",
        operation, factor, std::ldexp(1.0, -max_shift(mult_w)), most);
  }
  return {static_cast<std::uint32_t>(mult), static_cast<std::uint8_t>(shift)};
}

std::uint32_t encode_res_factor(double factor, const NumberFormat& format,
                                const std::string& operation) {
  const double units = std::round(std::ldexp(factor, fraction_bits(format.act_w)));
  if (units > max_res_factor(format.act_w)) {
    throw Error(
        "operation {}: the scale of its residual is {} times that of its output, at most 8 "
        "can be represented",
        operation, factor);
  }
  const auto code = static_cast<std::uint32_t>(std::max(units, 1.0));
  if (format.shifts_only() && !std::has_single_bit(code)) {
    throw Error(
        "operation {}: the scale of its residual is {} times that of its output, no power of two; "
        "such a sum needs multipliers (--factor-bits 16)",
        operation, factor);
  }
  return code;
}

void encode_layer(const RoundedLayer& layer, const WeightCodes& code_set, const QNet& net,
                  const Steps& made, const NumberFormat& format, QOp& op) {
  const auto qtensor = [&](int i) -> const QTensor& {
    return net.tensors[static_cast<std::size_t>(i)];
  };
  const QTensor& in = qtensor(op.input);
  // Post-processing adds the output's zero point; behind it a table may want another one.
  const double offset = (made.zero - qtensor(op.output).zero) * made.scale;
  const int added = op.shortcut < 0 ? 0 : qtensor(op.shortcut).channels;
  const int added_zero = op.shortcut < 0 ? 0 : qtensor(op.shortcut).zero;
  op.term_values.reserve(static_cast<std::size_t>(layer.codes.size() * op.terms));
  for (Eigen::Index o = 0; o < layer.codes.rows(); ++o) {
    const Eigen::RowVectorXi row = layer.codes.row(o);
    const auto sum = [](const auto& part) { return part.template cast<std::int64_t>().sum(); };
    const std::int64_t magnitude = sum(row.cwiseAbs());
    if (magnitude << (net.act_w - 1) >= std::int64_t{1} << (format.acc_w - 1)) {
      throw Error(
          "operation {}: the sums of output channel {} may pass {} bits; fewer terms or exponents "
          "would fit",
          op.name, o, format.acc_w);
    }
    const double added_bias = layer.bias[o] + offset;
    // The unit of the accumulator; an output without weights takes a fine one for its bias.
    double unit = layer.scale[o] * in.scale;
    constexpr double kLargestBias = 1 << 30;
    // No input matters: the largest sum is a small part of an output's step, or of the bias.
    const double largest = static_cast<double>(magnitude << net.act_w) * unit;
    const bool dead = largest < made.scale / 256 || std::abs(added_bias) > unit * kLargestBias;
    if (dead) unit = std::max(made.scale / 256, std::abs(added_bias) / kLargestBias);
    const Factor f = encode_factor(unit / made.scale, format.factor_w,
                                   fmt::format("{}, output channel {}", op.name, o));
    const std::int64_t zeros =
        in.zero * sum(row.head(row.size() - added)) + added_zero * sum(row.tail(added));
    const std::int64_t bias = std::llround(added_bias / unit) - (dead ? 0 : zeros);
    op.params.push_back({static_cast<std::int32_t>(bias), f.mult, f.shift});
    for (const int code : row) {
      const auto terms = code_set.terms_of(dead ? 0 : code);
      op.term_values.insert(op.term_values.end(), terms.begin(), terms.end());
    }
  }
}

void encode_average(const QNet& net, const Steps& made, const NumberFormat& format, QOp& op) {
  const QTensor& in = net.tensors[static_cast<std::size_t>(op.input)];
  const QTensor& out = net.tensors[static_cast<std::size_t>(op.output)];
  const int area = op.kernel_h * op.kernel_w;
  const double unit = in.scale / area;
  const Factor f = encode_factor(unit / made.scale, format.factor_w, op.name);
  const auto offset = std::llround((made.zero - out.zero) * made.scale / unit);
  op.params.assign(static_cast<std::size_t>(in.channels),
                   {static_cast<std::int32_t>(offset) - in.zero * area, f.mult, f.shift});
}

}  // namespace reshift
