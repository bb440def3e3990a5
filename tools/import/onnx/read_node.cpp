// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "import/onnx/read_node.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "import/onnx/view.hpp"

namespace reshift::onnx_import {
namespace {

using Where = Value::Where;

bool is_identity(const std::vector<std::int32_t>& index, std::size_t size) {
  if (index.size() != size) return false;
  for (std::size_t i = 0; i < size; ++i) {
    if (index[i] != static_cast<std::int32_t>(i)) return false;
  }
  return true;
}

/// Whether all that follows from a node may follow the machine's last operation.
bool is_tail(const OnnxNode& node) {
  const Operator* op = find_operator(node);
  if (!op || op->tail == Operator::Tail::kNever) return false;
  for (int i = 0; i < node.output_count(); ++i) {
    const auto readers = node.context().readers.find(node.output(i));
    if (readers == node.context().readers.end()) continue;
    for (const onnx::NodeProto* reader : readers->second) {
      const OnnxNode next(*reader, node.context());
      // x * f(x) is one function of the machine.
      const bool gates = next.op_type() == "Mul" && next.input_count() == 2 &&
                         node.input_count() > 0 &&
                         (next.input(0) == node.input(0) || next.input(1) == node.input(0));
      if (gates || !is_tail(next)) return false;
    }
  }
  return true;
}

class Reading {
 public:
  explicit Reading(OnnxNode& node) : node_(node), context_(node.context()) {
    check_.name = node.name();
    check_.operation = full_name(node);
  }

  NodeCheck read() {
    try {
      read_operator();
    } catch (const Error& e) {
      refuse(e.what());
    }
    return check_;
  }

 private:
  bool any_input(Where where) const {
    for (int i = 0; i < node_.input_count(); ++i) {
      if (node_.has_input(i) && !node_.is_constant(i) && node_.value(i).where == where) return true;
    }
    return false;
  }

  void read_operator() {
    const Operator& op = require_operator(node_);
    if (any_input(Where::kUnknown)) {
      check_.result = NodeCheck::Result::kUnchecked;
      check_.detail = "not looked at: what it reads is refused, and of unknown shape";
      return set_unknown();
    }
    bool constant = op.program != nullptr;
    for (int i = 0; constant && i < node_.input_count(); ++i) {
      constant = !node_.has_input(i) || node_.is_constant(i);
    }
    if (constant) return fold(op);
    if (!any_input(Where::kHost)) {
      if (op.program && move(op)) return;
      const bool left = op.tail == Operator::Tail::kPrefers && is_tail(node_);
      if (op.machine && !left) return try_machine(op);
      return to_host(
          op, fmt::format("node '{}' ({}) is left to the host", check_.name, check_.operation));
    }
    if (!op.program) return refuse_host_input(op);
    to_host(op, host_reason());
  }

  /// Why an input is on the host: the reason of the first node there.
  std::string host_reason() const {
    for (int i = 0; i < node_.input_count(); ++i) {
      if (!node_.has_input(i) || node_.is_constant(i)) continue;
      if (node_.value(i).where == Where::kHost) return node_.value(i).reason;
    }
    return "";
  }

  void fold(const Operator& op) {
    std::vector<const Array*> inputs;
    for (int i = 0; i < node_.input_count(); ++i) inputs.push_back(node_.find_constant(i));
    auto outputs = op.program(node_).run(inputs);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      node_.define(std::move(outputs[i]), static_cast<int>(i));
    }
    set(NodeCheck::Result::kRewritten, "known at import");
  }

  void set(NodeCheck::Result result, std::string detail) {
    check_.result = result;
    check_.detail = std::move(detail);
  }

  /// Only moves values: its outputs are views of what its input is a view of.
  bool move(const Operator& op) {
    if (node_.input_count() == 0 || node_.is_constant(0)) return false;
    for (int i = 1; i < node_.input_count(); ++i) {
      if (node_.has_input(i) && !node_.is_constant(i)) return false;
    }
    // What has no other way says here what is wrong with it.
    if (op.machine && node_.op_type() != "Pad") return false;
    const Program program = op.program(node_);
    if (!program.is_movement()) return false;
    const Value& from = node_.value(0);
    const auto moved = moved_index(program, from);
    if (!moved) return false;
    for (std::size_t i = 0; i < moved->size(); ++i) add_view(program, i, (*moved)[i]);
    set(NodeCheck::Result::kRewritten, "only moves values: no operation of its own");
    return true;
  }

  void add_view(const Program& program, std::size_t i, const Array& moved) {
    const int item = program.outputs()[i] - program.inputs();
    if (item >= 0) {
      if (const Array* constant =
              std::get_if<Array>(&program.items()[static_cast<std::size_t>(item)])) {
        return node_.define(*constant, static_cast<int>(i));
      }
    }
    Value v = node_.value(0);
    if (item >= 0) {
      v.movement = std::make_shared<const Movement>(Movement{node_.input(0), program, i});
      v.dims = moved.dims;
      v.index.assign(moved.values.begin(), moved.values.end());
      if (is_identity(v.index, node_.tensor(v.tensor).size())) v.index.clear();
    }
    node_.alias(std::move(v), static_cast<int>(i));
  }

  void try_machine(const Operator& op) {
    const std::size_t nodes = context_.graph.nodes.size();
    const std::size_t tensors = context_.graph.tensors.size();
    try {
      op.machine(node_);
      const std::size_t made = context_.graph.nodes.size() - nodes;
      if (made == 0) return set(NodeCheck::Result::kRewritten, "no operation of its own");
      if (made > 1) {
        return set(NodeCheck::Result::kRewritten, fmt::format("{} operations", made));
      }
      set(NodeCheck::Result::kAccepted, "");
    } catch (const Error& e) {
      if (!op.program) throw;
      context_.graph.nodes.resize(nodes);
      context_.graph.tensors.resize(tensors);
      std::erase_if(context_.copies, [tensors](const auto& copy) {
        return static_cast<std::size_t>(copy.second) >= tensors;
      });
      to_host(op, e.what());
    }
  }

  void to_host(const Operator& op, const std::string& reason) {
    const Program program = op.program(node_);
    std::vector<int> inputs;
    for (int i = 0; i < node_.input_count(); ++i) {
      inputs.push_back(node_.has_input(i) ? host_value(node_.input(i), context_) : -1);
    }
    const auto outputs = context_.host.program(program, inputs);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      Value v;
      v.where = Where::kHost;
      v.dims = context_.host.dims(outputs[i]);
      v.host = outputs[i];
      v.reason = reason;
      node_.alias(std::move(v), static_cast<int>(i));
    }
    set(NodeCheck::Result::kHost, reason);
  }

  /// To go on with the nodes that follow, the machine is given what it cannot have.
  void refuse_host_input(const Operator& op) {
    std::string reason;
    for (int i = 0; i < node_.input_count(); ++i) {
      if (!node_.has_input(i) || node_.is_constant(i)) continue;
      Value& v = context_.values.at(node_.input(i));
      if (v.where != Where::kHost) continue;
      reason += fmt::format(
          "{}reads '{}', which only the host can compute, and the host's part is the end of the "
          "network: {}",
          reason.empty() ? "" : "; ", node_.input(i), v.reason);
      const Layout layout = layout_of(node_, v.dims);
      v.tensor = node_.append_tensor(layout);
      v.where = Where::kMachine;
    }
    if (op.machine) op.machine(node_);
    set(NodeCheck::Result::kRefused, reason);
  }

  void set_unknown() {
    for (int i = 0; i < node_.output_count(); ++i) {
      if (!node_.has_output(i)) continue;
      Value v;
      const auto known = context_.stated_shapes.find(node_.output(i));
      if (known != context_.stated_shapes.end() && known->second.size() <= 4 &&
          !known->second.empty()) {
        v.dims = known->second;
        v.dims[0] = 1;
        v.where = Where::kMachine;
        v.tensor = node_.append_tensor(layout_of(node_, v.dims));
      }
      node_.alias(std::move(v), i);
    }
  }

  void refuse(const std::string& message) {
    const std::string prefix = fmt::format("node '{}' ({}): ", node_.name(), node_.op_type());
    set(NodeCheck::Result::kRefused,
        message.starts_with(prefix) ? message.substr(prefix.size()) : message);
    try {
      set_unknown();
    } catch (const Error&) {
      for (int i = 0; i < node_.output_count(); ++i) node_.alias({}, i);
    }
  }

  OnnxNode& node_;
  Context& context_;
  NodeCheck check_;
};

}  // namespace

NodeCheck read_node(OnnxNode& node) { return Reading(node).read(); }

int host_value(const std::string& name, Context& context) {
  onnx::NodeProto reader;
  reader.set_op_type("output");
  reader.add_input(name);
  const OnnxNode node(reader, context);
  if (const Array* known = node.find_constant(0)) return context.host.constant(*known);
  const Value& v = node.value(0);
  if (v.where == Where::kHost) return v.host;
  if (v.where == Where::kUnknown) throw Error("{} is unknown", name);
  HostValues& host = context.host;
  if (!v.index.empty() && v.movement) {
    const Movement movement = *v.movement;
    return host.program(movement.program, {host_value(movement.from, context)})[movement.output];
  }
  const int tensor = host.tensor(v.tensor, context.graph);
  Program p(1);
  if (v.index.empty()) {
    p.output(p.reshape(0, v.dims));
  } else {
    const int line = p.reshape(0, {static_cast<std::int64_t>(node.tensor(v.tensor).size())});
    const Dims indices(v.index.begin(), v.index.end());
    p.output(p.reshape(p.gather(line, 0, indices), v.dims));
  }
  return host.program(p, {tensor})[0];
}

}  // namespace reshift::onnx_import
