// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "import/onnx/reader.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <string_view>

#include "base/error.hpp"
#include "import/onnx/operators.hpp"

namespace reshift {
namespace onnx_import {
namespace {

onnx::ModelProto parse(const Bytes& bytes) {
  constexpr std::size_t kLargest = std::numeric_limits<int>::max();  // of any protobuf message
  if (bytes.size() > kLargest) {
    throw Error("{} bytes, a file of more than 2 GiB cannot be read", bytes.size());
  }
  onnx::ModelProto model;
  if (!model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    throw Error("not an ONNX file, or truncated or damaged");
  }
  if (!model.has_graph() || model.graph().node_size() == 0) {
    throw Error("not an ONNX network, or truncated: it has no nodes");
  }
  return model;
}

std::int64_t operator_set(const onnx::ModelProto& model) {
  std::int64_t version = 0;
  for (const auto& set : model.opset_import()) {
    if (set.domain().empty() || set.domain() == "ai.onnx") version = set.version();
  }
  if (version == 0) throw Error("not an ONNX network, or truncated: it names no operator set");
  return version;
}

/// Sizes that a file states, 0 for those that it leaves open.
Dims stated(const onnx::ValueInfoProto& value) {
  Dims dims;
  for (const auto& d : value.type().tensor_type().shape().dim()) dims.push_back(d.dim_value());
  return dims;
}

void index_names(onnx::GraphProto& graph, Context& context) {
  for (auto& t : *graph.mutable_initializer()) context.initializers[t.name()] = &t;
  for (const auto& node : graph.node()) {
    for (const auto& input : node.input()) context.readers[input].push_back(&node);
    for (const auto& output : node.output()) context.makers[output] = &node;
  }
  for (const auto& value : graph.value_info()) {
    const Dims dims = stated(value);
    if (std::all_of(dims.begin(), dims.end(), [](auto d) { return d > 0; })) {
      context.stated_shapes[value.name()] = dims;
    }
  }
}

/// The only input that is read and no initializer: old files list the weights as inputs.
const onnx::ValueInfoProto& find_input(const onnx::GraphProto& graph, const Context& context) {
  std::vector<const onnx::ValueInfoProto*> inputs;
  std::vector<std::string> names;
  for (const auto& candidate : graph.input()) {
    const bool is_output = std::any_of(graph.output().begin(), graph.output().end(),
                                       [&](const auto& o) { return o.name() == candidate.name(); });
    if (context.initializers.contains(candidate.name())) continue;
    if (!is_output && !context.readers.contains(candidate.name())) continue;
    inputs.push_back(&candidate);
    names.push_back(candidate.name());
  }
  if (inputs.empty()) throw Error("no input: nothing that the network reads is left open");
  if (inputs.size() > 1) {
    throw Error("{} inputs ({}): only one, the image, is supported", inputs.size(),
                fmt::join(names, ", "));
  }
  return *inputs[0];
}

bool all_readers(const Context& context, const std::string& name,
                 bool (*is)(const onnx::NodeProto&)) {
  const auto found = context.readers.find(name);
  return found != context.readers.end() &&
         std::all_of(found->second.begin(), found->second.end(),
                     [is](const onnx::NodeProto* n) { return is(*n); });
}

void check_type(const onnx::ValueInfoProto& input, const Context& context) {
  using onnx::TensorProto;
  const int type = input.type().tensor_type().elem_type();
  const bool is_float = type == TensorProto::FLOAT || type == TensorProto::DOUBLE ||
                        type == TensorProto::FLOAT16 || type == TensorProto::BFLOAT16 ||
                        type == TensorProto::UNDEFINED;
  const auto is_cast = [](const onnx::NodeProto& n) { return n.op_type() == "Cast"; };
  if (!is_float && !all_readers(context, input.name(), is_cast)) {
    throw Error("input {}: its values are of type {}; networks of float inputs are read",
                input.name(), type_name(type));
  }
}

/// Of one image, in the file's order.
Dims image_dims(const onnx::ValueInfoProto& input, const ImportOptions& options, Context& context) {
  if (!input.type().has_tensor_type() || !input.type().tensor_type().has_shape()) {
    if (options.input_shape.empty()) {
      throw Error("input {}: the file does not state its shape; give --input-shape", input.name());
    }
  }
  Dims dims = stated(input);
  if (!options.input_shape.empty()) {
    bool fits = dims.empty() || dims.size() == options.input_shape.size();
    for (std::size_t i = 1; fits && i < dims.size(); ++i) {
      fits = dims[i] == 0 || dims[i] == options.input_shape[i];
    }
    if (!fits) {
      throw Error("input {}: the file states shape {} (0: open), which {} does not fit",
                  input.name(), text(dims), text(options.input_shape));
    }
    dims = options.input_shape;
  }
  if (dims.empty() || dims.size() > 4) {
    throw Error("input {}: shape {}; networks of images, rows of pixels, and vectors are read ({})",
                input.name(), text(dims),
                dims.size() == 5 ? "not three spatial dimensions" : "1 to 4 dimensions");
  }
  context.batch = dims[0];
  if (dims.size() > 1) dims[0] = 1;
  for (std::size_t i = 0; i < dims.size(); ++i) {
    const auto& symbol = input.type().tensor_type().shape();
    const bool open = static_cast<int>(i) >= symbol.dim_size() ||
                      !symbol.dim(static_cast<int>(i)).has_dim_value();
    if (dims[i] == 0 && open) {
      const bool named = static_cast<int>(i) < symbol.dim_size() &&
                         !symbol.dim(static_cast<int>(i)).dim_param().empty();
      throw Error("input {}: dimension {} has no fixed size{}; give --input-shape, as 1x3x224x224",
                  input.name(), i,
                  named ? fmt::format(" ('{}')", symbol.dim(static_cast<int>(i)).dim_param()) : "");
    }
    if (dims[i] < 1 || dims[i] > 65535) {
      throw Error("input {}: dimension {} is {}, sizes are from 1 to 65535", input.name(), i,
                  dims[i]);
    }
  }
  return dims;
}

bool moves_channels_first(const onnx::NodeProto& n) {
  if (n.op_type() != "Transpose") return false;
  for (const auto& a : n.attribute()) {
    if (a.name() == "perm") return Dims(a.ints().begin(), a.ints().end()) == Dims{0, 3, 1, 2};
  }
  return false;
}

/// Tensor 0, channels first; the input is a view of it where the file has the channels last, which
/// it says by moving them first.
void read_input(const onnx::ValueInfoProto& input, const ImportOptions& options, Context& context) {
  check_type(input, context);
  Value v;
  v.where = Value::Where::kMachine;
  v.dims = image_dims(input, options, context);
  v.tensor = 0;
  const auto d = [&](std::size_t i) { return static_cast<int>(v.dims[i]); };
  Tensor t{input.name(), 1, 1, 1};
  if (v.dims.size() == 1) t.channels = d(0);
  if (v.dims.size() > 1) t.channels = d(1);
  if (v.dims.size() == 3) t.width = d(2);
  if (v.dims.size() == 4) t.height = d(2), t.width = d(3);
  if (v.dims.size() == 4 && all_readers(context, input.name(), moves_channels_first)) {
    t.channels = d(3), t.height = d(1), t.width = d(2);
    context.graph.channels_last = true;
    Array index{{1, t.channels, t.height, t.width}, {}, true};
    index.values.resize(t.size());
    std::iota(index.values.begin(), index.values.end(), 0);
    const Array last = transpose(index, {0, 2, 3, 1});
    v.index.assign(last.values.begin(), last.values.end());
  }
  context.graph.tensors.push_back(std::move(t));
  context.values[input.name()] = std::move(v);
}

void read_outputs(const onnx::GraphProto& graph, Context& context, NetworkCheck& check) {
  if (graph.output_size() == 0) throw Error("no output (truncated file?)");
  HostValues::Outputs outputs;
  for (const auto& output : graph.output()) {
    const std::string& name = output.name();
    const bool known = context.values.contains(name) || context.constants.contains(name) ||
                       context.initializers.contains(name);
    if (!known) {
      check.refusals.push_back(fmt::format("output {} is made by no node (truncated file?)", name));
      continue;
    }
    const auto value = context.values.find(name);
    if (value != context.values.end() && value->second.where == Value::Where::kUnknown) continue;
    outputs.emplace_back(name, host_value(name, context));
  }
  if (check.accepted()) context.host.finish(outputs, context.graph);
}

}  // namespace
}  // namespace onnx_import

bool is_onnx(const Bytes& bytes) {
  // The tags of the fields of ModelProto that may come first, ir_version before all others.
  constexpr std::string_view kFirst = "\x08\x12\x1a\x22\x28\x32\x3a\x42\x72";
  return !bytes.empty() && kFirst.find(static_cast<char>(bytes[0])) != kFirst.npos;
}

Graph read_onnx(Bytes bytes, const std::string& folder, const ImportOptions& options,
                NetworkCheck& check) {
  using namespace onnx_import;
  onnx::ModelProto model = parse(bytes);
  Bytes().swap(bytes);  // not in memory with the model's tensors
  Context context;
  context.opset = operator_set(model);
  context.reader = TensorReader(folder);
  onnx::GraphProto& graph = *model.mutable_graph();
  context.quantised = rewrite_quantised(graph, context.reader);
  context.graph.name = graph.name();
  index_names(graph, context);
  read_input(find_input(graph, context), options, context);
  for (const auto& proto : graph.node()) {
    OnnxNode node(proto, context);
    check.nodes.push_back(read_node(node));
  }
  try {
    read_outputs(graph, context, check);
  } catch (const Error& e) {
    if (check.accepted()) check.refusals.push_back(e.what());
  }
  return std::move(context.graph);
}

}  // namespace reshift
