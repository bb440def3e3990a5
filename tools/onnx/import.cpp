// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "onnx/import.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <optional>

#include "base/error.hpp"
#include "data/archive.hpp"
#include "onnx/fold.hpp"
#include "onnx/proto.hpp"

namespace reshift {
namespace {

using Dims = std::vector<std::int64_t>;

/// A tensor known at import: an initializer or the output of a Constant node.
struct Constant {
  Dims dims;
  std::vector<float> values;  ///< of a float tensor
  Dims integers;              ///< of an integer tensor
};

/// What an ONNX name stands for: a tensor of the graph, perhaps seen as a vector or with padding
/// that the next node takes over.
struct Value {
  int tensor = -1;
  bool flat = false;
  std::array<int, 4> pads{0, 0, 0, 0};  ///< top, left, bottom, right
  bool padded() const { return pads != std::array<int, 4>{0, 0, 0, 0}; }
};

std::int64_t product(const Dims& dims) {
  std::int64_t size = 1;
  for (const auto d : dims) size *= d;
  return size;
}

std::string text(const Dims& dims) { return fmt::format("[{}]", fmt::join(dims, ", ")); }

/// The values of a tensor, from its raw bytes or its typed field; T is how they are stored.
template <typename T, typename To, typename Field>
std::vector<To> tensor_values(const onnx::TensorProto& t, const Field& field, std::int64_t size) {
  std::vector<To> values;
  if (t.has_raw_data()) {
    const std::string& raw = t.raw_data();
    if (raw.size() != static_cast<std::size_t>(size) * sizeof(T)) {
      throw Error("initializer {}: {} bytes for {} values", t.name(), raw.size(), size);
    }
    values.resize(static_cast<std::size_t>(size));
    const char* from = raw.data();
    for (To& to : values) {
      T value;
      std::memcpy(&value, from, sizeof(T));
      to = static_cast<To>(value);
      from += sizeof(T);
    }
  } else {
    if (field.size() != size) {
      throw Error("initializer {}: {} values, its shape has {}", t.name(), field.size(), size);
    }
    values.assign(field.begin(), field.end());
  }
  return values;
}

Constant read_tensor(const onnx::TensorProto& t) {
  Constant constant;
  constant.dims.assign(t.dims().begin(), t.dims().end());
  std::int64_t size = 1;
  for (const auto d : constant.dims) {
    if (d < 0 || d > (std::int64_t{1} << 31) || (size *= d) > (std::int64_t{1} << 31)) {
      throw Error("initializer {}: impossible shape {}", t.name(), text(constant.dims));
    }
  }
  if (t.data_location() == onnx::TensorProto::EXTERNAL) {
    throw Error("initializer {}: its values are in another file, which is not supported", t.name());
  }
  switch (t.data_type()) {
    case onnx::TensorProto::FLOAT:
      constant.values = tensor_values<float, float>(t, t.float_data(), size);
      break;
    case onnx::TensorProto::DOUBLE:
      constant.values = tensor_values<double, float>(t, t.double_data(), size);
      break;
    case onnx::TensorProto::INT64:
      constant.integers = tensor_values<std::int64_t, std::int64_t>(t, t.int64_data(), size);
      break;
    case onnx::TensorProto::INT32:
      constant.integers = tensor_values<std::int32_t, std::int64_t>(t, t.int32_data(), size);
      break;
    default:
      throw Error("initializer {}: {} values are not supported, only float, double, int32, int64",
                  t.name(), onnx::TensorProto::DataType_Name(t.data_type()));
  }
  for (const float v : constant.values) {
    if (!std::isfinite(v)) throw Error("initializer {}: has a value that is not finite", t.name());
  }
  return constant;
}

class Importer {
 public:
  /// Frees the raw values of the initializers, for they may be most of the memory.
  Graph run(onnx::ModelProto& model) {
    check_model(model);
    const onnx::GraphProto& graph = model.graph();
    graph_.name = graph.name();
    for (auto& t : *model.mutable_graph()->mutable_initializer()) {
      constants_[t.name()] = read_tensor(t);
      std::unique_ptr<std::string>(t.release_raw_data());
    }
    for (const auto& node : graph.node()) {
      for (const auto& input : node.input()) ++readers_[input];
    }
    add_input(graph);
    for (const auto& node : graph.node()) {
      node_ = &node;
      add_node();
    }
    node_ = nullptr;
    if (graph.output_size() != 1) {
      throw Error("{} outputs, exactly one is supported", graph.output_size());
    }
    const auto found = values_.find(graph.output(0).name());
    if (found == values_.end()) {
      throw Error("output {} is made by no node (truncated file?)", graph.output(0).name());
    }
    if (!softmax_.empty() && softmax_ != graph.output(0).name()) {
      throw Error("node '{}' (Softmax): supported only as the last node", softmax_);
    }
    graph_.output = found->second.tensor;
    if (graph_.output == 0 || found->second.padded()) throw Error("the network computes nothing");
    return std::move(graph_);
  }

 private:
  template <typename... Args>
  [[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) const {
    throw Error("node '{}' ({}): {}", node_name(), node_->op_type(),
                fmt::format(format, std::forward<Args>(args)...));
  }

  std::string node_name() const {
    if (!node_->name().empty()) return node_->name();
    return node_->output_size() > 0 ? node_->output(0) : "without a name";
  }

  void check_model(const onnx::ModelProto& model) {
    if (!model.has_graph() || model.graph().node_size() == 0) {
      throw Error("not an ONNX network, or truncated: it has no nodes");
    }
    for (const auto& set : model.opset_import()) {
      if (!set.domain().empty() && set.domain() != "ai.onnx") continue;
      if (set.version() < 7 || set.version() > 17) {
        throw Error("operator set version {} is not supported, only 7 to 17", set.version());
      }
      opset_ = set.version();
    }
    if (opset_ == 0) throw Error("not an ONNX network, or truncated: it names no operator set");
  }

  void add_input(const onnx::GraphProto& graph) {
    const onnx::ValueInfoProto* input = nullptr;
    for (const auto& candidate : graph.input()) {
      if (constants_.contains(candidate.name())) continue;  // old files list the weights as inputs
      if (input)
        throw Error("inputs {} and {}: only one is supported", input->name(), candidate.name());
      input = &candidate;
    }
    if (!input) throw Error("no input");
    const auto& shape = input->type().tensor_type().shape();
    if (shape.dim_size() != 4) {
      throw Error("input {}: {} dimensions, expected 4 (image, channel, row, column)",
                  input->name(), shape.dim_size());
    }
    for (int i = 1; i < 4; ++i) {
      if (shape.dim(i).dim_value() < 1 || shape.dim(i).dim_value() > 65535) {
        throw Error("input {}: dimension {} has no fixed size from 1 to 65535", input->name(), i);
      }
    }
    const auto dim = [&](int i) { return static_cast<int>(shape.dim(i).dim_value()); };
    graph_.tensors.push_back({input->name(), dim(1), dim(2), dim(3)});
    values_[input->name()] = {0};
  }

  // --- Attributes of the current node ---------------------------------------------------------

  const onnx::AttributeProto* attribute(const std::string& name) const {
    for (const auto& a : node_->attribute()) {
      if (a.name() == name) return &a;
    }
    return nullptr;
  }
  std::int64_t integer(const std::string& name, std::int64_t absent) const {
    const auto* a = attribute(name);
    return a ? a->i() : absent;
  }
  float number(const std::string& name, float absent) const {
    const auto* a = attribute(name);
    return a ? a->f() : absent;
  }
  std::string string(const std::string& name, const std::string& absent) const {
    const auto* a = attribute(name);
    return a ? a->s() : absent;
  }
  Dims integers(const std::string& name, const Dims& absent) const {
    const auto* a = attribute(name);
    return a ? Dims(a->ints().begin(), a->ints().end()) : absent;
  }
  void require_attribute(const std::string& name, std::int64_t expected) const {
    if (integer(name, expected) != expected) {
      fail("{} = {} is not supported, only {}", name, integer(name, expected), expected);
    }
  }
  /// Two positive numbers, one a spatial axis.
  std::array<int, 2> pair(const std::string& name, const Dims& absent) const {
    const Dims values = integers(name, absent);
    if (values.size() != 2) fail("{} {}: only two spatial axes are supported", name, text(values));
    for (const auto v : values) {
      if (v < 1 || v > 65535) fail("{} {} is out of range", name, text(values));
    }
    return {static_cast<int>(values[0]), static_cast<int>(values[1])};
  }

  // --- Inputs of the current node -------------------------------------------------------------

  bool has_input(int i) const { return i < node_->input_size() && !node_->input(i).empty(); }

  const Constant* find_constant(int i) const {
    if (!has_input(i)) return nullptr;
    const auto found = constants_.find(node_->input(i));
    return found == constants_.end() ? nullptr : &found->second;
  }

  const Constant& constant(int i, const char* what) const {
    const Constant* found = find_constant(i);
    if (!found) fail("its {} must be a constant", what);
    return *found;
  }

  const std::vector<float>& floats(int i, const char* what, std::size_t size) const {
    const Constant& c = constant(i, what);
    if (c.values.size() != size) fail("{} {}s, expected {}", c.values.size(), what, size);
    return c.values;
  }

  /// The same for large ones: without a copy, unless another node reads them as well.
  std::vector<float> take_floats(int i, const char* what, std::size_t size) {
    const auto& values = floats(i, what, size);
    if (readers_[node_->input(i)] > 1) return values;
    return std::move(constants_[node_->input(i)].values);
  }

  const Value& value(int i) const {
    if (!has_input(i)) fail("input {} is missing", i);
    const auto found = values_.find(node_->input(i));
    if (found == values_.end()) {
      fail("input {} is {}", node_->input(i),
           constants_.contains(node_->input(i)) ? "a constant, which is not supported here"
                                                : "made by no node before it");
    }
    return found->second;
  }

  /// An input as a map of pixels: neither padded nor flattened (but for a single pixel).
  int map(int i) const {
    const Value& v = value(i);
    if (v.padded()) fail("padding made by a Pad node is not supported before this operator");
    const Tensor& t = graph_.tensor(v.tensor);
    if (v.flat && t.height * t.width != 1) fail("needs a map of pixels, its input is flattened");
    return v.tensor;
  }

  /// The output is known at import.
  void define(Constant constant) {
    if (node_->output_size() < 1) fail("has no output");
    constants_[node_->output(0)] = std::move(constant);
  }

  // --- Building -------------------------------------------------------------------------------

  void alias(Value v) {
    if (node_->output_size() < 1) fail("has no output");
    values_[node_->output(0)] = v;
  }

  /// Appends a node whose output has this shape.
  void append(Node node, int channels, int height, int width, bool flat = false) {
    if (node_->output_size() < 1) fail("has no output");
    node.name = node_name();
    node.output = static_cast<int>(graph_.tensors.size());
    graph_.tensors.push_back({node_->output(0), channels, height, width});
    graph_.nodes.push_back(std::move(node));
    alias({static_cast<int>(graph_.tensors.size()) - 1, flat, {}});
  }

  /// Kernel, strides, dilation and padding; appends the node with the output's spatial size.
  void append_window(Node node, const Value& source, std::array<int, 2> kernel, int channels) {
    const Tensor& in = graph_.tensor(source.tensor);
    if (source.flat && in.height * in.width != 1)
      fail("needs a map of pixels, its input is flattened");
    const auto strides = pair("strides", {1, 1});
    const auto dilations = pair("dilations", {1, 1});
    const std::string auto_pad = string("auto_pad", "NOTSET");
    const Dims pads = integers("pads", {0, 0, 0, 0});
    if (pads.size() != 4) fail("pads {}: only two spatial axes are supported", text(pads));
    std::array<int, 2> before, after, out;
    for (std::size_t axis = 0; axis < 2; ++axis) {
      const std::int64_t size = (axis == 0 ? in.height : in.width);
      const std::int64_t span = std::int64_t{dilations[axis]} * (kernel[axis] - 1) + 1;
      std::int64_t first = 0, last = 0;
      if (auto_pad == "NOTSET") {
        first = pads[axis];
        last = pads[axis + 2];
      } else if (auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER") {
        const std::int64_t wanted = (size + strides[axis] - 1) / strides[axis];
        const std::int64_t total =
            std::max<std::int64_t>(0, (wanted - 1) * strides[axis] + span - size);
        first = auto_pad == "SAME_UPPER" ? total / 2 : total - total / 2;
        last = total - first;
      } else if (auto_pad != "VALID") {
        fail("auto_pad {} is unknown", auto_pad);
      }
      if (first < 0 || last < 0 || first > 65535 || last > 65535) {
        fail("pads {} are out of range", text(pads));
      }
      first += source.pads[axis];
      last += source.pads[axis + 2];
      std::int64_t room = size + first + last - span;
      if (room < 0)
        fail("the kernel covers {} pixels, its padded input has {}", span, size + first + last);
      if (integer("ceil_mode", 0) != 0 && room % strides[axis] != 0) {
        // Rounding up means more padding behind, unless the last window lay in the padding
        // altogether.
        const std::int64_t more = strides[axis] - room % strides[axis];
        if ((room + more) < size + first) {
          if (node.kind == NodeKind::kAvgPool)
            fail("ceil_mode with incomplete windows is not supported");
          room += more;
          last += more;
        }
      }
      before[axis] = static_cast<int>(first);
      after[axis] = static_cast<int>(last);
      out[axis] = static_cast<int>(room / strides[axis] + 1);
    }
    node.input = source.tensor;
    node.kernel_h = kernel[0];
    node.kernel_w = kernel[1];
    node.stride_h = strides[0];
    node.stride_w = strides[1];
    node.dilation_h = dilations[0];
    node.dilation_w = dilations[1];
    node.pad_top = before[0];
    node.pad_left = before[1];
    node.pad_bottom = after[0];
    node.pad_right = after[1];
    const bool any_padding = before[0] || before[1] || after[0] || after[1];
    if (node.kind == NodeKind::kAvgPool && any_padding && integer("count_include_pad", 0) == 0) {
      fail("padding that does not count in the mean (count_include_pad = 0) is not supported");
    }
    if (node.kind == NodeKind::kMaxPool && source.padded() && !never_negative(source.tensor)) {
      fail("padding with zeros before it is supported only behind a ReLU");
    }
    append(std::move(node), channels, out[0], out[1]);
  }

  bool never_negative(int tensor) const {
    const auto writes_negative = [&](const Node& n) {
      if (n.output != tensor || n.lo >= 0) return false;
      return n.kind != NodeKind::kClamp || n.hi < 0 || !never_negative(n.input);
    };
    return tensor != 0 && std::none_of(graph_.nodes.begin(), graph_.nodes.end(), writes_negative);
  }

  /// Computes with integers what can be: the shapes that exported networks compute at run time.
  bool fold() {
    if (!folds_integers(*node_)) return false;
    std::vector<Integers> inputs;
    for (int i = 0; i < node_->input_size(); ++i) {
      const Constant* c = find_constant(i);
      if (!c || !c->values.empty()) return false;
      inputs.push_back({c->dims, c->integers});
    }
    try {
      Integers result = fold_integers(*node_, inputs);
      define({std::move(result.dims), {}, std::move(result.values)});
    } catch (const Error& e) {
      fail("{}", e.what());
    }
    return true;
  }

  void add_node() {
    if (fold()) return;
    using Handler = void (Importer::*)();
    static const std::map<std::string, Handler> kHandlers{
        {"Add", &Importer::add_add},
        {"AveragePool", &Importer::add_average_pool},
        {"BatchNormalization", &Importer::add_batch_norm},
        {"Clip", &Importer::add_clip},
        {"Concat", &Importer::add_concat},
        {"Constant", &Importer::add_constant},
        {"Conv", &Importer::add_conv},
        {"Dropout", &Importer::add_identity},
        {"Flatten", &Importer::add_flatten},
        {"Gemm", &Importer::add_gemm},
        {"GlobalAveragePool", &Importer::add_global_average_pool},
        {"Identity", &Importer::add_identity},
        {"MatMul", &Importer::add_matmul},
        {"MaxPool", &Importer::add_max_pool},
        {"Pad", &Importer::add_pad},
        {"ReduceMean", &Importer::add_reduce_mean},
        {"Relu", &Importer::add_relu},
        {"Reshape", &Importer::add_reshape},
        {"Shape", &Importer::add_shape},
        {"Softmax", &Importer::add_softmax},
        {"Sum", &Importer::add_sum},
    };
    const auto handler = kHandlers.find(node_->op_type());
    const bool standard = node_->domain().empty() || node_->domain() == "ai.onnx";
    if (standard && node_->op_type() == "LRN") {
      fail(
          "local response normalisation is not supported: it divides by a power of a sum over "
          "channels; train the network without it, or with batch normalisation in its place, which "
          "folds into the convolution");
    }
    if (handler == kHandlers.end() || !standard) {
      std::string known;
      for (const auto& [name, unused] : kHandlers) known += (known.empty() ? "" : ", ") + name;
      fail("operator {}{}{} is not supported; supported are {}", node_->domain(),
           standard ? "" : ".", node_->op_type(), known);
    }
    if (!softmax_.empty())
      throw Error("node '{}' (Softmax): supported only as the last node", softmax_);
    (this->*handler->second)();
  }

  void add_conv() {
    const Constant& weights = constant(1, "weight");
    if (weights.dims.size() != 4)
      fail("weights {}: only two spatial axes are supported", text(weights.dims));
    const Value& source = value(0);
    Node node;
    node.kind = NodeKind::kConv;
    const auto groups = integer("group", 1);
    const int channels = graph_.tensor(source.tensor).channels;
    if (groups < 1 || groups > channels || channels != weights.dims[1] * groups ||
        weights.dims[0] < 1 || weights.dims[0] % groups != 0 || weights.dims[0] > 65535) {
      fail("weights {} in {} groups do not fit {} input channels", text(weights.dims), groups,
           channels);
    }
    node.groups = static_cast<int>(groups);
    const auto kernel = pair("kernel_shape", {weights.dims[2], weights.dims[3]});
    if (kernel[0] != weights.dims[2] || kernel[1] != weights.dims[3]) {
      fail("kernel_shape does not fit weights {}", text(weights.dims));
    }
    node.weights = take_floats(1, "weight", static_cast<std::size_t>(product(weights.dims)));
    const auto out = static_cast<std::size_t>(weights.dims[0]);
    node.bias = has_input(2) ? floats(2, "bias", out) : std::vector<float>(out, 0.0f);
    append_window(std::move(node), source, kernel, static_cast<int>(out));
  }

  void add_batch_norm() {
    require_attribute("training_mode", 0);
    require_attribute("spatial", 1);  // up to operator set 8
    Node node;
    node.kind = NodeKind::kScale;
    node.input = map(0);
    const Tensor in = graph_.tensor(node.input);
    const auto size = static_cast<std::size_t>(in.channels);
    const auto& gamma = floats(1, "scale", size);
    const auto& beta = floats(2, "bias value", size);
    const auto& mean = floats(3, "mean", size);
    const auto& variance = floats(4, "variance", size);
    const float epsilon = number("epsilon", 1e-5f);
    for (std::size_t c = 0; c < size; ++c) {
      const double spread = std::sqrt(double{variance[c]} + epsilon);
      if (!(spread > 0)) fail("variance {} of channel {} is impossible", variance[c], c);
      node.weights.push_back(static_cast<float>(gamma[c] / spread));
      node.bias.push_back(static_cast<float>(beta[c] - mean[c] * (gamma[c] / spread)));
    }
    append(std::move(node), in.channels, in.height, in.width, value(0).flat);
  }

  void add_clamp(float lo, float hi) {
    if (!(lo <= hi)) fail("bounds {} and {} are not in order", lo, hi);
    const Value v = value(0);
    if (v.padded()) fail("padding made by a Pad node is not supported before this operator");
    Node node;
    node.kind = NodeKind::kClamp;
    node.input = v.tensor;
    node.lo = lo;
    node.hi = hi;
    const Tensor in = graph_.tensor(v.tensor);
    append(std::move(node), in.channels, in.height, in.width, v.flat);
  }

  void add_relu() { add_clamp(0, std::numeric_limits<float>::infinity()); }

  void add_clip() {
    const float infinity = std::numeric_limits<float>::infinity();
    // Attributes up to operator set 10, inputs since.
    if (opset_ < 11) return add_clamp(number("min", -infinity), number("max", infinity));
    add_clamp(has_input(1) ? floats(1, "bound", 1)[0] : -infinity,
              has_input(2) ? floats(2, "bound", 1)[0] : infinity);
  }

  void add_add() {
    const int constant_input = find_constant(0) ? 0 : find_constant(1) ? 1 : -1;
    Node node;
    if (constant_input < 0) {
      node.kind = NodeKind::kAdd;
      node.input = map(0);
      node.residual = map(1);
      const Tensor a = graph_.tensor(node.input), b = graph_.tensor(node.residual);
      if (a.channels != b.channels || a.height != b.height || a.width != b.width) {
        fail("{}x{}x{} and {}x{}x{} do not fit", a.channels, a.height, a.width, b.channels,
             b.height, b.width);
      }
      append(std::move(node), a.channels, a.height, a.width, value(0).flat && value(1).flat);
      return;
    }
    const Constant& offset = constant(constant_input, "addend");
    node.kind = NodeKind::kScale;
    node.input = map(1 - constant_input);
    const Tensor in = graph_.tensor(node.input);
    const bool flat = value(1 - constant_input).flat;
    const auto channels = static_cast<std::size_t>(in.channels);
    // One value, or one a channel: [C, 1, 1] for maps, [C] for vectors (leading ones allowed).
    Dims dims = offset.dims;
    while (!dims.empty() && dims.front() == 1) dims.erase(dims.begin());
    const bool per_channel = flat ? dims == Dims{in.channels} : dims == Dims{in.channels, 1, 1};
    if (offset.values.empty() || !(per_channel || offset.values.size() == 1)) {
      fail("a constant of shape {} is not one value a channel", text(offset.dims));
    }
    node.weights.assign(channels, 1.0f);
    node.bias = offset.values;
    node.bias.resize(channels, offset.values[0]);
    append(std::move(node), in.channels, in.height, in.width, flat);
  }

  void add_max_pool() {
    require_attribute("storage_order", 0);
    if (node_->output_size() > 1 && !node_->output(1).empty())
      fail("its indices are not supported");
    Node node;
    node.kind = NodeKind::kMaxPool;
    const Value& source = value(0);
    append_window(std::move(node), source, pair("kernel_shape", {}),
                  graph_.tensor(source.tensor).channels);
  }

  void add_average_pool() {
    Node node;
    node.kind = NodeKind::kAvgPool;
    const Value& source = value(0);
    if (pair("kernel_shape", {}) == std::array{1, 1} &&
        pair("strides", {1, 1}) == std::array{1, 1} &&
        integers("pads", {0, 0, 0, 0}) == Dims{0, 0, 0, 0}) {
      return alias(source);  // an adaptive pooling to the size that the map has already
    }
    append_window(std::move(node), source, pair("kernel_shape", {}),
                  graph_.tensor(source.tensor).channels);
  }

  /// Its inputs become slices of a new tensor, copied by nodes that do nothing.
  void add_concat() {
    if (!attribute("axis")) fail("its axis is missing");
    const auto axis = integer("axis", 1);
    if (axis != 1 && axis != -3) {
      fail("along axis {} is not supported, only along 1, the channels", axis);
    }
    std::vector<int> inputs;
    std::int64_t channels = 0;
    for (int i = 0; i < node_->input_size(); ++i) {
      if (value(i).flat) fail("input {} is flattened, only maps are supported", node_->input(i));
      inputs.push_back(map(i));
      const Tensor &first = graph_.tensor(inputs[0]), &in = graph_.tensor(inputs.back());
      if (in.height != first.height || in.width != first.width) {
        fail("input {} has {}x{} pixels, input {} has {}x{}", node_->input(0), first.height,
             first.width, node_->input(i), in.height, in.width);
      }
      channels += in.channels;
    }
    if (inputs.empty()) fail("has no input");
    if (channels > 65535) fail("{} channels are more than 65535", channels);
    if (inputs.size() == 1) return alias(value(0));
    if (node_->output_size() < 1) fail("has no output");
    const int output = static_cast<int>(graph_.tensors.size());
    const Tensor first = graph_.tensor(inputs[0]);
    graph_.tensors.push_back(
        {node_->output(0), static_cast<int>(channels), first.height, first.width});
    alias({output, false, {}});
    int at = 0;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      Node node;
      node.name = fmt::format("{} (input {})", node_name(), i);
      node.kind = NodeKind::kClamp;
      node.input = inputs[i];
      node.output = output;
      node.first_channel = at;
      at += graph_.written_channels(node);
      graph_.nodes.push_back(std::move(node));
    }
  }

  void add_reduce_mean() {
    Dims axes = integers("axes", {});
    for (auto& axis : axes) axis += axis < 0 ? 4 : 0;
    std::sort(axes.begin(), axes.end());
    if (axes != Dims{2, 3}) {
      fail("over axes {} is not supported, only over 2 and 3, the whole map",
           text(integers("axes", {})));
    }
    if (value(0).flat) fail("needs a map of pixels, its input is flattened");
    append_global_average(integer("keepdims", 1) == 0);
  }

  void add_global_average_pool() { append_global_average(false); }

  void append_global_average(bool flat) {
    const Tensor in = graph_.tensor(map(0));
    Node node;
    node.kind = NodeKind::kAvgPool;
    node.input = map(0);
    node.kernel_h = in.height;
    node.kernel_w = in.width;
    append(std::move(node), in.channels, 1, 1, flat);
  }

  /// A fully connected layer: a convolution whose kernel is the whole map; weights [out][in].
  void append_dense(std::vector<float> weights, std::vector<float> bias) {
    const Value v = value(0);
    const Tensor in = graph_.tensor(v.tensor);
    if (v.padded() || (!v.flat && in.height * in.width != 1)) fail("its input must be flattened");
    const std::size_t out = bias.size();
    if (out == 0 || weights.size() != out * in.size()) {
      fail("{} weights for {} outputs do not fit {} inputs", weights.size(), out, in.size());
    }
    Node node;
    node.kind = NodeKind::kConv;
    node.input = v.tensor;
    node.kernel_h = in.height;
    node.kernel_w = in.width;
    node.weights = std::move(weights);
    node.bias = std::move(bias);
    append(std::move(node), static_cast<int>(out), 1, 1, true);
  }

  /// A constant matrix as [out][in].
  std::vector<float> matrix(int i, bool transposed) {
    const Constant& c = constant(i, "weight");
    if (c.dims.size() != 2) fail("weights {} are not a matrix", text(c.dims));
    std::vector<float> from = take_floats(i, "weight", static_cast<std::size_t>(product(c.dims)));
    if (transposed) return from;
    const auto rows = static_cast<std::size_t>(c.dims[0]),
               columns = static_cast<std::size_t>(c.dims[1]);
    std::vector<float> to(from.size());
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t k = 0; k < columns; ++k) to[k * rows + r] = from[r * columns + k];
    }
    return to;
  }

  void add_gemm() {
    require_attribute("transA", 0);
    const bool transposed = integer("transB", 0) != 0;
    std::vector<float> weights = matrix(1, transposed);
    const auto out = static_cast<std::size_t>(constant(1, "weight").dims[transposed ? 0 : 1]);
    for (float& w : weights) w *= number("alpha", 1);
    std::vector<float> bias(out, 0.0f);
    if (has_input(2)) {
      const Constant& c = constant(2, "bias");
      if (c.values.size() != 1 && c.values.size() != out) {
        fail("bias {} does not fit {} outputs", text(c.dims), out);
      }
      bias = c.values;
      bias.resize(out, c.values[0]);
      for (float& b : bias) b *= number("beta", 1);
    }
    append_dense(std::move(weights), std::move(bias));
  }

  void add_matmul() {
    std::vector<float> weights = matrix(1, false);
    append_dense(std::move(weights),
                 std::vector<float>(static_cast<std::size_t>(constant(1, "weight").dims[1]), 0.0f));
  }

  void add_flatten() {
    Value v = value(0);
    if (v.padded()) fail("padding made by a Pad node is not supported before this operator");
    require_attribute("axis", 1);
    v.flat = true;
    alias(v);
  }

  void add_reshape() {
    Value v = value(0);
    if (v.padded()) fail("padding made by a Pad node is not supported before this operator");
    const Tensor& in = graph_.tensor(v.tensor);
    const Dims shape = constant(1, "shape").integers;
    // Only the part behind the image axis matters; -1 is whatever is left, 0 the input's own size.
    const Dims before = v.flat ? Dims{static_cast<std::int64_t>(in.size())}
                               : Dims{in.channels, in.height, in.width};
    Dims after;
    std::int64_t known = 1;
    for (std::size_t i = 1; i < shape.size(); ++i) {
      auto d = shape[i];
      if (d == 0 && i <= before.size()) d = before[i - 1];
      after.push_back(d);
      if (d > 0) known *= d;
    }
    for (auto& d : after) {
      if (d == -1 && known > 0) d = static_cast<std::int64_t>(in.size()) / known;
    }
    if (after == Dims{static_cast<std::int64_t>(in.size())}) {
      v.flat = true;
    } else if (after == Dims{in.channels, in.height, in.width}) {
      v.flat = false;
    } else {
      fail("from {} to {} is not supported, only flattening", text(before), text(shape));
    }
    alias(v);
  }

  void add_pad() {
    Value v = value(0);
    if (v.flat) fail("needs a map of pixels, its input is flattened");
    if (string("mode", "constant") != "constant")
      fail("mode {} is not supported", string("mode", ""));
    // Attributes up to operator set 10, inputs since.
    const Dims pads = opset_ < 11 ? integers("pads", {}) : constant(1, "padding").integers;
    const float fill = opset_ < 11    ? number("value", 0)
                       : has_input(2) ? floats(2, "value", 1)[0]
                                      : 0.0f;
    if (fill != 0) fail("padding with {} is not supported, only with 0", fill);
    if (pads.size() != 8 || pads[0] || pads[1] || pads[4] || pads[5]) {
      fail("pads {}: only rows and columns can be padded", text(pads));
    }
    const std::array<std::int64_t, 4> more{pads[2], pads[3], pads[6], pads[7]};
    for (std::size_t i = 0; i < 4; ++i) {
      if (more[i] < 0 || more[i] > 65535) fail("pads {} are out of range", text(pads));
      v.pads[i] += static_cast<int>(more[i]);
    }
    alias(v);
  }

  void add_identity() {
    if (const Constant* c = find_constant(0)) {
      define(Constant(*c));
    } else {
      alias(value(0));
    }
  }

  void add_constant() {
    if (const auto* tensor = attribute("value")) return define(read_tensor(tensor->t()));
    if (const auto* f = attribute("value_float")) return define({{}, {f->f()}, {}});
    if (const auto* i = attribute("value_int")) return define({{}, {}, {i->i()}});
    if (!attribute("value_ints")) fail("its value must be a tensor, a float or integers");
    const Dims values = integers("value_ints", {});
    define({{static_cast<std::int64_t>(values.size())}, {}, values});
  }

  /// Of one image, whatever batch the file states.
  void add_shape() {
    const Value& v = value(0);
    if (v.padded()) fail("padding made by a Pad node is not supported before this operator");
    const Tensor& in = graph_.tensor(v.tensor);
    const Dims shape = v.flat ? Dims{1, static_cast<std::int64_t>(in.size())}
                              : Dims{1, in.channels, in.height, in.width};
    const auto rank = static_cast<std::int64_t>(shape.size());
    const auto bound = [&](const char* name, std::int64_t absent) {
      const auto axis = integer(name, absent);
      return std::clamp<std::int64_t>(axis < 0 ? axis + rank : axis, 0, rank);
    };
    const auto start = bound("start", 0), end = std::max(start, bound("end", rank));
    define({{end - start}, {}, Dims(shape.begin() + start, shape.begin() + end)});
  }

  /// An addition, in files that Caffe2 wrote.
  void add_sum() {
    if (node_->input_size() != 2) fail("{} inputs, only two are supported", node_->input_size());
    add_add();
  }

  void add_softmax() {
    alias(value(0));
    softmax_ = node_->output(0);
  }

  Graph graph_;
  std::map<std::string, Constant> constants_;
  std::map<std::string, int> readers_;  ///< inputs of nodes that have this name
  std::map<std::string, Value> values_;
  std::int64_t opset_ = 0;
  std::string softmax_;  ///< output of the Softmax, which must be the last node
  const onnx::NodeProto* node_ = nullptr;
};

}  // namespace

Graph import_onnx(const std::string& path) {
  onnx::ModelProto model;
  {
    const Bytes bytes = read_decompressed(path);
    constexpr std::size_t kLargest = std::numeric_limits<int>::max();  // of any protobuf message
    if (bytes.size() > kLargest) {
      throw Error("{}: {} bytes, a file of more than 2 GiB cannot be read", path, bytes.size());
    }
    if (bytes.empty() || !model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      throw Error("{}: not an ONNX file, or truncated or damaged", path);
    }
  }
  try {
    Graph graph = Importer().run(model);
    if (graph.name.empty()) graph.name = std::filesystem::path(path).stem().string();
    return graph;
  } catch (const Error& e) {
    throw Error("{}: {}", path, e.what());
  }
}

}  // namespace reshift
