// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "import/onnx/patterns.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "import/onnx/arithmetic.hpp"

namespace reshift::onnx_import {
namespace {

/// The only node that writes a tensor.
const Node* maker(const Graph& graph, int tensor) {
  const Node* found = nullptr;
  for (const Node& n : graph.nodes) {
    if (n.output != tensor) continue;
    if (found) return nullptr;
    found = &n;
  }
  return found;
}

bool near(double a, double b) { return std::abs(a - b) <= 1e-6 * std::abs(b); }

bool is_scale(const Node& n, float weight, float bias) {
  const auto all = [](const std::vector<float>& values, float v) {
    return std::all_of(values.begin(), values.end(), [v](float x) { return near(x, v); });
  };
  return n.kind == NodeKind::kScale && n.functions.empty() && !std::isfinite(n.lo) &&
         !std::isfinite(n.hi) && all(n.weights, weight) && all(n.bias, bias);
}

/// The tensor x when the node makes clamp(x + 3, 0, 6) of it; or -1.
int shifted_clamp(const Graph& graph, const Node* n) {
  if (!n || n->kind != NodeKind::kClamp) return -1;
  float lo = n->lo, hi = n->hi;
  if (n->functions.size() == 1 && n->functions[0].kind == Function::Kind::kClip) {
    lo = n->functions[0].alpha, hi = n->functions[0].beta;
  } else if (!n->functions.empty()) {
    return -1;
  }
  const Node* scale = lo == 0 && hi == 6 ? maker(graph, n->input) : nullptr;
  return scale && is_scale(*scale, 1, 3) ? scale->input : -1;
}

const Function* only_function(const Node* n) {
  return n && n->kind == NodeKind::kClamp && n->functions.size() == 1 ? &n->functions[0] : nullptr;
}

Value with_function(const OnnxNode& node, const Value& like, int tensor, Function f) {
  Value x = like;
  x.tensor = tensor;
  Node result;
  result.kind = NodeKind::kClamp;
  result.functions = {f};
  const bool keeps_zero = f(0.0f) == 0;
  return elementwise(node, x, std::move(result), keeps_zero);
}

/// The function that x and `gate`, made of x, have as their product.
std::optional<Function> product_of(const Graph& graph, int x, int gate) {
  const Node* n = maker(graph, gate);
  const Function* f = only_function(n);
  if (!f || n->input != x) return {};
  using Kind = Function::Kind;
  if (f->kind == Kind::kSigmoid) return Function{Kind::kSilu};
  const bool hard = f->kind == Kind::kHardSigmoid && near(f->alpha, 1.0 / 6) && f->beta == 0.5f;
  return hard ? std::optional(Function{Kind::kHardSwish}) : std::nullopt;
}

bool is_sixth(const Array& factor) {
  return !factor.values.empty() && std::all_of(factor.values.begin(), factor.values.end(),
                                               [](double v) { return near(v, 1.0 / 6); });
}

}  // namespace

void append_factor(OnnxNode& node, int input, const Array& factor) {
  const Value& v = node.view(input);
  const Graph& graph = node.graph();
  const bool same_shape = broadcast(v.dims, factor.dims) == v.dims;
  const Node* made = is_sixth(factor) && same_shape ? maker(graph, v.tensor) : nullptr;
  if (const int x = shifted_clamp(graph, made); x >= 0) {
    constexpr Function kHard{Function::Kind::kHardSigmoid, 1.0f / 6, 0.5f};
    return node.alias(with_function(node, v, x, kHard));
  }
  if (made && made->kind == NodeKind::kMul) {
    for (const auto& [x, gate] :
         {std::pair{made->input, made->residual}, std::pair{made->residual, made->input}}) {
      if (x == shifted_clamp(graph, maker(graph, gate))) {
        return node.alias(with_function(node, v, x, {Function::Kind::kHardSwish}));
      }
    }
  }
  node.alias(affine(node, v, factor, {{}, {0}, false}));
}

bool append_self_gate(OnnxNode& node) {
  const Value &a = node.view(0), &b = node.view(1);
  if (a.dims != b.dims || a.index != b.index) return false;
  for (const auto& [x, gate] : {std::pair{a.tensor, b.tensor}, std::pair{b.tensor, a.tensor}}) {
    if (const auto f = product_of(node.graph(), x, gate)) {
      node.alias(with_function(node, a, x, *f));
      return true;
    }
  }
  return false;
}

}  // namespace reshift::onnx_import
