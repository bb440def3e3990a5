// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "quant/skeleton.hpp"

#include <algorithm>

#include "quant/operation.hpp"

namespace reshift {

QNet skeleton(const Graph& fused) {
  QNet net;
  net.name = fused.name;
  net.outputs = fused.outputs;
  net.tail = fused.tail;
  for (const Tensor& t : fused.tensors)
    net.tensors.push_back({t.name, t.channels, t.height, t.width, 1, 0});
  for (const Node& node : fused.nodes) {
    QOp op = operation_of(node);
    op.post.lo = code_min(net.act_w);
    op.post.hi = code_max(net.act_w);
    const auto channels = static_cast<std::size_t>(fused.written_channels(node));
    if (op.kind != QKind::kMaxPool) op.params.assign(channels, {0, 1, 0});
    if (node.kind == NodeKind::kMul) {
      op.groups = static_cast<int>(channels);
      op.term_values.assign(channels, 1);
      op.post.product = true;
    } else {
      std::transform(node.weights.begin(), node.weights.end(), std::back_inserter(op.term_values),
                     [](float w) { return static_cast<std::int16_t>(w != 0); });
      if (op.residual >= 0) op.post.res_factor = 1;
    }
    if (!node.functions.empty()) op.table.assign(std::size_t{1} << net.act_w, 0);
    net.ops.push_back(std::move(op));
  }
  return net;
}

}  // namespace reshift
