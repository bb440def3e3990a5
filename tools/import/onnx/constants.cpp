// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "import/onnx/operators.hpp"

namespace reshift::onnx_import {

void add_constant(OnnxNode& node) {
  if (const auto* tensor = node.attribute("value")) {
    return node.define(node.context().reader.read(tensor->t()));
  }
  if (node.attribute("value_float")) {
    return node.define({{}, {node.number("value_float", 0)}, false});
  }
  if (node.attribute("value_int")) {
    return node.define({{}, {static_cast<double>(node.integer("value_int", 0))}, true});
  }
  if (node.attribute("value_floats")) {
    const auto values = node.numbers("value_floats");
    return node.define(
        {{static_cast<std::int64_t>(values.size())}, {values.begin(), values.end()}, false});
  }
  if (node.attribute("value_ints")) {
    return node.define(Array::of_integers(node.integers("value_ints", {})));
  }
  node.fail("its value must be a tensor, floats or integers; texts and sparse ones are not read");
}

/// Of one image, whatever batch the file states.
void add_shape(OnnxNode& node) {
  const Dims dims = node.dims(0);
  const auto rank = static_cast<std::int64_t>(dims.size());
  const auto bound = [&](const char* name, std::int64_t absent) {
    const auto axis = node.integer(name, absent);
    return std::clamp<std::int64_t>(axis < 0 ? axis + rank : axis, 0, rank);
  };
  const auto start = bound("start", 0), end = std::max(start, bound("end", rank));
  node.define(Array::of_integers({dims.begin() + start, dims.begin() + end}));
}

void add_size(OnnxNode& node) {
  node.define({{}, {static_cast<double>(product(node.dims(0)))}, true});
}

void add_constant_of_shape(OnnxNode& node) {
  const Dims dims = node.constant(0, "shape").integers();
  Array value{{}, {0}, false};
  if (const auto* tensor = node.attribute("value")) value = node.context().reader.read(tensor->t());
  if (value.values.size() != 1) node.fail("its value has shape {}", text(value.dims));
  const auto size = static_cast<std::size_t>(product(dims));
  node.define({dims, std::vector<double>(size, value.values[0]), value.is_integer});
}

void add_range(OnnxNode& node) {
  const double start = node.scalar(0, "start"), limit = node.scalar(1, "limit"),
               step = node.scalar(2, "step");
  const double count = std::max(0.0, std::ceil((limit - start) / step));
  if (!(count < 1e7)) node.fail("from {} to {} by {}", start, limit, step);
  Array values{{static_cast<std::int64_t>(count)}, {}, node.constant(0, "start").is_integer};
  for (double i = 0; i < count; ++i) values.values.push_back(start + i * step);
  node.define(std::move(values));
}

}  // namespace reshift::onnx_import
