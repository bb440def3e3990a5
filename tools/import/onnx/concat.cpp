// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/integer.hpp"
#include "import/onnx/arithmetic.hpp"
#include "import/onnx/operators.hpp"
#include "import/onnx/view.hpp"

namespace reshift::onnx_import {
namespace {

/// Whether a view has each element of its tensor once.
bool is_whole(const OnnxNode& node, const Value& v) {
  std::vector<bool> seen(node.tensor(v.tensor).size(), false);
  if (v.index.empty()) return true;
  if (v.index.size() != seen.size()) return false;
  for (const auto i : v.index) {
    if (i < 0 || seen[index(i)]) return false;
    seen[index(i)] = true;
  }
  return true;
}

/// The tensors become slices of a new one, copied by nodes that do nothing.
int stack(OnnxNode& node, const std::vector<int>& tensors) {
  const Tensor first = node.tensor(tensors[0]);
  std::int64_t channels = 0;
  for (const int t : tensors) channels += node.tensor(t).channels;
  if (channels > 65535) node.fail("{} channels are more than 65535", channels);
  const int output = node.append_tensor({static_cast<int>(channels), first.height, first.width});
  int at = 0;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    Node copy;
    copy.name = fmt::format("{} (input {})", node.name(), i);
    copy.kind = NodeKind::kClamp;
    copy.input = tensors[i];
    copy.output = output;
    copy.first_channel = at;
    at += node.tensor(tensors[i]).channels;
    node.graph().nodes.push_back(std::move(copy));
  }
  return output;
}

/// Rows or columns side by side: the sum of maps, each padded with zeros to the whole size.
void append_padded_sum(OnnxNode& node, std::int64_t axis, std::int64_t total) {
  std::int64_t at = 0;
  std::optional<Value> sum;
  for (int i = 0; i < node.input_count(); ++i) {
    const Value& part = node.view(i);
    Array places{part.dims, {}, true};
    for (const auto k : full_index(part)) places.values.push_back(k);
    Dims from(index(total), kFill);
    for (std::int64_t k = 0; k < part.dims[index(axis)]; ++k) from[index(at + k)] = k;
    at += part.dims[index(axis)];
    const Array padded = gather(places, axis, from, kZero);
    Value whole = part;
    whole.dims = padded.dims;
    whole.index.assign(padded.values.begin(), padded.values.end());
    whole.tensor = materialise(node, "", whole, layout_of(node, whole.dims));
    whole.index.clear();
    sum = sum ? pair(node, *sum, whole, NodeKind::kAdd) : whole;
  }
  node.alias(*sum);
}

}  // namespace

void add_concat(OnnxNode& node) {
  const Program program = concat(node);
  const auto axis = std::get<HostStep>(program.items()[0]).ints[0];
  if (node.input_count() == 1) return node.alias(node.view(0));
  std::vector<int> tensors;
  std::vector<Array> indices;
  std::int64_t offset = 0, total = 0;
  bool same_pixels = true;
  for (int i = 0; i < node.input_count(); ++i) {
    Value v = node.view(i);
    total += v.dims[index(axis)];
    if (!is_whole(node, v) || (axis == 1 && !v.index.empty())) {
      v.tensor = node.map(i);
      v.index.clear();
    }
    indices.push_back({v.dims, {}, true});
    for (const auto k : full_index(v))
      indices.back().values.push_back(static_cast<double>(k + offset));
    offset += static_cast<std::int64_t>(node.tensor(v.tensor).size());
    tensors.push_back(v.tensor);
    const Tensor &t = node.tensor(tensors.back()), &first = node.tensor(tensors[0]);
    same_pixels = same_pixels && t.height == first.height && t.width == first.width;
  }
  std::vector<const Array*> parts;
  for (const Array& a : indices) parts.push_back(&a);
  const Array joined = concatenate(parts, axis);
  if (joined.dims.size() > 2 && axis >= 2 &&
      std::all_of(parts.begin(), parts.end(), [](const Array* a) {
        return std::is_sorted(a->values.begin(), a->values.end());
      })) {
    return append_padded_sum(node, axis, total);
  }
  if (!same_pixels) {
    node.fail("its inputs have other numbers of pixels: {}x{} and {}x{}",
              node.tensor(tensors[0]).height, node.tensor(tensors[0]).width,
              node.tensor(tensors.back()).height, node.tensor(tensors.back()).width);
  }
  std::vector<std::int32_t> index(joined.values.begin(), joined.values.end());
  if (std::is_sorted(index.begin(), index.end())) index.clear();
  node.result(joined.dims, stack(node, tensors), std::move(index));
}

}  // namespace reshift::onnx_import
