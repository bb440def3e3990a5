// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

// What the tests of this folder share: networks made in memory, read as files.

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/container.hpp"
#include "base/error.hpp"
#include "import/import.hpp"
#include "import/onnx/builder.hpp"

namespace reshift {

inline Graph import(const std::string& content) {
  const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
  const std::string path =
      (std::filesystem::path(::testing::TempDir()) / (std::string(test->name()) + ".onnx"))
          .string();
  write_file(path, content);
  try {
    Graph graph = import_network(path);
    std::filesystem::remove(path);
    return graph;
  } catch (...) {
    std::filesystem::remove(path);
    throw;
  }
}

/// The message of the error with which `content` is refused.
inline std::string error_of(const std::string& content) {
  try {
    import(content);
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

inline std::vector<float> ramp(std::size_t size) {
  std::vector<float> values(size);
  for (std::size_t i = 0; i < size; ++i) values[i] = static_cast<float>(i) - 3;
  return values;
}

/// An image of 2 x 6 x 8 through one node "n", which `add` makes.
inline std::string single(int opset, const std::function<void(OnnxBuilder&)>& add) {
  OnnxBuilder b("single", 2, 6, 8, opset);
  add(b);
  b.output("n");
  return b.serialized();
}

/// Concatenates along an axis.
inline void concat(OnnxBuilder& b, const char* name, const std::vector<std::string>& inputs,
                   std::int64_t axis = 1) {
  set_attribute(b.node("Concat", name, inputs), "axis", axis);
}

/// A Constant node of a tensor.
inline std::string constant_node(OnnxBuilder& b, const std::string& name,
                                 const OnnxBuilder::Ints& dims, const OnnxBuilder::Ints& integers,
                                 const std::vector<float>& floats) {
  auto& n = b.node("Constant", name, {});
  auto* attribute = n.add_attribute();
  attribute->set_name("value");
  attribute->set_type(onnx::AttributeProto::TENSOR);
  auto* tensor = attribute->mutable_t();
  for (const auto d : dims) tensor->add_dims(d);
  tensor->set_data_type(floats.empty() ? onnx::TensorProto::INT64 : onnx::TensorProto::FLOAT);
  for (const auto v : integers) tensor->add_int64_data(v);
  for (const auto v : floats) tensor->add_float_data(v);
  return name;
}

/// The same of one integer without dimensions.
inline std::string scalar_node(OnnxBuilder& b, const std::string& name, std::int64_t value) {
  return constant_node(b, name, {}, {value}, {});
}

}  // namespace reshift
