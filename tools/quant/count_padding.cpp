// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/count_padding.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <optional>
#include <set>
#include <utility>

namespace reshift {
namespace {

/// One axis of a window.
struct Axis {
  int kernel, stride, dilation, pad, in, out;
};

/// The taps of each window that are inside the map: from the first up to the one after the last.
std::set<std::pair<int, int>> taps_inside(const Axis& a) {
  std::set<std::pair<int, int>> found;
  for (int o = 0; o < a.out; ++o) {
    int first = a.kernel, end = 0;
    for (int k = 0; k < a.kernel; ++k) {
      const int at = o * a.stride - a.pad + k * a.dilation;
      if (at < 0 || at >= a.in) continue;
      first = std::min(first, k);
      end = k + 1;
    }
    found.insert({first, end});
  }
  return found;
}

/// Weights of the taps whose sum over the taps inside is kernel / taps, in each window; or none.
std::optional<Eigen::VectorXd> weights_of(const Axis& a) {
  const auto ranges = taps_inside(a);
  Eigen::MatrixXd sums = Eigen::MatrixXd::Zero(std::ssize(ranges), a.kernel);
  Eigen::VectorXd wanted(std::ssize(ranges));
  Eigen::Index row = 0;
  for (const auto& [first, end] : ranges) {
    if (first >= end) return std::nullopt;
    sums.row(row).segment(first, end - first).setOnes();
    wanted[row++] = static_cast<double>(a.kernel) / (end - first);
  }
  const Eigen::VectorXd weights = sums.completeOrthogonalDecomposition().solve(wanted);
  if ((sums * weights - wanted).cwiseAbs().maxCoeff() < 1e-6) return weights;
  return std::nullopt;
}

/// Whether all taps of all windows are inside.
bool whole(const Axis& a) { return taps_inside(a) == std::set<std::pair<int, int>>{{0, a.kernel}}; }

class Counter {
 public:
  explicit Counter(Graph graph) : graph_(std::move(graph)) {}

  Graph run() {
    std::vector<Node> nodes;
    nodes.swap(graph_.nodes);
    for (Node& node : nodes) {
      if (node.kind == NodeKind::kAvgPool && node.exclude_padding) {
        replace(std::move(node));
      } else {
        graph_.nodes.push_back(std::move(node));
      }
    }
    return std::move(graph_);
  }

 private:
  int add_tensor(const std::string& name, int like) {
    Tensor tensor = graph_.tensor(like);
    tensor.name = name;
    graph_.tensors.push_back(std::move(tensor));
    return static_cast<int>(graph_.tensors.size()) - 1;
  }

  void replace(Node node) {
    const Tensor in = graph_.tensor(node.input), out = graph_.written(node);
    const Axis rows{node.kernel_h, node.stride_h, node.dilation_h,
                    node.pad_top,  in.height,     out.height};
    const Axis columns{node.kernel_w, node.stride_w, node.dilation_w,
                       node.pad_left, in.width,      out.width};
    const auto wy = weights_of(rows), wx = weights_of(columns);
    if (wy && wx) node.exclude_padding = false;
    if (node.exclude_padding || (whole(rows) && whole(columns))) {
      graph_.nodes.push_back(std::move(node));
      return;
    }
    const auto channels = static_cast<std::size_t>(in.channels);
    Node ones;
    ones.name = node.name + " (ones)";
    ones.input = node.input;
    ones.output = add_tensor(ones.name, node.input);
    ones.groups = in.channels;
    ones.weights.assign(channels, 0.0f);
    ones.bias.assign(channels, 1.0f);

    Node map = node;
    map.name = node.name + " (factors)";
    map.kind = NodeKind::kConv;
    map.input = ones.output;
    map.output = add_tensor(map.name, node.output);
    map.groups = in.channels;
    for (std::size_t c = 0; c < channels; ++c) {
      for (const double y : *wy) {
        for (const double x : *wx) map.weights.push_back(static_cast<float>(y * x));
      }
    }
    map.bias.assign(channels, 0.0f);

    Node product;
    product.name = node.name;
    product.kind = NodeKind::kMul;
    product.output = node.output;
    product.residual = map.output;
    node.name += " (padding counted)";
    node.output = add_tensor(node.name, node.output);
    product.input = node.output;
    for (Node* n : {&ones, &map, &node, &product}) graph_.nodes.push_back(std::move(*n));
  }

  Graph graph_;
};

}  // namespace

Graph count_padding(Graph graph) { return Counter(std::move(graph)).run(); }

}  // namespace reshift
