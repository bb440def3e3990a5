// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/difference.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "golden/graph_interpreter.hpp"
#include "quant/float_graph.hpp"
#include "quant/float_run.hpp"

namespace reshift {
namespace {

using Tensors = std::vector<std::vector<float>>;

double decibels(double signal, double noise) {
  if (noise == 0) return std::numeric_limits<double>::infinity();
  return 10 * std::log10(signal / noise);
}

/// Sums over the inputs, of one layer.
struct Sums {
  std::vector<double> signal, noise;  ///< by channel
  double own_noise = 0, largest = 0;

  void operator+=(const Sums& other) {
    for (std::size_t c = 0; c < signal.size(); ++c) {
      signal[c] += other.signal[c];
      noise[c] += other.noise[c];
    }
    own_noise += other.own_noise;
    largest = std::max(largest, other.largest);
  }
};

/// The node that makes what an operation makes.
const Node& node_of(const Graph& fused, const QNet& net, const QOp& op) {
  const QTensor& made = net.tensors[static_cast<std::size_t>(op.output)];
  for (const Node& node : fused.nodes) {
    const Tensor& tensor = fused.tensor(node.output);
    if (tensor.name == made.name && node.first_channel == op.first_channel &&
        node.out_row == op.out_row && node.out_column == op.out_column &&
        fused.written(node).size() == net.written_size(op)) {
      return node;
    }
  }
  throw Error(
      "layer {} makes tensor {} of {}x{}x{}, which the float network does not have: is this the "
      "network that it was quantised from?",
      op.name, made.name, made.channels, made.height, made.width);
}

/// Values of what a node computes on these tensors.
std::vector<float> run(const Graph& graph, const Node& node, const Tensors& tensors) {
  Matrix<float> columns;
  std::vector<float> values(graph.written(node).size());
  run_node(graph, node,
           operands_of(node, [&](int t) { return tensors[static_cast<std::size_t>(t)].data(); }),
           values.data(), columns);
  for (float& v : values) v = node.finish(v);
  return values;
}

/// The codes of the quantised network as values, by tensor of the float network.
Tensors values_of(const Graph& fused, const QNet& net,
                  const std::vector<std::vector<std::int32_t>>& codes) {
  Tensors values(fused.tensors.size());
  for (std::size_t t = 0; t < fused.tensors.size(); ++t) {
    const auto found = std::find_if(net.tensors.begin(), net.tensors.end(), [&](const QTensor& q) {
      return q.name == fused.tensors[t].name;
    });
    if (found == net.tensors.end()) continue;
    for (const int code : codes[static_cast<std::size_t>(found - net.tensors.begin())])
      values[t].push_back(static_cast<float>((code - found->zero) * found->scale));
  }
  return values;
}

/// The values that a node writes, of its output tensor.
std::vector<float> written(const Graph& graph, const Node& node, const std::vector<float>& tensor) {
  const Tensor& to = graph.tensor(node.output);
  std::vector<float> values;
  for (int c = 0; c < graph.written_channels(node); ++c) {
    for (int y = node.out_row; y < to.height; y += node.out_stride) {
      for (int x = node.out_column; x < to.width; x += node.out_stride) {
        const int at = ((node.first_channel + c) * to.height + y) * to.width + x;
        values.push_back(tensor[static_cast<std::size_t>(at)]);
      }
    }
  }
  return values;
}

Sums compare(std::size_t channels, const std::vector<float>& wanted, const std::vector<float>& got,
             const std::vector<float>& own) {
  Sums sums{std::vector<double>(channels), std::vector<double>(channels)};
  const std::size_t pixels = wanted.size() / channels;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const double error = double{got[i]} - wanted[i], of_layer = double{got[i]} - own[i];
    sums.signal[i / pixels] += double{wanted[i]} * wanted[i];
    sums.noise[i / pixels] += error * error;
    sums.own_noise += of_layer * of_layer;
    sums.largest = std::max(sums.largest, std::abs(error));
  }
  return sums;
}

LayerDifference describe(const QNet& net, const QOp& op, const Sums& sums) {
  double signal = 0, noise = 0;
  LayerDifference layer{op.name, net.tensors[static_cast<std::size_t>(op.output)].name};
  layer.worst_ratio = std::numeric_limits<double>::infinity();
  for (std::size_t c = 0; c < sums.signal.size(); ++c) {
    signal += sums.signal[c];
    noise += sums.noise[c];
    const double ratio = decibels(sums.signal[c], sums.noise[c]);
    if (ratio < layer.worst_ratio) {
      layer.worst_ratio = ratio;
      layer.worst_channel = op.first_channel + static_cast<int>(c);
    }
  }
  layer.ratio = decibels(signal, noise);
  layer.own_ratio = decibels(signal, sums.own_noise);
  layer.largest = sums.largest;
  return layer;
}

}  // namespace

std::vector<LayerDifference> differences(const Graph& fused, const QNet& net,
                                         const std::vector<std::vector<float>>& inputs) {
  if (inputs.empty()) throw Error("no inputs to compare the networks on");
  std::vector<const Node*> nodes;
  std::vector<Sums> sums;
  for (const QOp& op : net.ops) {
    nodes.push_back(&node_of(fused, net, op));
    const auto channels = static_cast<std::size_t>(net.written_channels(op));
    sums.push_back({std::vector<double>(channels), std::vector<double>(channels)});
  }
  const LayerReference reference(net);
  std::mutex adding;
  parallel_for(inputs.size(), [&](std::size_t i) {
    FloatRun real(fused, {inputs[i]});
    const Tensors values = values_of(fused, net, reference.run(quantize_values(net, inputs[i])));
    for (std::size_t k = 0; k < nodes.size(); ++k) {
      const Node& node = *nodes[k];
      real.complete(node.output);
      const Sums of_input =
          compare(sums[k].signal.size(), written(fused, node, real.tensor(node.output).front()),
                  written(fused, node, values[static_cast<std::size_t>(node.output)]),
                  run(fused, node, values));
      const std::scoped_lock lock(adding);
      sums[k] += of_input;
    }
  });
  std::vector<LayerDifference> layers;
  for (std::size_t k = 0; k < nodes.size(); ++k) {
    layers.push_back(describe(net, net.ops[k], sums[k]));
  }
  return layers;
}

}  // namespace reshift
