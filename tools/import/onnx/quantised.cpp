// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "import/onnx/quantised.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.hpp"
#include "import/onnx/quantised_node.hpp"

namespace reshift::onnx_import {
namespace {

/// Operators that work on codes as they do on values.
const std::set<std::string> kMoving{"Concat",  "DepthToSpace", "Flatten",   "Identity",
                                    "MaxPool", "Reshape",      "Slice",     "SpaceToDepth",
                                    "Split",   "Squeeze",      "Transpose", "Unsqueeze"};

class Rewriter {
 public:
  Rewriter(onnx::GraphProto& graph, const TensorReader& reader)
      : graph_(graph), state_(graph, reader) {}

  QuantisedConstants run() {
    google::protobuf::RepeatedPtrField<onnx::NodeProto> nodes;
    nodes.Swap(graph_.mutable_node());
    std::vector<std::string> refused;
    for (auto& node : nodes) {
      try {
        rewrite(node);
      } catch (const Error& e) {
        refused.emplace_back(e.what());
      }
    }
    if (!refused.empty()) throw Error("{}", fmt::join(refused, "\n"));
    if (state_.changed()) remove_unread();
    return std::move(state_.quantised);
  }

 private:
  void rewrite(onnx::NodeProto& node) {
    if (const auto function = quantised_operator(node)) {
      function(QuantisedNode(node, state_));
    } else if (kMoving.contains(node.op_type()) || !reads_codes(node)) {
      pass_on(node);
      graph_.add_node()->Swap(&node);
    } else if (!clip_codes(QuantisedNode(node, state_))) {
      throw Error(
          "node '{}' ({}): works on codes of a quantised tensor, which is not supported; "
          "put a DequantizeLinear before it",
          node.name(), node.op_type());
    }
  }

  bool reads_codes(const onnx::NodeProto& node) const {
    return std::any_of(node.input().begin(), node.input().end(),
                       [&](const std::string& name) { return state_.codes.contains(name); });
  }

  /// What is known of a node's input holds for what moves its elements.
  void pass_on(const onnx::NodeProto& node) {
    if (node.op_type() == "Constant") return state_.add_constant(node);
    if (!kMoving.contains(node.op_type()) || node.input_size() == 0) return;
    const std::string& from = node.input(0);
    if (const auto found = state_.codes.find(from); found != state_.codes.end()) {
      const CodesOf codes = found->second;
      for (const auto& output : node.output()) state_.codes[output] = codes;
    }
    const auto found = state_.quantised.find(from);
    if (found == state_.quantised.end()) return;
    QuantisedConstant constant = found->second;
    if (constant.scales.size() > 1) {
      if (node.op_type() != "Transpose" && node.op_type() != "Identity") return;
      for (const auto& a : node.attribute()) {
        if (a.name() != "perm") continue;
        const auto at = std::find(a.ints().begin(), a.ints().end(), constant.axis);
        constant.axis = at - a.ints().begin();
      }
    }
    for (const auto& output : node.output()) state_.quantised[output] = constant;
  }

  /// Constants that nothing reads any more: their types may be none of a float network.
  void remove_unread() {
    std::set<std::string> read;
    for (const auto& node : graph_.node()) read.insert(node.input().begin(), node.input().end());
    for (const auto& output : graph_.output()) read.insert(output.name());
    const auto remove = [](auto& items, const auto& unneeded) {
      items.erase(std::remove_if(items.begin(), items.end(), unneeded), items.end());
    };
    std::set<std::string> removed;
    remove(*graph_.mutable_initializer(), [&](const onnx::TensorProto& t) {
      return !read.contains(t.name()) && removed.insert(t.name()).second;
    });
    remove(*graph_.mutable_input(),
           [&](const onnx::ValueInfoProto& v) { return removed.contains(v.name()); });
    remove(*graph_.mutable_node(), [&](const onnx::NodeProto& n) {
      return n.op_type() == "Constant" && n.output_size() == 1 && !read.contains(n.output(0));
    });
  }

  onnx::GraphProto& graph_;
  QuantisedState state_;
};

}  // namespace

QuantisedConstants rewrite_quantised(onnx::GraphProto& graph, const TensorReader& reader) {
  return Rewriter(graph, reader).run();
}

std::optional<IntegerWeights> integer_weights(const QuantisedConstants& constants,
                                              const std::string& name, std::int64_t axis,
                                              const Node& node) {
  const auto found = constants.find(name);
  if (found == constants.end()) return std::nullopt;
  const auto& [scales, scale_axis, bits] = found->second;
  const std::size_t channels = node.bias.size(), row = node.weights.size() / channels;
  if (scales.size() != 1 && (scale_axis != axis || scales.size() != channels)) {
    throw Error("the {} scales of {} along axis {} do not belong to the {} output channels",
                scales.size(), name, scale_axis, channels);
  }
  IntegerWeights result{{},
                        std::vector<std::int32_t>(channels, 0),
                        {scales, std::vector<std::int32_t>(scales.size(), 0), bits + 1, true}};
  for (std::size_t i = 0; i < node.weights.size(); ++i) {
    const double steps = double{node.weights[i]} / scales[scales.size() == 1 ? 0 : i / row];
    if (std::abs(steps - std::round(steps)) > 1e-3)
      throw Error("the values of {} are no multiples of its scale", name);
    result.codes.push_back(static_cast<std::int32_t>(std::lround(steps)));
  }
  return result;
}

}  // namespace reshift::onnx_import
