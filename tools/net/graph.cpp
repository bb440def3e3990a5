// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "net/graph.hpp"

#include "base/error.hpp"

namespace reshift {
namespace {

[[noreturn]] void fail(const std::string& what, const std::string& name) {
  throw Error("{} {} is quantised already; reading quantised networks is not supported yet", what,
              name);
}

}  // namespace

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
