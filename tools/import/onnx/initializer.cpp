// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "import/onnx/initializer.hpp"

#include <cmath>
#include <cstring>

#include "base/error.hpp"

namespace reshift::onnx_import {
namespace {

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

}  // namespace

std::int64_t product(const Dims& dims) {
  std::int64_t size = 1;
  for (const auto d : dims) size *= d;
  return size;
}

std::string text(const Dims& dims) { return fmt::format("[{}]", fmt::join(dims, ", ")); }

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

}  // namespace reshift::onnx_import
