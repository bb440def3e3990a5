// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "import/onnx/builder.hpp"

namespace reshift {
namespace {

constexpr int kIrVersion = 7;

onnx::TensorProto& add_initializer(onnx::ModelProto& model, const std::string& name,
                                   onnx::TensorProto::DataType type,
                                   const OnnxBuilder::Ints& dims) {
  auto* tensor = model.mutable_graph()->add_initializer();
  tensor->set_name(name);
  tensor->set_data_type(type);
  for (const auto d : dims) tensor->add_dims(d);
  return *tensor;
}

void add_tensor_type(onnx::ValueInfoProto& value, const OnnxBuilder::Ints& dims) {
  auto* type = value.mutable_type()->mutable_tensor_type();
  type->set_elem_type(onnx::TensorProto::FLOAT);
  for (const auto d : dims) type->mutable_shape()->add_dim()->set_dim_value(d);
}

onnx::AttributeProto& add_attribute(onnx::NodeProto& node, const std::string& name,
                                    onnx::AttributeProto::AttributeType type) {
  auto* attribute = node.add_attribute();
  attribute->set_name(name);
  attribute->set_type(type);
  return *attribute;
}

}  // namespace

OnnxBuilder::OnnxBuilder(const std::string& name, int channels, int height, int width, int opset) {
  model_.set_ir_version(kIrVersion);
  model_.set_producer_name("reshift");
  model_.add_opset_import()->set_version(opset);
  model_.mutable_graph()->set_name(name);
  auto* image = model_.mutable_graph()->add_input();
  image->set_name("image");
  add_tensor_type(*image, {1, channels, height, width});
}

std::string OnnxBuilder::constant(const std::string& name, const Ints& dims,
                                  const std::vector<float>& values) {
  add_initializer(model_, name, onnx::TensorProto::FLOAT, dims)
      .set_raw_data(values.data(), values.size() * sizeof(float));
  return name;
}

std::string OnnxBuilder::constant(const std::string& name, const Ints& dims,
                                  const std::function<void(std::span<float> row)>& fill_row) {
  std::size_t row_size = 1;
  for (std::size_t i = 1; i < dims.size(); ++i) row_size *= static_cast<std::size_t>(dims[i]);
  std::vector<float> row(row_size);
  std::string& raw =
      *add_initializer(model_, name, onnx::TensorProto::FLOAT, dims).mutable_raw_data();
  raw.reserve(static_cast<std::size_t>(dims.at(0)) * row_size * sizeof(float));
  for (std::int64_t i = 0; i < dims[0]; ++i) {
    fill_row(row);
    raw.append(reinterpret_cast<const char*>(row.data()), row_size * sizeof(float));
  }
  return name;
}

std::string OnnxBuilder::constant(const std::string& name, const Ints& values) {
  auto& tensor = add_initializer(model_, name, onnx::TensorProto::INT64,
                                 {static_cast<std::int64_t>(values.size())});
  for (const auto v : values) tensor.add_int64_data(v);
  return name;
}

onnx::NodeProto& OnnxBuilder::node(const std::string& op_type, const std::string& name,
                                   const std::vector<std::string>& inputs) {
  auto* node = model_.mutable_graph()->add_node();
  node->set_op_type(op_type);
  node->set_name(name);
  node->add_output(name);
  for (const auto& input : inputs) node->add_input(input);
  return *node;
}

void OnnxBuilder::output(const std::string& name) {
  auto& output = *model_.mutable_graph()->add_output();
  output.set_name(name);
  output.mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::FLOAT);
}

void set_attribute(onnx::NodeProto& node, const std::string& name, std::int64_t value) {
  add_attribute(node, name, onnx::AttributeProto::INT).set_i(value);
}

void set_attribute(onnx::NodeProto& node, const std::string& name, float value) {
  add_attribute(node, name, onnx::AttributeProto::FLOAT).set_f(value);
}

void set_attribute(onnx::NodeProto& node, const std::string& name, const char* value) {
  add_attribute(node, name, onnx::AttributeProto::STRING).set_s(value);
}

void set_attribute(onnx::NodeProto& node, const std::string& name,
                   const OnnxBuilder::Ints& values) {
  auto& attribute = add_attribute(node, name, onnx::AttributeProto::INTS);
  for (const auto v : values) attribute.add_ints(v);
}

}  // namespace reshift
