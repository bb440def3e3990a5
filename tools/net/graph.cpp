// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "net/graph.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"

namespace reshift {
namespace {

[[noreturn]] void fail(const std::string& what, const std::string& name) {
  throw Error("{} {} is quantised already; reading quantised networks is not supported yet", what,
              name);
}

}  // namespace

double code_of(const Quantization& quantization, OutputRounding rounding, double value) {
  const double steps = value / quantization.scales.front();
  double code = std::nearbyint(steps);
  if (rounding == OutputRounding::kHalfUp) code = std::floor(steps + 0.5);
  if (rounding == OutputRounding::kHalfAwayFromZero) code = std::round(steps);
  return std::clamp(code + quantization.zero_points.front(), quantization.lowest(),
                    quantization.highest());
}

float Function::operator()(float x) const {
  switch (kind) {
    case Kind::kClip:
      return std::clamp(x, alpha, beta);
    case Kind::kLeakyRelu:
      return x < 0 ? alpha * x : x;
    case Kind::kSigmoid:
      return 1 / (1 + std::exp(-x));
    case Kind::kHardSigmoid:
      return std::clamp(alpha * x + beta, 0.0f, 1.0f);
    case Kind::kHardSwish:
      return x * std::clamp(x / 6 + 0.5f, 0.0f, 1.0f);
    case Kind::kSilu:
      return x / (1 + std::exp(-x));
    case Kind::kTanh:
      return std::tanh(x);
  }
  return x;
}

float Node::finish(float x) const {
  x = std::clamp(x, lo, hi);
  for (const Function& f : functions) x = f(x);
  return x;
}

void Graph::place(const Node& n, const float* computed, float* out) const {
  const Tensor part = written(n);
  const Tensor& whole = tensor(n.output);
  for (int c = 0; c < part.channels; ++c) {
    for (int y = 0; y < part.height; ++y) {
      const std::ptrdiff_t row = (std::ptrdiff_t{c} + n.first_channel) * whole.height +
                                 std::ptrdiff_t{y} * n.out_stride + n.out_row;
      float* to = out + row * whole.width + n.out_column;
      for (int x = 0; x < part.width; ++x, to += n.out_stride) *to = *computed++;
    }
  }
}

void require_float(const Graph& graph) {
  for (const Tensor& tensor : graph.tensors) {
    if (tensor.quantization) fail("tensor", tensor.name);
  }
  for (const Node& node : graph.nodes) {
    if (node.integer_weights || node.output_rounding != OutputRounding::kNone) {
      fail("node", node.name);
    }
  }
}

}  // namespace reshift
