// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "import/onnx/operators.hpp"
#include "import/onnx/window.hpp"

namespace reshift::onnx_import {
namespace {

/// A fully connected layer: a convolution whose kernel is the whole map; weights [out][in].
void append_dense(OnnxNode& node, std::vector<float> weights, std::vector<float> bias) {
  const Value v = node.value(0);
  const Tensor in = node.tensor(v.tensor);
  if (v.padded() || (!v.flat && in.height * in.width != 1))
    node.fail("its input must be flattened");
  const std::size_t out = bias.size();
  if (out == 0 || weights.size() != out * in.size()) {
    node.fail("{} weights for {} outputs do not fit {} inputs", weights.size(), out, in.size());
  }
  Node result;
  result.kind = NodeKind::kConv;
  result.input = v.tensor;
  result.kernel_h = in.height;
  result.kernel_w = in.width;
  result.weights = std::move(weights);
  result.bias = std::move(bias);
  node.append(std::move(result), static_cast<int>(out), 1, 1, true);
}

/// A constant matrix as [out][in].
std::vector<float> matrix(OnnxNode& node, int i, bool transposed) {
  const Constant& c = node.constant(i, "weight");
  if (c.dims.size() != 2) node.fail("weights {} are not a matrix", text(c.dims));
  std::vector<float> from =
      node.take_floats(i, "weight", static_cast<std::size_t>(product(c.dims)));
  if (transposed) return from;
  const auto rows = static_cast<std::size_t>(c.dims[0]),
             columns = static_cast<std::size_t>(c.dims[1]);
  std::vector<float> to(from.size());
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t k = 0; k < columns; ++k) to[k * rows + r] = from[r * columns + k];
  }
  return to;
}

}  // namespace

void add_conv(OnnxNode& node) {
  const Constant& weights = node.constant(1, "weight");
  if (weights.dims.size() != 4)
    node.fail("weights {}: only two spatial axes are supported", text(weights.dims));
  const Value& source = node.value(0);
  Node result;
  result.kind = NodeKind::kConv;
  const auto groups = node.integer("group", 1);
  const int channels = node.tensor(source.tensor).channels;
  if (groups < 1 || groups > channels || channels != weights.dims[1] * groups ||
      weights.dims[0] < 1 || weights.dims[0] % groups != 0 || weights.dims[0] > 65535) {
    node.fail("weights {} in {} groups do not fit {} input channels", text(weights.dims), groups,
              channels);
  }
  result.groups = static_cast<int>(groups);
  const auto kernel = node.pair("kernel_shape", {weights.dims[2], weights.dims[3]});
  if (kernel[0] != weights.dims[2] || kernel[1] != weights.dims[3]) {
    node.fail("kernel_shape does not fit weights {}", text(weights.dims));
  }
  result.weights = node.take_floats(1, "weight", static_cast<std::size_t>(product(weights.dims)));
  const auto out = static_cast<std::size_t>(weights.dims[0]);
  result.bias = node.has_input(2) ? node.floats(2, "bias", out) : std::vector<float>(out, 0.0f);
  append_window(node, std::move(result), source, kernel, static_cast<int>(out));
}

void add_gemm(OnnxNode& node) {
  node.require_attribute("transA", 0);
  const bool transposed = node.integer("transB", 0) != 0;
  std::vector<float> weights = matrix(node, 1, transposed);
  const auto out = static_cast<std::size_t>(node.constant(1, "weight").dims[transposed ? 0 : 1]);
  for (float& w : weights) w *= node.number("alpha", 1);
  std::vector<float> bias(out, 0.0f);
  if (node.has_input(2)) {
    const Constant& c = node.constant(2, "bias");
    if (c.values.size() != 1 && c.values.size() != out) {
      node.fail("bias {} does not fit {} outputs", text(c.dims), out);
    }
    bias = c.values;
    bias.resize(out, c.values[0]);
    for (float& b : bias) b *= node.number("beta", 1);
  }
  append_dense(node, std::move(weights), std::move(bias));
}

void add_matmul(OnnxNode& node) {
  std::vector<float> weights = matrix(node, 1, false);
  append_dense(
      node, std::move(weights),
      std::vector<float>(static_cast<std::size_t>(node.constant(1, "weight").dims[1]), 0.0f));
}

}  // namespace reshift::onnx_import
