// Copyright the ReShift authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include "import/onnx/proto.hpp"

namespace reshift {

/// Writes ONNX networks: a thin layer over the protobuf classes, for networks that the project
/// makes itself and for tests.
class OnnxBuilder {
 public:
  /// An input "image" of 1 x channels x height x width.
  OnnxBuilder(const std::string& name, int channels, int height, int width, int opset = 13);

  using Ints = std::vector<std::int64_t>;

  /// Adds a float initializer and returns its name.
  std::string constant(const std::string& name, const Ints& dims, const std::vector<float>& values);
  /// The same for large ones, which are then never in memory twice: `fill_row` makes the values of
  /// one index of the first axis after the other.
  std::string constant(const std::string& name, const Ints& dims,
                       const std::function<void(std::span<float> row)>& fill_row);
  std::string constant(const std::string& name, const Ints& values);

  /// Adds a node with one output of the same name; attributes are added to what is returned.
  onnx::NodeProto& node(const std::string& op_type, const std::string& name,
                        const std::vector<std::string>& inputs);

  void output(const std::string& name);

  onnx::ModelProto& model() { return model_; }
  std::string serialized() const { return model_.SerializeAsString(); }

 private:
  onnx::ModelProto model_;
};

void set_attribute(onnx::NodeProto& node, const std::string& name, std::int64_t value);
void set_attribute(onnx::NodeProto& node, const std::string& name, float value);
void set_attribute(onnx::NodeProto& node, const std::string& name, const char* value);
void set_attribute(onnx::NodeProto& node, const std::string& name, const OnnxBuilder::Ints& values);

}  // namespace reshift
