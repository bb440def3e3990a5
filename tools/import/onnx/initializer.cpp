// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#include "import/onnx/initializer.hpp"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>

#include "base/error.hpp"

namespace reshift::onnx_import {
namespace {

using onnx::TensorProto;

template <typename... Args>
[[noreturn]] void fail(const TensorProto& t, fmt::format_string<Args...> format, Args&&... args) {
  throw Error("initializer {}: {}", t.name(), fmt::format(format, std::forward<Args>(args)...));
}

float from_half(std::uint16_t h) {
  const int exponent = h >> 10 & 31, fraction = h & 1023;
  float value = std::ldexp(static_cast<float>(exponent ? fraction + 1024 : fraction),
                           (exponent ? exponent : 1) - 25);
  if (exponent == 31) {
    value =
        fraction ? std::numeric_limits<float>::quiet_NaN() : std::numeric_limits<float>::infinity();
  }
  return h >> 15 ? -value : value;
}

struct Half {
  std::uint16_t bits;
  operator float() const { return from_half(bits); }
};
struct Bfloat {
  std::uint16_t bits;
  operator float() const { return std::bit_cast<float>(std::uint32_t{bits} << 16); }
};

/// The values of a tensor, from its raw bytes or its typed field; T is how they are stored raw.
template <typename T, typename To, typename Field>
std::vector<To> values_of(const TensorProto& t, const std::string& raw, bool is_raw,
                          const Field& field) {
  const auto size = static_cast<std::size_t>(product(dims_of(t)));
  std::vector<To> values(size);
  if (is_raw) {
    if (raw.size() != size * sizeof(T)) fail(t, "{} bytes for {} values", raw.size(), size);
    for (std::size_t i = 0; i < size; ++i) {
      T value;
      std::memcpy(&value, raw.data() + i * sizeof(T), sizeof(T));
      values[i] = static_cast<To>(value);
    }
  } else {
    if (static_cast<std::size_t>(field.size()) != size) {
      fail(t, "{} values, its shape has {}", field.size(), size);
    }
    for (std::size_t i = 0; i < size; ++i) {
      if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, Bfloat>) {
        values[i] = static_cast<To>(T{static_cast<std::uint16_t>(field.Get(static_cast<int>(i)))});
      } else {
        values[i] = static_cast<To>(static_cast<T>(field.Get(static_cast<int>(i))));
      }
    }
  }
  return values;
}

template <typename To>
std::vector<To> read_values(const TensorProto& t, const std::string& raw, bool is_raw) {
  const auto from = [&]<typename T>(T, const auto& field) {
    return values_of<T, To>(t, raw, is_raw, field);
  };
  switch (t.data_type()) {
    case TensorProto::FLOAT:
      return from(float{}, t.float_data());
    case TensorProto::DOUBLE:
      return from(double{}, t.double_data());
    case TensorProto::FLOAT16:
      return from(Half{}, t.int32_data());
    case TensorProto::BFLOAT16:
      return from(Bfloat{}, t.int32_data());
    case TensorProto::INT64:
      return from(std::int64_t{}, t.int64_data());
    case TensorProto::INT32:
      return from(std::int32_t{}, t.int32_data());
    case TensorProto::INT16:
      return from(std::int16_t{}, t.int32_data());
    case TensorProto::INT8:
      return from(std::int8_t{}, t.int32_data());
    case TensorProto::UINT64:
      return from(std::uint64_t{}, t.uint64_data());
    case TensorProto::UINT32:
      return from(std::uint32_t{}, t.uint64_data());
    case TensorProto::UINT16:
      return from(std::uint16_t{}, t.int32_data());
    case TensorProto::UINT8:
      return from(std::uint8_t{}, t.int32_data());
    case TensorProto::BOOL:
      return from(std::uint8_t{}, t.int32_data());
    default:
      break;
  }
  fail(t, "its values are of type {}, which is not supported", type_name(t.data_type()));
}

bool is_float(int type) {
  return type == TensorProto::FLOAT || type == TensorProto::DOUBLE ||
         type == TensorProto::FLOAT16 || type == TensorProto::BFLOAT16;
}

/// What a tensor says of its values in another file.
struct External {
  std::string location;
  std::uint64_t offset = 0, length = 0;
  bool has_length = false;
};

External external_of(const TensorProto& t) {
  External e;
  for (const auto& entry : t.external_data()) {
    const std::string& value = entry.value();
    std::uint64_t number = 0;
    const auto end = value.data() + value.size();
    const bool is_number = std::from_chars(value.data(), end, number).ptr == end;
    if (entry.key() == "location") {
      e.location = value;
    } else if (entry.key() == "offset" || entry.key() == "length") {
      if (!is_number) fail(t, "its {} in another file is no number: {}", entry.key(), value);
      (entry.key() == "offset" ? e.offset : e.length) = number;
      e.has_length |= entry.key() == "length";
    }
  }
  if (e.location.empty()) fail(t, "its values are in another file, which it does not name");
  return e;
}

}  // namespace

Dims dims_of(const TensorProto& t) {
  Dims dims(t.dims().begin(), t.dims().end());
  try {
    product(dims);
  } catch (const Error& e) {
    fail(t, "{}", e.what());
  }
  return dims;
}

std::string type_name(int data_type) {
  // Those that the distribution's ONNX library does not know yet.
  static const std::map<int, const char*> kNewer{{17, "FLOAT8E4M3FN"}, {18, "FLOAT8E4M3FNUZ"},
                                                 {19, "FLOAT8E5M2"},   {20, "FLOAT8E5M2FNUZ"},
                                                 {21, "UINT4"},        {22, "INT4"},
                                                 {23, "FLOAT4E2M1"},   {24, "FLOAT8E8M0"},
                                                 {25, "UINT2"},        {26, "INT2"}};
  if (const auto newer = kNewer.find(data_type); newer != kNewer.end()) return newer->second;
  return TensorProto::DataType_IsValid(data_type)
             ? TensorProto::DataType_Name(static_cast<TensorProto::DataType>(data_type))
             : fmt::format("number {}", data_type);
}

std::string TensorReader::bytes(const TensorProto& t) const {
  if (t.data_location() != TensorProto::EXTERNAL) return t.raw_data();
  namespace fs = std::filesystem;
  const External e = external_of(t);
  if (folder_.empty()) fail(t, "its values are in the file {}, which is not at hand", e.location);
  // Links are followed, but nothing outside the model's folder is read.
  std::error_code error;
  const fs::path folder = fs::weakly_canonical(folder_, error);
  const fs::path path = fs::weakly_canonical(folder / fs::path(e.location), error);
  const fs::path relative = path.lexically_relative(folder);
  if (error || fs::path(e.location).is_absolute() || relative.empty() ||
      *relative.begin() == "..") {
    fail(t, "its values are in {}, which is not below the model's folder", e.location);
  }
  if (!fs::is_regular_file(path, error)) {
    fail(t, "its values are in the file {}, which is not there; it belongs beside the model",
         e.location);
  }
  const std::uint64_t size = fs::file_size(path, error);
  if (error || e.offset > size) fail(t, "{} has {} bytes, offset {}", e.location, size, e.offset);
  const std::uint64_t length = e.has_length ? e.length : size - e.offset;
  if (length > size - e.offset) {
    fail(t, "{} has {} bytes, needed are {} from {} on (truncated?)", e.location, size, length,
         e.offset);
  }
  std::string result(length, 0);
  std::ifstream file(path, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(e.offset));
  file.read(result.data(), static_cast<std::streamsize>(length));
  if (!file) fail(t, "{} cannot be read", e.location);
  return result;
}

Array TensorReader::read(const TensorProto& t) const {
  const bool is_external = t.data_location() == TensorProto::EXTERNAL;
  Array array{dims_of(t), {}, !is_float(t.data_type())};
  array.values = is_external ? read_values<double>(t, bytes(t), true)
                             : read_values<double>(t, t.raw_data(), t.has_raw_data());
  for (std::size_t i = 0; i < array.values.size(); ++i) {
    if (std::isnan(array.values[i])) fail(t, "value {} is not a number", i);
  }
  return array;
}

std::vector<float> TensorReader::floats(const TensorProto& t) const {
  if (!is_float(t.data_type())) {
    fail(t, "its values are of type {}, floats are needed", type_name(t.data_type()));
  }
  const bool is_external = t.data_location() == TensorProto::EXTERNAL;
  const auto values = is_external ? read_values<float>(t, bytes(t), true)
                                  : read_values<float>(t, t.raw_data(), t.has_raw_data());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) fail(t, "value {} is {}, not a finite number", i, values[i]);
  }
  return values;
}

}  // namespace reshift::onnx_import
