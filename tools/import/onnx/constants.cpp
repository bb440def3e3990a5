// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "import/onnx/operators.hpp"

namespace reshift::onnx_import {

void add_identity(OnnxNode& node) {
  if (const Constant* c = node.find_constant(0)) {
    node.define(Constant(*c));
  } else {
    node.alias(node.value(0));
  }
}

void add_constant(OnnxNode& node) {
  if (const auto* tensor = node.attribute("value")) return node.define(read_tensor(tensor->t()));
  if (const auto* f = node.attribute("value_float")) return node.define({{}, {f->f()}, {}});
  if (const auto* i = node.attribute("value_int")) return node.define({{}, {}, {i->i()}});
  if (!node.attribute("value_ints")) node.fail("its value must be a tensor, a float or integers");
  const Dims values = node.integers("value_ints", {});
  node.define({{static_cast<std::int64_t>(values.size())}, {}, values});
}

}  // namespace reshift::onnx_import
