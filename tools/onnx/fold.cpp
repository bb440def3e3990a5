// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "onnx/fold.hpp"

#include <map>
#include <string>

#include "base/error.hpp"

namespace reshift {
namespace {

using Inputs = std::vector<Integers>;

std::int64_t attribute_axis(const onnx::NodeProto& node) {
  for (const auto& a : node.attribute()) {
    if (a.name() == "axis") return a.i();
  }
  return 0;
}

Integers vector_of(std::vector<std::int64_t> values) {
  return {{static_cast<std::int64_t>(values.size())}, std::move(values)};
}

Integers concat(const onnx::NodeProto&, const Inputs& inputs) {
  std::vector<std::int64_t> values;
  for (const Integers& part : inputs) {
    if (part.dims.size() != 1) throw Error("joins integers of {} dimensions", part.dims.size());
    values.insert(values.end(), part.values.begin(), part.values.end());
  }
  return vector_of(std::move(values));
}

Integers gather(const onnx::NodeProto& node, const Inputs& inputs) {
  if (inputs.size() != 2 || inputs[0].dims.size() != 1 || attribute_axis(node) != 0) {
    throw Error("of integers it takes only elements of a vector");
  }
  const auto size = static_cast<std::int64_t>(inputs[0].values.size());
  Integers result = inputs[1];
  for (auto& index : result.values) {
    if (index < -size || index >= size) throw Error("index {} in {} elements", index, size);
    index = inputs[0].values[static_cast<std::size_t>(index < 0 ? index + size : index)];
  }
  return result;
}

/// A vector of one element becomes a scalar, whatever axis it names.
Integers squeeze(const onnx::NodeProto&, const Inputs& inputs) {
  if (inputs.empty() || inputs[0].values.size() != 1) throw Error("has more than one element");
  return {{}, inputs[0].values};
}

/// A scalar becomes a vector of one element.
Integers unsqueeze(const onnx::NodeProto&, const Inputs& inputs) {
  if (inputs.empty() || !inputs[0].dims.empty()) throw Error("of integers it takes only a scalar");
  return vector_of(inputs[0].values);
}

using Fold = Integers (*)(const onnx::NodeProto&, const Inputs&);
const std::map<std::string, Fold> kFolds{
    {"Concat", concat}, {"Gather", gather}, {"Squeeze", squeeze}, {"Unsqueeze", unsqueeze}};

}  // namespace

bool folds_integers(const onnx::NodeProto& node) { return kFolds.contains(node.op_type()); }

Integers fold_integers(const onnx::NodeProto& node, const Inputs& inputs) {
  return kFolds.at(node.op_type())(node, inputs);
}

}  // namespace reshift
