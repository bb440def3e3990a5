// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/float_graph.hpp"

#include <algorithm>
#include <limits>

#include "base/error.hpp"

namespace reshift {

namespace {

void convolve_node(const Graph& graph, const Node& node, const Operands& operands, const Tensor& to,
                   float* out, Matrix<float>& columns) {
  const Window window = window_of(node, graph.tensor(node.input), to);
  std::vector<Source<float>> sources{{window, operands.input}};
  if (operands.shortcut) {
    sources.push_back(
        {shortcut_window_of(node, graph.tensor(node.shortcut), to), operands.shortcut});
  }
  const Eigen::Index rows = rows_of<float>(sources);
  const auto pixels = window.out_pixels();
  const int per_group = to.channels / node.groups;
  for (int g = 0; g < node.groups; ++g, sources[0].values += window.in_size()) {
    convolve<float>(sources, node.weights.data() + Eigen::Index{g} * per_group * rows, per_group,
                    out + Eigen::Index{g} * per_group * pixels, columns);
  }
  for (int c = 0; c < to.channels; ++c) {
    for (Eigen::Index i = 0; i < pixels; ++i) {
      out[c * pixels + i] += node.bias[static_cast<std::size_t>(c)];
    }
  }
}

/// By the taps of each window that are inside the image; where none is, what there is, 0, remains.
void divide_by_taps(const Window& w, const Node& node, float* out) {
  const std::vector<float> ones(w.in_size() / static_cast<std::size_t>(w.channels), 1.0f);
  Window plane = w;
  plane.channels = 1;
  std::vector<float> taps(static_cast<std::size_t>(w.out_pixels()));
  pool(plane, ones.data(), 0.0f, 0.0f, taps.data(), [](float a, float b) { return a + b; });
  const auto all = static_cast<float>(node.kernel_h * node.kernel_w);
  for (int c = 0; c < w.channels; ++c) {
    for (const float t : taps) *out++ /= node.exclude_padding ? std::max(t, 1.0f) : all;
  }
}

}  // namespace

void run_node(const Graph& graph, const Node& node, const Operands& operands, float* out,
              Matrix<float>& columns) {
  const auto& [in, shortcut, residual] = operands;
  const Tensor to = graph.written(node);
  const Window window = window_of(node, graph.tensor(node.input), to);
  const auto pixels = window.out_pixels();
  const int channels = to.channels;
  const std::size_t size = to.size();
  switch (node.kind) {
    case NodeKind::kConv:
      convolve_node(graph, node, operands, to, out, columns);
      break;
    case NodeKind::kMaxPool: {
      // A window of padding alone has the lowest number, as in ONNX Runtime.
      constexpr float lowest = std::numeric_limits<float>::lowest();
      pool(window, in, lowest, lowest, out, [](float a, float b) { return std::max(a, b); });
      break;
    }
    case NodeKind::kAvgPool:
      pool(window, in, 0.0f, 0.0f, out, [](float a, float b) { return a + b; });
      divide_by_taps(window, node, out);
      break;
    case NodeKind::kScale:
      for (int c = 0; c < channels; ++c) {
        const auto channel = static_cast<std::size_t>(c);
        for (Eigen::Index i = c * pixels; i < (c + 1) * pixels; ++i) {
          out[i] = in[i] * node.weights[channel] + node.bias[channel];
        }
      }
      break;
    case NodeKind::kMul: {
      const bool one_pixel =
          graph.tensor(node.residual).height * graph.tensor(node.residual).width == 1;
      for (Eigen::Index i = 0; i < channels * pixels; ++i)
        out[i] = in[i] * residual[one_pixel ? i / pixels : i];
      break;
    }
    case NodeKind::kQuantize:
      for (std::size_t i = 0; i < size; ++i) {
        const Quantization& q = *graph.tensor(node.output).quantization;
        const double code = code_of(q, node.output_rounding, in[i]);
        out[i] = static_cast<float>((code - q.zero_points.front()) * q.scales.front());
      }
      break;
    case NodeKind::kAdd:
    case NodeKind::kClamp:
      std::copy(in, in + size, out);
      break;
  }
  if (node.residual >= 0 && node.kind != NodeKind::kMul) {
    for (std::size_t i = 0; i < size; ++i) out[i] += residual[i];
  }
}

std::vector<std::vector<float>> run_machine(const Graph& graph, std::span<const float> image) {
  if (image.size() != graph.tensor(0).size()) {
    throw Error("image of {} values, the network's input has {}", image.size(),
                graph.tensor(0).size());
  }
  std::vector<std::vector<float>> tensors(graph.tensors.size());
  tensors[0].assign(image.begin(), image.end());
  Matrix<float> columns;
  std::vector<float> computed;
  for (const Node& node : graph.nodes) {
    auto& out = tensors[static_cast<std::size_t>(node.output)];
    out.resize(graph.tensor(node.output).size());
    computed.resize(graph.written(node).size());
    run_node(graph, node,
             operands_of(node, [&](int t) { return tensors[static_cast<std::size_t>(t)].data(); }),
             computed.data(), columns);
    for (float& v : computed) v = node.finish(v);
    graph.place(node, computed.data(), out.data());
  }
  std::vector<std::vector<float>> outputs;
  for (const NetOutput& o : graph.outputs)
    outputs.push_back(tensors[static_cast<std::size_t>(o.tensor)]);
  return outputs;
}

std::vector<std::vector<float>> run_float(const Graph& graph, std::span<const float> image) {
  return graph.tail.run(run_machine(graph, image));
}

Eigen::Map<const Matrix<float>> weight_matrix(const Node& node) {
  const auto rows = static_cast<Eigen::Index>(node.bias.size());
  return {node.weights.data(), rows, static_cast<Eigen::Index>(node.weights.size()) / rows};
}

bool is_selection(const Node& node) {
  const auto is_zero = [](float v) { return v == 0; };
  if (node.kind != NodeKind::kConv || node.residual >= 0 || node.shortcut >= 0 ||
      node.kernel_h * node.kernel_w != 1 ||
      !std::all_of(node.bias.begin(), node.bias.end(), is_zero)) {
    return false;
  }
  const auto weights = weight_matrix(node);
  for (Eigen::Index o = 0; o < weights.rows(); ++o) {
    const auto row = weights.row(o);
    if ((row.array() != 0).count() > 1 || ((row.array() != 0) && (row.array() != 1)).any())
      return false;
  }
  return true;
}

}  // namespace reshift
