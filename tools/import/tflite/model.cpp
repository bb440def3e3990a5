// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "import/tflite/model.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.hpp"

namespace reshift::tflite_import {
namespace {

constexpr int kLargestShape = 1 << 28;  // values

template <typename T, typename To>
std::vector<To> values(const flatbuffers::Vector<std::uint8_t>& data, std::size_t size,
                       const std::string& name) {
  if (data.size() != size * sizeof(T))
    throw Error("tensor {}: {} bytes for {} values", name, data.size(), size);
  std::vector<To> result(size);
  for (std::size_t i = 0; i < size; ++i) {
    T value;
    std::memcpy(&value, data.data() + i * sizeof(T), sizeof(T));
    result[i] = static_cast<To>(value);
  }
  return result;
}

}  // namespace

std::string text(const Shape& shape) { return fmt::format("[{}]", fmt::join(shape, ", ")); }

Model::Model(Bytes bytes) : bytes_(std::move(bytes)) {
  constexpr flatbuffers::uoffset_t kDepth = 16, kTables = 1 << 20;
  flatbuffers::Verifier verifier(bytes_.data(), bytes_.size(), kDepth, kTables);
  if (!tflite::VerifyModelBuffer(verifier))
    throw Error("not a TensorFlow Lite file, or truncated or damaged");
  model_ = tflite::GetModel(bytes_.data());
  if (model_->version() != 3)
    throw Error("version {} of the file format, only 3 is read", model_->version());
  const auto* graphs = model_->subgraphs();
  if (!graphs || graphs->size() == 0) throw Error("a file without a network");
  graph_ = graphs->Get(0);
  if (!graph_->tensors() || !graph_->operators() || !graph_->inputs() || !graph_->outputs() ||
      !model_->operator_codes() || !model_->buffers())
    throw Error("a network without tensors, operators, inputs or outputs");
  if (graph_->name()) name_ = graph_->name()->str();
}

const tflite::Tensor& Model::at(int tensor) const {
  if (tensor < 0 || static_cast<flatbuffers::uoffset_t>(tensor) >= graph_->tensors()->size())
    throw Error("tensor number {}, the network has {}", tensor, graph_->tensors()->size());
  return *graph_->tensors()->Get(static_cast<flatbuffers::uoffset_t>(tensor));
}

std::string Model::name(int tensor) const {
  const auto* name = at(tensor).name();
  return name && name->size() > 0 ? name->str() : fmt::format("number {}", tensor);
}

Shape Model::shape(int tensor) const {
  Shape shape;
  std::int64_t size = 1;
  if (const auto* dims = at(tensor).shape()) {
    for (const int d : *dims) {
      if (d < 0 || (size *= d) > kLargestShape)
        throw Error("tensor {}: impossible shape", name(tensor));
      shape.push_back(d);
    }
  }
  return shape;
}

std::optional<Quantization> Model::quantization(int tensor) const {
  const auto* q = at(tensor).quantization();
  if (!q || !q->scale() || q->scale()->size() == 0) return std::nullopt;
  Quantization result;
  switch (at(tensor).type()) {
    case tflite::TensorType::INT8:
      break;
    case tflite::TensorType::UINT8:
      result.is_signed = false;
      break;
    case tflite::TensorType::INT16:
      result.bits = 16;
      break;
    case tflite::TensorType::INT32:
      result.bits = 32;
      break;
    default:
      return std::nullopt;
  }
  result.scales.assign(q->scale()->begin(), q->scale()->end());
  result.zero_points.assign(result.scales.size(), 0);
  for (const float s : result.scales) {
    if (!(s > 0) || !std::isfinite(s)) throw Error("tensor {}: a scale of {}", name(tensor), s);
  }
  if (const auto* zeros = q->zero_point(); zeros && zeros->size() > 0) {
    if (zeros->size() != 1 && zeros->size() != result.scales.size())
      throw Error("tensor {}: {} zero points for {} scales", name(tensor), zeros->size(),
                  result.scales.size());
    for (std::size_t i = 0; i < result.scales.size(); ++i) {
      const std::int64_t zero =
          zeros->Get(zeros->size() == 1 ? 0 : static_cast<flatbuffers::uoffset_t>(i));
      if (static_cast<double>(zero) < result.lowest() ||
          static_cast<double>(zero) > result.highest())
        throw Error("tensor {}: a zero point of {} is no code", name(tensor), zero);
      result.zero_points[i] = static_cast<std::int32_t>(zero);
    }
  }
  return result;
}

bool Model::is_constant(int tensor) const {
  const auto buffer = at(tensor).buffer();
  if (buffer >= model_->buffers()->size())
    throw Error("tensor {}: buffer {}, the file has {}", name(tensor), buffer,
                model_->buffers()->size());
  const auto& b = *model_->buffers()->Get(buffer);
  if (b.offset() > 1)
    throw Error("tensor {}: values behind the end of the tables are not supported", name(tensor));
  return b.data() && b.data()->size() > 0;
}

Constant Model::constant(int tensor) const {
  if (!is_constant(tensor)) throw Error("tensor {}: must be a constant", name(tensor));
  const auto& data = *model_->buffers()->Get(at(tensor).buffer())->data();
  Constant c{shape(tensor), {}, {}, quantization(tensor), 0};
  std::size_t size = 1;
  for (const int d : c.shape) size *= static_cast<std::size_t>(d);
  switch (type(tensor)) {
    case tflite::TensorType::FLOAT32:
      c.floats = values<float, float>(data, size, name(tensor));
      break;
    case tflite::TensorType::INT8:
      c.integers = values<std::int8_t, std::int32_t>(data, size, name(tensor));
      break;
    case tflite::TensorType::UINT8:
      c.integers = values<std::uint8_t, std::int32_t>(data, size, name(tensor));
      break;
    case tflite::TensorType::INT32:
      c.integers = values<std::int32_t, std::int32_t>(data, size, name(tensor));
      break;
    default:
      throw Error(
          "tensor {}: constants of type {} are not supported, only float32, int8, uint8 and int32",
          name(tensor), EnumNameTensorType(type(tensor)));
  }
  for (const float v : c.floats) {
    if (!std::isfinite(v)) throw Error("tensor {}: has a value that is not finite", name(tensor));
  }
  if (const auto* q = at(tensor).quantization();
      q && c.quantization && c.quantization->scales.size() > 1) {
    c.axis = q->quantized_dimension();
    if (c.axis < 0 || c.axis >= static_cast<int>(c.shape.size()) ||
        c.shape[static_cast<std::size_t>(c.axis)] !=
            static_cast<int>(c.quantization->scales.size()))
      throw Error("tensor {}: {} scales do not fit its shape {}", name(tensor),
                  c.quantization->scales.size(), text(c.shape));
  }
  return c;
}

const tflite::OperatorCode& Model::code(const tflite::Operator& op) const {
  if (op.opcode_index() >= model_->operator_codes()->size())
    throw Error("operator code {}, the file has {}", op.opcode_index(),
                model_->operator_codes()->size());
  return *model_->operator_codes()->Get(op.opcode_index());
}

tflite::BuiltinOperator Model::operation(const tflite::Operator& op) const {
  // Old files have it in 8 bits, new ones in both fields or in the larger one.
  const auto& c = code(op);
  const auto old = static_cast<tflite::BuiltinOperator>(c.deprecated_builtin_code());
  return std::max(c.builtin_code(), old);
}

std::string Model::operation_name(const tflite::Operator& op) const {
  const auto builtin = operation(op);
  if (builtin == tflite::BuiltinOperator::CUSTOM) {
    const auto* custom = code(op).custom_code();
    return fmt::format("custom operator {}", custom ? custom->str() : "without a name");
  }
  const std::string known = EnumNameBuiltinOperator(builtin);
  return known.empty() ? fmt::format("operator number {}", static_cast<int>(builtin)) : known;
}

}  // namespace reshift::tflite_import
