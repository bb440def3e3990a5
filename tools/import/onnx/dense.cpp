// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/integer.hpp"
#include "import/onnx/operators.hpp"
#include "import/onnx/view.hpp"

namespace reshift::onnx_import {
namespace {

/// Weights [out][in] and biases of a fully connected layer.
struct Matrix {
  std::int64_t out = 0, in = 0;
  std::vector<float> weights, bias;
  std::int64_t axis = 0;  ///< of the outputs in the constant
};

/// A constant matrix, whose dimensions before the last two are 1; `transposed`: it is [out][in] as
/// it is.
Matrix matrix(OnnxNode& node, int i, bool transposed) {
  const Dims dims = node.constant_dims(i);
  const std::size_t rank = dims.size();
  if (rank < 2 || product(dims) == 0 || product(dims) != dims[rank - 2] * dims[rank - 1])
    node.fail("weights {} are no matrix", text(dims));
  std::vector<float> from = node.take_floats(i, "weight");
  const std::int64_t rows = dims[rank - 2], columns = dims[rank - 1];
  const auto first = static_cast<std::int64_t>(rank) - 2;
  Matrix m{transposed ? rows : columns,
           transposed ? columns : rows,
           {},
           {},
           transposed ? first : first + 1};
  m.bias.assign(index(m.out), 0.0f);
  if (transposed) {
    m.weights = std::move(from);
    return m;
  }
  m.weights.resize(from.size());
  for (std::int64_t r = 0; r < m.in; ++r) {
    for (std::int64_t c = 0; c < m.out; ++c) {
      m.weights[index(c * m.in + r)] = from[index(r * m.out + c)];
    }
  }
  return m;
}

/// Of one vector: a convolution whose kernel is the whole tensor, its weights in the tensor's
/// order.
void append_dense(OnnxNode& node, const Value& v, Matrix m, Dims dims) {
  const Tensor in = node.tensor(v.tensor);
  Node result;
  result.kind = NodeKind::kConv;
  result.input = v.tensor;
  result.kernel_h = in.height;
  result.kernel_w = in.width;
  if (v.index.empty()) {
    result.weights = std::move(m.weights);
  } else {
    result.weights.assign(index(m.out) * in.size(), 0.0f);
    for (std::int64_t o = 0; o < m.out; ++o) {
      float* row = result.weights.data() + index(o) * in.size();
      for (std::int64_t k = 0; k < m.in; ++k) {
        const auto from = v.index[index(k)];
        if (from == kLowest) node.fail("padding with minus infinity before it");
        if (from >= 0) row[from] += m.weights[index(o * m.in + k)];
      }
    }
  }
  result.bias = std::move(m.bias);
  result.integer_weights = integer_weights(node.context().quantised, node.input(1), m.axis, result);
  node.result(std::move(dims), node.append(std::move(result), {static_cast<int>(m.out), 1, 1}));
}

/// Of several vectors, each of which becomes a pixel; `last`: a vector is along the last axis, not
/// the one before. `dims`: of the result.
void append_pointwise(OnnxNode& node, const Value& v, Matrix m, bool last, Dims dims) {
  Array index{{product(v.dims) / m.in, m.in}, {}, true};
  if (!last) std::swap(index.dims[0], index.dims[1]);
  for (const auto i : full_index(v)) index.values.push_back(i);
  if (last) index = transpose(index, {1, 0});
  const auto pixels = index.dims[1];
  Value seen = v;
  seen.index.assign(index.values.begin(), index.values.end());
  const Tensor& own = node.tensor(v.tensor);
  Layout layout{static_cast<int>(m.in), 1, static_cast<int>(pixels)};
  if (std::int64_t{own.height} * own.width == pixels) {
    layout.height = own.height;
    layout.width = own.width;
  }
  if (seen.index.size() == own.size() && seen.index.front() == 0 &&
      std::is_sorted(seen.index.begin(), seen.index.end())) {
    seen.index.clear();
  }
  Node result;
  result.kind = NodeKind::kConv;
  result.input = materialise(node, "", seen, layout);
  result.weights = std::move(m.weights);
  result.bias = std::move(m.bias);
  if (last)
    result.integer_weights =
        integer_weights(node.context().quantised, node.input(1), m.axis, result);
  layout.channels = static_cast<int>(m.out);
  const int tensor = node.append(std::move(result), layout);
  std::vector<std::int32_t> order;
  for (std::int64_t p = 0; last && p < pixels; ++p) {
    for (std::int64_t o = 0; o < m.out; ++o) {
      order.push_back(static_cast<std::int32_t>(o * pixels + p));
    }
  }
  node.result(std::move(dims), tensor, std::move(order));
}

void append_product(OnnxNode& node, const Value& v, Matrix m) {
  if (v.dims.empty() || v.dims.back() != m.in) {
    node.fail("weights for {} inputs do not fit an input of shape {}", m.in, text(v.dims));
  }
  Dims dims = v.dims;
  dims.back() = m.out;
  if (product(v.dims) == m.in) return append_dense(node, v, std::move(m), std::move(dims));
  append_pointwise(node, v, std::move(m), true, std::move(dims));
}

/// The product would have the dimensions of the weights else.
void require_no_more_dimensions(OnnxNode& node, int weights, const Value& v) {
  const Dims dims = node.constant_dims(weights);
  if (dims.size() > std::max<std::size_t>(v.dims.size(), 2))
    node.fail("weights {} have more dimensions than its input, {}", text(dims), text(v.dims));
}

}  // namespace

void add_gemm(OnnxNode& node) {
  const Value v = node.view(0);
  if (node.integer("transA", 0) != 0) {
    node.fail("transA = 1 is not supported: images are rows of its first input");
  }
  if (!node.is_constant(1)) node.constant(1, "weight");
  if (v.dims.size() != 2) node.fail("its input has shape {}, expected is a matrix", text(v.dims));
  Matrix m = matrix(node, 1, node.integer("transB", 0) != 0);
  for (float& w : m.weights) w *= node.number("alpha", 1);
  if (node.has_input(2)) {
    const Array& c = node.constant(2, "bias");
    const Array all = expand(c, broadcast(c.dims, {1, m.out}));
    if (all.dims != Dims{1, m.out}) {
      node.fail("bias {} does not fit {} outputs of one image", text(c.dims), m.out);
    }
    m.bias = all.floats();
    for (float& b : m.bias) b *= node.number("beta", 1);
  }
  append_product(node, v, std::move(m));
}

void add_matmul(OnnxNode& node) {
  if (node.is_constant(1)) {
    const Value v = node.view(0);
    require_no_more_dimensions(node, 1, v);
    return append_product(node, v, matrix(node, 1, false));
  }
  if (!node.is_constant(0)) {
    node.fail("a product of two matrices that are both computed from the image is not supported");
  }
  const Value v = node.view(1);
  require_no_more_dimensions(node, 0, v);
  Matrix m = matrix(node, 0, true);
  if (v.dims.size() < 2 || v.dims.end()[-2] != m.in || product(v.dims) != m.in * v.dims.back()) {
    node.fail("weights for {} inputs do not fit an input of shape {}", m.in, text(v.dims));
  }
  Dims dims = v.dims;
  dims.end()[-2] = m.out;
  append_pointwise(node, v, std::move(m), false, std::move(dims));
}

}  // namespace reshift::onnx_import
