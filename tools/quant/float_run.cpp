// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/float_run.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "quant/float_graph.hpp"

namespace reshift {
namespace {

/// What the node reads is finite: it was checked when it was made.
[[noreturn]] void refuse(const Node& node, std::size_t image) {
  const auto finite = [](float v) { return std::isfinite(v); };
  const bool own = !std::all_of(node.weights.begin(), node.weights.end(), finite) ||
                   !std::all_of(node.bias.begin(), node.bias.end(), finite);
  throw Error(
      "operation {}: its result for calibration image {} is infinite or not a number, {}",
      node.name, image,
      own ? "for its weights or its bias are; export the network again from sound weights"
          : "although its inputs and weights are finite: the sums pass what a float holds; look at "
            "the preprocessing and at the scale of the weights");
}

}  // namespace

FloatRun::FloatRun(const Graph& graph, const Batch& images)
    : graph_(graph),
      images_(images.size()),
      done_(graph.nodes.size(), false),
      tensors_(graph.tensors.size()) {
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (!std::all_of(images[i].begin(), images[i].end(), [](float v) { return std::isfinite(v); }))
      throw Error("calibration image {}: a value is infinite or not a number", i);
  }
  tensors_[0] = images;
}

Batch FloatRun::run(const Node& node) const {
  Batch result(images_);
  parallel_for(result.size(), [&](std::size_t i) {
    Matrix<float> columns;
    result[i].resize(graph_.written(node).size());
    run_node(graph_, node, operands_of(node, [&](int t) { return tensor(t)[i].data(); }),
             result[i].data(), columns);
    if (!std::all_of(result[i].begin(), result[i].end(), [](float v) { return std::isfinite(v); }))
      refuse(node, i);
  });
  return result;
}

void FloatRun::keep(std::size_t index, const Batch& computed) {
  const Node& node = graph_.nodes[index];
  Batch& out = tensors_[static_cast<std::size_t>(node.output)];
  out.resize(computed.size());
  parallel_for(out.size(), [&](std::size_t i) {
    out[i].resize(graph_.tensor(node.output).size());
    std::vector<float> finished(computed[i].size());
    std::transform(computed[i].begin(), computed[i].end(), finished.begin(),
                   [&node](float v) { return node.finish(v); });
    graph_.place(node, finished.data(), out[i].data());
  });
  done_[index] = true;
}

void FloatRun::complete(int tensor) {
  for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
    const Node& node = graph_.nodes[i];
    if (node.output != tensor || done_[i]) continue;
    for (const int t : {node.input, node.shortcut, node.residual}) {
      if (t >= 0) complete(t);
    }
    keep(i, run(node));
  }
}

void FloatRun::drop(int tensor) { Batch().swap(tensors_[static_cast<std::size_t>(tensor)]); }

}  // namespace reshift
